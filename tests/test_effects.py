from itertools import product

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.anova import AnovaRM

from analysis.errors import AnalysisError
from analysis.statistics.components import components
from analysis.statistics.effects import effects, shares_of

RNG = np.random.default_rng(11)


def tidy(values, names):
    made = pd.DataFrame(list(product(*map(range, values.shape))), columns=names)
    return made.assign(y=values.ravel())


def test_f_and_p_agree_with_the_repeated_measures_anova_of_statsmodels():
    values = RNG.normal(size=(6, 3, 4, 2)) + np.arange(3)[:, None, None]
    table, _ = effects(tidy(values, ["seed", "a", "b", "c"]), ["a", "b", "c"], "y")
    theirs = (
        AnovaRM(tidy(values, ["seed", "a", "b", "c"]), "y", "seed", ["a", "b", "c"])
        .fit()
        .anova_table
    )
    mine = table.set_index("effect")
    for effect, row in theirs.iterrows():
        found = mine.loc[effect.replace(":", " × ")]
        assert (found["F"], found["p"]) == pytest.approx((row["F Value"], row["Pr > F"]), rel=1e-9)


def test_sums_of_squares_agree_with_a_naive_loop():
    values = RNG.normal(size=(5, 3, 4))
    names, shares, _ = shares_of(values, ["a", "b"])
    total = ((values - values.mean()) ** 2).sum()
    means, cells = values.mean(axis=(0, 2)), values.mean(axis=2)
    explained = 20 * ((means - values.mean()) ** 2).sum()
    noise = (
        4
        * sum(
            (cells[s, i] - cells[s].mean() - means[i] + values.mean()) ** 2
            for s in range(5)
            for i in range(3)
        )
        / 8
    )
    assert names == ["a", "b", "a × b", "seed", "rest"]
    assert shares[0] == pytest.approx((explained - 2 * noise) / total, rel=1e-9)
    assert shares.sum() == pytest.approx(1)


def test_without_any_effect_the_shares_are_zero_on_average():
    found = [shares_of(RNG.normal(size=(5, 6, 6)), ["a", "b"])[1] for _ in range(300)]
    np.testing.assert_allclose(np.mean(found, axis=0)[:4], 0, atol=0.01)


def test_an_effect_without_noise_explains_everything():
    values = np.broadcast_to(np.arange(3.0)[:, None], (4, 3, 2))
    table, _ = effects(tidy(values, ["seed", "a", "b"]), ["a", "b"], "y")
    assert list(table["share"]) == pytest.approx([1, 0, 0, 0, 0])
    assert list(table["p"][:3]) == [0, 1, 1]


def test_intervals_hold_their_share_and_are_refused_for_seed_and_rest():
    table, _ = effects(tidy(RNG.normal(size=(5, 3, 4)), ["seed", "a", "b"]), ["a", "b"], "y")
    assert (table["low"] <= table["share"])[:3].all()
    assert (table["share"] <= table["high"])[:3].all()
    assert table[["low", "high"]].iloc[-2:].isna().all(axis=None)


def test_two_seeds_have_shares_but_no_intervals():
    table, _ = effects(tidy(RNG.normal(size=(2, 3)), ["seed", "a"]), ["a"], "y")
    assert table["share"].notna().all()
    assert table[["low", "high"]].isna().all(axis=None)


def test_effects_are_computed_on_the_complete_part_which_is_named():
    values = RNG.normal(size=(5, 3, 4))
    frame = tidy(values, ["seed", "a", "b"])
    frame.loc[frame["b"] == 3, "y"] = np.nan
    table, grid = effects(frame, ["a", "b"], "y")
    assert grid.dropped["b"] == (3,)
    np.testing.assert_allclose(table["share"], shares_of(values[:, :, :3], ["a", "b"])[1])


def test_a_factor_with_one_level_left_explains_nothing_and_is_no_row():
    table, _ = effects(tidy(RNG.normal(size=(4, 1, 3)), ["seed", "a", "b"]), ["a", "b"], "y")
    assert list(table["effect"]) == ["b", "seed", "rest"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.ones((4, 3)), "y is 1 in every run: there is no variance"),
        (np.ones((1, 3)), "2 seeds and a factor with 2 levels, got 1 seed × 3 a, complete"),
        (np.ones((4, 1)), "2 seeds and a factor with 2 levels"),
    ],
)
def test_designs_without_variance_are_refused_in_words(values, words):
    with pytest.raises(AnalysisError, match=words):
        effects(tidy(values, ["seed", "a"]), ["a"], "y")


STREAMS = ["subset_seed", "init_seed", "order_seed"]


def test_components_solve_the_expected_mean_squares_of_a_two_way_layout():
    values = RNG.normal(size=(4, 5, 1)) + 3 * RNG.normal(size=(4, 1, 1))
    table, _ = components(tidy(values, STREAMS), "y", streams=STREAMS)
    plane = values[:, :, 0]
    rows, columns = plane.mean(axis=1), plane.mean(axis=0)
    between = 5 * rows.var(ddof=1)
    rest = ((plane - rows[:, None] - columns + plane.mean()) ** 2).sum() / 12
    mine = table.set_index("component")["variance"]
    assert mine["subset"] == pytest.approx((between - rest) / 5, rel=1e-9)
    assert mine["init"] == pytest.approx((4 * columns.var(ddof=1) - rest) / 4, rel=1e-9)
    assert mine["subset × init"] == pytest.approx(rest, rel=1e-9)


def test_components_are_unbiased_and_share_out_their_sum():
    found = []
    for _ in range(300):
        values = (
            RNG.normal(size=(3, 3, 3)) + RNG.normal(0, 2, (3, 1, 1)) + RNG.normal(0, 1, (1, 3, 1))
        )
        table, _ = components(tidy(values, STREAMS), "y", streams=STREAMS)
        assert table["share"].sum() == pytest.approx(1)
        found.append(table["variance"])
    spread = np.std(found, axis=0) / np.sqrt(300)
    assert (np.abs(np.mean(found, axis=0) - [4, 1, 0, 0, 0, 0, 1]) < 4 * spread).all()


def test_constant_runs_have_no_variance_to_share():
    table, _ = components(tidy(np.ones((3, 3, 3)), STREAMS), "y", streams=STREAMS)
    assert (table["variance"] == 0).all()
    assert table["share"].isna().all()


def test_a_single_stream_cannot_be_told_from_the_rest():
    with pytest.raises(
        AnalysisError, match="two crossed streams with 2 seeds each, got 4 subset_seed"
    ):
        components(tidy(np.ones((4, 1, 1)), STREAMS), "y", streams=STREAMS)
