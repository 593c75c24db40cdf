"""Study names stay inside multirun_outputs, fresh ones never meet, and factors are what varies."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from src.errors import ConfigError, StoreError
from src.storage.factors import factors
from src.storage.study import locked
from src.storage.study_name import DEFAULT, fresh_name, study_folder

RULE = "1 to 80 letters, digits, '.', '_' or '-', beginning with a letter or digit"
TRICKS = ["../x", "..", ".", "/tmp/x", "a/b", "a\\b", "C:x", "a\x00b", "a" * 300, "a.", "", " a"]
TRICKS += ["a\n", "~", "-x", ".hidden", "ünï", "a b", "a\u202eb", "٣", "ａ", "$HOME", "*"]


@pytest.mark.parametrize("name", TRICKS, ids=ascii)
def test_a_name_that_could_lead_elsewhere_is_refused_with_the_rule(name: str) -> None:
    with pytest.raises(ConfigError) as error:
        study_folder(name)
    assert str(error.value) == f"study must be {RULE}, got {name!r}"


@pytest.mark.parametrize(
    "name", ["a", "7", "smoke", "2026-11-23_10-00", "a" * 80, "A.b_c-d", "1.5"]
)
def test_a_plain_name_is_the_folders(name: str) -> None:
    assert study_folder(name) == str(Path("multirun_outputs", name))


alphabet = st.sampled_from("ab0._-/\\~:\x00\n ") | st.characters(exclude_categories=["Cs"])


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet, max_size=90))
@example("con/../..")
def test_any_name_is_refused_or_a_folder_directly_below_the_root(name: str) -> None:
    try:
        folder = study_folder(name)
    except ConfigError as error:
        said = str(error)
    else:
        said = ""
    assert "\n" not in said
    if said:
        return
    root = Path(DEFAULT).resolve()
    assert Path(folder).resolve().parent == root
    assert name.isascii()
    assert not name.endswith((".", " "))  # which Windows would cut off


@pytest.mark.parametrize("name", [7, 1.5, True, ["a"], b"a"])
def test_a_name_that_is_no_text_is_refused(name: Any) -> None:
    with pytest.raises(ConfigError, match=rf"^study must be {RULE}, got "):
        study_folder(name)


@pytest.mark.parametrize("name", ["con", "NUL", "aux.txt", "com1"])
def test_a_name_that_windows_keeps_for_itself_is_refused(name: str) -> None:
    with pytest.raises(ConfigError) as error:
        study_folder(name)
    rule = "another name: Windows keeps this one for a device, or analysis for the newest study"
    assert str(error.value) == f"study must be {rule}, got {name!r}"


def test_fresh_names_of_one_second_differ_and_are_names() -> None:
    names = {fresh_name() for _ in range(500)}
    assert len(names) == 500
    assert {study_folder(name) for name in names} == {str(Path(DEFAULT, name)) for name in names}


def test_a_process_and_its_workers_agree_on_their_fresh_study() -> None:
    with patch.dict(os.environ):
        os.environ.pop("SWEEPSCOPE_STUDY", None)
        first = study_folder(None)
        assert study_folder(None) == first
        assert os.environ["SWEEPSCOPE_STUDY"] == Path(first).name
        os.environ.pop("SWEEPSCOPE_STUDY")
        assert study_folder(None) != first


def test_an_environment_cannot_lead_a_fresh_study_elsewhere() -> None:
    with (
        patch.dict(os.environ, {"SWEEPSCOPE_STUDY": "../../x"}),
        pytest.raises(ConfigError, match=r"^study must be "),
    ):
        study_folder(None)


def test_of_two_that_open_one_fresh_study_one_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / DEFAULT / "s"

    def attempt(_: int) -> str:
        try:
            with locked(folder, fresh=True):
                return "made"
        except StoreError as error:
            return str(error)

    with ThreadPoolExecutor(4) as pool:
        said = sorted(pool.map(attempt, range(8)))
    assert said == [f"{folder} cannot be made: File exists"] * 7 + ["made"]


def test_a_named_study_may_be_there_already(tmp_path: Path) -> None:
    for _ in range(2):
        with locked(tmp_path / "s", fresh=False):
            pass
    assert (tmp_path / "s").is_dir()


def test_a_study_where_a_file_lies_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("")
    with (
        pytest.raises(StoreError, match=r"/s cannot be made: File exists$"),
        locked(tmp_path / "s", fresh=False),
    ):
        pass


# --- factors


def row(**keys: Any) -> dict[str, Any]:
    """Return a run's keys, those of the streams and `act_out` following."""
    row = {"act": "tanh", "lrA": 0.1, "T": 31, "seed": 0, "classes": [3, 1]} | keys
    follows = {"act_out": row["act"]}
    follows |= dict.fromkeys(("subset_seed", "init_seed", "order_seed"), row["seed"])
    return follows | row


def test_factors_are_the_keys_that_vary_with_their_levels_in_order() -> None:
    rows = [row(act=act, lrA=lrA) for act in ("tanh", "none") for lrA in (0.5, 0.0, 0.1)]
    assert factors(rows) == {"act": ["none", "tanh"], "lrA": [0.0, 0.1, 0.5]}


def test_a_key_that_follows_another_is_no_factor_until_it_varies_by_itself() -> None:
    rows = [row(seed=seed) for seed in range(3)]
    assert factors(rows) == {"seed": [0, 1, 2]}
    rows = [row(seed=seed, init_seed=init) for seed in range(2) for init in range(2)]
    assert factors(rows) == {"seed": [0, 1], "init_seed": [0, 1]}
    assert factors([row(init_seed=1), row(init_seed=2)]) == {"init_seed": [1, 2]}
    assert factors([row(act_out="none", act=act) for act in ("relu", "tanh")]) == {
        "act": ["relu", "tanh"]
    }


def test_lists_and_nulls_are_levels_too() -> None:
    rows = [row(classes=classes, T=T) for classes in ([3, 1], [4, 9]) for T in (None, 5)]
    assert factors(rows) == {"T": [None, 5], "classes": ["[3, 1]", "[4, 9]"]}
    mixed = [row(lr=level) for level in ("b", 2, "a", None, 1.5)]
    assert factors(mixed) == {"lr": [None, 1.5, 2, "a", "b"]}


def test_one_run_has_no_factors() -> None:
    assert factors([row()]) == {}
    assert factors([row(), row()]) == {}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), min_size=1, max_size=9))
def test_every_combination_of_levels_can_be_told_by_the_factors(
    drawn: list[tuple[str, int]],
) -> None:
    rows = [row(act=act, seed=seed) for act, seed in drawn]
    found = factors(rows)
    assert len({tuple(row[key] for key in found) for row in rows}) == len(set(drawn))
    for key, levels in found.items():
        assert levels == sorted({row[key] for row in rows})
        assert len(levels) > 1
