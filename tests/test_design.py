"""The seed is the unit: which column names it, what it resamples, what is averaged over."""

from itertools import product
from pathlib import Path

import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.study.design import SEEDS, cell_of, design, led
from tests.support.study_folders import synthetic


def runs(**columns: object) -> pd.DataFrame:
    frame = pd.DataFrame(columns)
    for stream in ("subset_seed", "init_seed", "order_seed"):
        if stream not in frame:
            frame[stream] = frame.get("seed", 0)
    return frame


def test_the_seed_resamples_every_stream_that_follows_it() -> None:
    found = design(runs(seed=[0, 1], order_seed=[7, 7]), ["seed"])
    assert (found.seed, found.resampled) == ("seed", ("subset", "init"))


def test_one_stream_alone_is_the_unit() -> None:
    found = design(runs(init_seed=[0, 1, 2]), ["init_seed"])
    assert (found.seed, found.resampled) == ("init_seed", ("init",))


def test_crossed_streams_are_no_replicates_until_one_is_named() -> None:
    grid = list(product(range(3), range(2)))
    frame = runs(subset_seed=[s for s, _ in grid], init_seed=[i for _, i in grid])
    with pytest.raises(AnalysisError, match="subset_seed and init_seed vary apart"):
        design(frame, ["subset_seed", "init_seed"])
    found = design(frame, ["subset_seed", "init_seed"], "init_seed")
    assert (found.seed, found.crossed, found.resampled) == (
        "init_seed",
        ("subset_seed",),
        ("init",),
    )
    with pytest.raises(AnalysisError, match="seed must be a stream that varies, got 'act'"):
        design(frame, ["subset_seed", "init_seed"], "act")


def test_a_stream_that_is_shifted_from_the_seed_is_not_crossed_with_it() -> None:
    found = design(runs(seed=[0, 1], init_seed=[100, 101]), ["seed", "init_seed"])
    assert (found.seed, found.crossed) == ("seed", ())


def test_a_factor_that_another_determines_is_named_once() -> None:
    frame = runs(seed=[0, 0], net=["a", "b"], L=[2, 16], I=[28, 7])
    assert design(frame, ["net", "L", "I"]).factors == ("net",)


def test_what_goes_with_the_compared_factor_is_not_averaged_over() -> None:
    frame = runs(lr=["a", "a", "b"], lrA=[0.1, 0.1, 0.2], T=[1, 2, 1])
    others, along = design(frame, ["lrA", "lr", "T"]).others(frame, "lrA")
    assert (others, along) == (["T"], ["lr"])
    found = design(frame, ["lrA", "T"])
    assert found.others(frame, "T") == (["lrA"], [])


def test_runs_of_one_combination_of_factors_share_a_cell() -> None:
    frame = pd.DataFrame({"act": ["b", "a", "b", None], "lrA": [0.1, 0.1, 0.1, 0.1]}, list("wxyz"))
    cells = cell_of(frame, ["act", "lrA"])
    assert list(cells.index) == list("wxyz")
    assert cells["w"] == cells["y"]
    assert cells.nunique() == 3
    assert list(cell_of(frame, [])) == [0, 0, 0, 0]


def test_what_the_seeds_resample_is_said_in_words() -> None:
    assert design(runs(seed=[0, 1], order_seed=[7, 7]), ["seed"]).resamples == "subset, init"
    assert design(runs(seed=[0, 0]), []).resamples == "nothing"


def test_a_study_of_one_seed_has_a_design(tmp_path: Path) -> None:
    found = synthetic(tmp_path / "s", seeds=1).design
    assert (found.seed, found.resampled, found.factors) == ("seed", (), ("act", "lrA"))


def test_a_key_goes_with_the_first_factor_that_determines_it() -> None:
    frame = pd.DataFrame({"act": list("aabb"), "lr": [1, 2, 1, 2], "lrA": [3, 4, 3, 4], "T": 5})
    assert led(frame, ["lrA"], ["act", "lr"]) == {"lr": ["lrA"]}
    assert led(frame, ["lrA", "T"], ["act", "lr"]) == {"act": ["T"], "lr": ["lrA"]}
    assert led(frame, [], ["act"]) == {}


def test_the_noise_is_resampled_only_where_labels_are_wrong() -> None:
    frame = pd.DataFrame({name: [0, 1, 2] for name in SEEDS}).assign(label_noise=0.0)
    assert design(frame, ["seed"]).resampled == ("subset", "init", "order")
    assert design(frame.assign(label_noise=0.1), ["seed"]).resampled[-1] == "noise"
