"""The rule of which runs count, and where tables, curves and comparisons agree by it."""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis import load_sweep
from analysis.claims.contrast import test_of as judged_by
from analysis.claims.statements import Statement
from analysis.statistics.seeds import by_seed, counted
from tests.support.study_folders import write_synthetic

ACTS, RATES, SEEDS = ("relu", "sigmoid", "tanh"), (0.0, 0.1), range(4)


def grid(missing: set[tuple[int, int, int]], shape: tuple[int, int, int]) -> pd.DataFrame:
    """Return a run for every level, seed and cell, and whether it has a value."""
    frame = pd.DataFrame(product(*map(range, shape)), columns=["level", "seed", "cell"])
    return frame.assign(known=[tuple(run) not in missing for run in frame.to_numpy().tolist()])


def counts(missing: set[tuple[int, int, int]], shape: tuple[int, int, int]) -> pd.DataFrame:
    frame = grid(missing, shape)
    mask = counted(frame["known"].to_numpy(), frame["seed"], frame["cell"], frame["level"])
    return frame[mask]


def test_of_a_complete_grid_every_run_counts() -> None:
    assert len(counts(set(), (2, 3, 4))) == 24


def test_a_seed_that_lacks_one_run_is_left_out_at_every_level_and_setting() -> None:
    assert set(counts({(0, 2, 1)}, (2, 4, 2))["seed"]) == {0, 1, 3}


def test_a_setting_in_which_one_level_has_no_run_is_left_out_at_every_level() -> None:
    left = counts({(0, seed, 1) for seed in range(4)}, (2, 4, 2))
    assert set(left["cell"]) == {0}
    assert len(left) == 8


def test_a_level_that_mostly_diverged_takes_no_seed_from_the_others() -> None:
    left = counts({(2, seed, 0) for seed in range(15)}, (3, 20, 1))
    assert left.groupby("level").size().to_dict() == {0: 20, 1: 20, 2: 5}


def test_where_nothing_has_a_value_nothing_counts() -> None:
    assert counts(set(product(range(2), range(2), range(2))), (2, 2, 2)).empty


def test_values_are_averaged_within_each_seed() -> None:
    values, seeds = pd.Series([1.0, 3.0, 5.0, np.nan]), pd.Series([1, 1, 0, 2])
    assert by_seed(values, seeds).tolist() == [5.0, 2.0]


@given(st.sets(st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 2))))
def test_what_counts_is_known_and_every_seed_of_a_level_has_the_same_settings(
    missing: set[tuple[int, int, int]],
) -> None:
    left = counts(missing, (3, 4, 3))
    assert left["known"].all()
    if len(left):
        of = left.groupby(["level", "seed"])["cell"].agg(frozenset)
        assert of.nunique() == 1


@given(
    st.sets(st.tuples(*(st.sampled_from(of) for of in (ACTS, RATES, SEEDS))), max_size=8),
    st.randoms(use_true_random=False),
)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_table_curves_compare_and_claims_agree_over_the_seeds_that_two_levels_share(
    tmp_path_factory: pytest.TempPathFactory, gone: set[tuple[str, float, int]], random: object
) -> None:
    folder = tmp_path_factory.mktemp("s") / "s"
    rng = np.random.default_rng(random.getrandbits(32))  # type: ignore[attr-defined]
    for act, rate, seed in product(ACTS, RATES, SEEDS):
        lost = {"ending": "diverged", "epoch": 1} if (act, rate, seed) in gone else {}
        write_synthetic(folder, {"test_acc": rng.uniform()}, act=act, lrA=rate, seed=seed, **lost)
    sweep = load_sweep(folder)
    table = pd.DataFrame(sweep.table("test_acc", by="act")).set_index("act")
    drawn = sweep.curves("test_acc", vary="act").table
    ends = drawn[drawn["epoch"] == drawn["epoch"].max()].set_index("act")["mean"]
    np.testing.assert_allclose(ends[table.index], table["test_acc"], rtol=1e-12)
    runs = sweep.runs
    known = (runs["outcome"] == "finished").to_numpy()
    runs = runs[counted(known, runs["seed"], runs["lrA"], runs["act"])]
    of_seed = runs.groupby(["act", "seed"])["test_acc"].mean().unstack().reindex(list(ACTS))
    shown = pd.Series(sweep.table("test_acc", by="act").caption)
    rest_on = {frozenset(row.dropna().index) for _, row in of_seed.iterrows()} - {frozenset()}
    assert shown.str.contains("Rows rest on different seeds").item() == (len(rest_on) > 1)
    for act, mean in of_seed.mean(axis=1).items():
        assert table.loc[act, "test_acc"] == pytest.approx(mean, abs=1e-12, nan_ok=True)
    for _, row in pd.DataFrame(sweep.compare("act")).iterrows():
        both = of_seed.loc[[row["level"], row["against"]]].dropna(axis=1)
        assert row["n"] == both.shape[1]
        expected = both.mean(axis=1).diff().iloc[-1] * -1
        assert row["difference"] == pytest.approx(expected, abs=1e-12, nan_ok=True)
        sides = {"level": row["level"], "against": row["against"]}
        claim = Statement("s", "test_acc", vary="act", **sides, direction="different")
        judged = judged_by(claim, sweep).contrast
        assert (judged.n, judged.difference) == pytest.approx(
            (row["n"], row["difference"]), abs=1e-12, nan_ok=True
        )


def test_one_diverged_run_gives_table_curves_and_compare_one_difference(tmp_path: Path) -> None:
    for act, rate, seed in product(("tanh", "relu"), RATES, SEEDS):
        value = 0.5 + 0.1 * (act == "tanh") + 0.3 * (act == "tanh" and rate > 0) + 0.001 * seed
        lost = {"ending": "diverged", "epoch": 3} if (act, rate, seed) == ("tanh", 0.1, 0) else {}
        write_synthetic(tmp_path / "s", {"test_acc": value}, act=act, lrA=rate, seed=seed, **lost)
    sweep = load_sweep(tmp_path / "s")
    table = pd.DataFrame(sweep.table("test_acc", by="act")).set_index("act")
    assert table.loc["tanh", "test_acc"] - table.loc["relu", "test_acc"] == pytest.approx(0.25)
    assert pd.DataFrame(sweep.compare("act"))["difference"].abs().tolist() == [pytest.approx(0.25)]
    assert table["test_acc_n"].tolist() == [3, 3]
