"""Config files are checked as Hydra loads them, and those that nobody asks for stop nothing."""

from pathlib import Path

import pytest

from src.config.grid import options
from tests.test_train import SMALL, Said, command, studies
from tests.test_yaml_files import BOMB

HEAD = "# @package _global_\n"


def given(folder: Path, **files: str) -> str:
    """Write experiments into a config folder, and return the flag that names it."""
    home = folder / "conf" / "experiment"
    home.mkdir(parents=True)
    for name, text in files.items():
        (home / f"{name}.yaml").write_text(text)
    return f"--config-dir={folder / 'conf'}"


REFUSED = {
    "a key that nobody knows": (
        f"{HEAD}epochss: 3\n", ": epochss is not a key of Sweepscope (did you mean 'epochs'?)"
    ),
    "a value of another type": (
        f"{HEAD}epochs: many\n", ": epochs must be a whole number, got 'many'"
    ),
    "an option that there is not": (
        f"{HEAD}order: fxed\n",
        ": order must be one of fixed, random, alternate, got 'fxed' (did you mean 'fixed'?)",
    ),
    "no package": ("epochs: 3\n", " must begin with the line '# @package _global_'"),
    "a list": (f"{HEAD}- epochs\n", " must set keys, as in epochs: 100"),
    "a number": (f"{HEAD}3\n", " must set keys, as in epochs: 100"),
    "a card that is none": (
        f"{HEAD}card: mine\n",
        ": card must be a card with its entries or null, got 'mine'",
    ),
    "a tag": (
        f"{HEAD}epochs: !!python/object:os.system 1\n",
        " must be YAML: it cannot be read at line 2, column 9",
    ),
    "two documents": (
        f"{HEAD}epochs: 1\n---\nT: 1\n",
        " must be YAML: it cannot be read at line 3, column 1, in what begins at line 2, column 1",
    ),
    "a bomb": (BOMB, " must not have aliases, got *a0"),
    "unfinished": (
        f"{HEAD}act: [tanh\n",
        " must be YAML: it cannot be read at line 3, column 1, in what begins at line 2, column 6",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mode", [(), ("-m",)], ids=["run", "sweep"])
@pytest.mark.parametrize("kind", REFUSED)
def test_an_experiment_that_cannot_be_meant_is_refused_with_its_path(
    tmp_path: Path, kind: str, mode: tuple[str, ...]
) -> None:
    text, words = REFUSED[kind]
    flag = given(tmp_path, mine=text)
    path = tmp_path / "conf" / "experiment" / "mine.yaml"
    said = command(tmp_path, *mode, flag, "experiment=mine", *SMALL)
    assert said == Said(1, "", f"error: {path}{words}\n")
    assert not studies(tmp_path)


LEADS = {
    "its name": ("", ("experiment=mine",)),
    "a pattern": ("", ("-m", "experiment=glob(mi*)")),
    "the defaults of another": (
        f"{HEAD}defaults: [mine]\n", ("experiment=other",)
    ),
    "the grid of the command line": ("", ("-m", "+hydra.sweeper.params.experiment='smoke,mine'")),
}  # fmt: skip


@pytest.mark.parametrize("way", LEADS)
def test_a_bomb_is_never_unfolded_whatever_leads_to_it(tmp_path: Path, way: str) -> None:
    other, words = LEADS[way]
    flag = given(tmp_path, mine=BOMB, other=other or HEAD)
    said = command(tmp_path, flag, *words, *SMALL)
    path = tmp_path / "conf" / "experiment" / "mine.yaml"
    assert said == Said(1, "", f"error: {path} must not have aliases, got *a0\n")


def test_a_single_run_of_an_experiment_says_that_there_is_a_grid(tmp_path: Path) -> None:
    said = command(tmp_path, "experiment=template", "dry_run=true")
    line, cost = said.err.splitlines()
    assert line == "experiment template spans a grid: -m trains all of it"
    assert cost.startswith("1 run,")
    assert command(tmp_path, "dry_run=true").err.startswith("1 run,")
    assert "spans a grid" not in command(tmp_path, "-m", "experiment=template", "dry_run=true").err


@pytest.mark.parametrize("text", [BOMB, "act: [tanh\n", "epochss: 1\n"])
def test_an_experiment_that_nobody_asks_for_stops_nothing(tmp_path: Path, text: str) -> None:
    flag = given(tmp_path, unfinished=text)
    assert command(tmp_path, flag, *SMALL).code == 0
    assert command(tmp_path, "-m", flag, "experiment=smoke", "dry_run=true").code == 0


@pytest.mark.parametrize("mode", [(), ("-m",)], ids=["run", "sweep"])
def test_a_choice_in_the_defaults_of_an_experiment_has_the_words_of_the_command_line(
    tmp_path: Path, mode: tuple[str, ...]
) -> None:
    flag = given(tmp_path, mine=f"{HEAD}defaults: [override /act: tahn]\n")
    said = command(tmp_path, *mode, flag, "experiment=mine", *SMALL)
    words = f"act must be one of {', '.join(options('act'))}, got 'tahn' (did you mean 'tanh'?)"
    assert said == Said(1, "", f"error: {words}\n")
