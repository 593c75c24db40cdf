from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from scipy import stats
from statsmodels.stats.multitest import multipletests

from analysis.errors import AnalysisError
from analysis.statistics import rates, signflips
from analysis.statistics.comparison import caption, judge
from analysis.statistics.contrasts import Endpoint, contrast, hedges
from analysis.statistics.pairing import contrasts
from tests.support.samples import cells, differences

ACC = Endpoint("acc")
PAIR = [("fixed", "random")]


def compared(frame, endpoints, *, test="permutation"):
    """Compare all pairs of orders on the same path as `analysis.tables.compare`."""
    pairs = list(combinations(frame["order"].unique(), 2))
    return judge(contrasts(frame, "order", endpoints, pairs, factors=["lrA"], test=test))


def test_the_seed_is_the_unit_and_cells_that_share_it_are_averaged_first():
    frame = cells(seeds=6, rates=36)
    row = compared(frame, [ACC], test="t").iloc[0]
    means = frame.groupby(["seed", "order"])["acc"].mean().unstack()
    theirs = stats.ttest_rel(means["fixed"], means["random"])
    assert (row["n"], row["cells"]) == (6, 216)
    assert row["p"] == pytest.approx(theirs.pvalue, rel=1e-9)
    assert (row["low"], row["high"]) == pytest.approx(theirs.confidence_interval())


def test_runs_that_diverged_are_left_out_of_values_with_their_partners_and_counted():
    frame = cells(seeds=5, rates=2)
    frame.loc[(frame["seed"] == 1) & (frame["order"] == "fixed"), "survived"] = False
    row = compared(frame, [ACC]).iloc[0]
    assert (row["n"], row["cells"], row["left_out"]) == (4, 8, 2)
    assert compared(frame, [Endpoint("epochs", "time")]).iloc[0]["n"] == 5


def test_a_rate_is_tested_exactly_by_seed_and_never_by_t():
    frame = cells(seeds=8, rates=1)
    frame.loc[(frame["order"] == "random") & (frame["seed"] < 6), "failed"] = 1.0
    row = compared(frame, [Endpoint("failed", "rate")], test="t").iloc[0]
    assert row["test"] == "permutation"
    assert row["p"] == pytest.approx(stats.binomtest(6, 6).pvalue)
    assert row["low"] < -0.75 < row["high"] <= 0


def test_rates_that_never_differ_keep_some_doubt():
    row = compared(cells(seeds=5), [Endpoint("failed", "rate")]).iloc[0]
    assert row["low"] < 0 < row["high"]
    assert row["verdict"] == "not shown"


def test_many_cells_a_seed_leave_less_doubt_about_a_rate_than_one():
    few, many = (
        compared(cells(seeds=5, rates=rates_), [Endpoint("failed", "rate")]).iloc[0]["high"]
        for rates_ in (1, 36)
    )
    assert many == pytest.approx(few / 36)


def test_the_interval_of_rates_is_that_of_bonett_and_price_with_students_factor():
    better, worse, n = 7, 2, 20
    first, second = (better + 1) / (n + 2), (worse + 1) / (n + 2)
    error = np.sqrt((first + second - (first - second) ** 2) / (n + 1))
    values = np.array([1.0] * better + [-1.0] * worse + [0.0] * (n - better - worse))
    low, high = rates.interval(n, values.mean(), values.std(ddof=1), n, 0.95)
    half = stats.t.ppf(0.975, n) * error
    assert (low, high) == pytest.approx((first - second - half, first - second + half), rel=1e-9)


def test_holm_spans_all_pairs_metrics_and_margins_of_the_command():
    frame = cells(seeds=9, levels=("a", "b", "c"), shift=4)
    table = compared(frame, [Endpoint("acc", delta=2.0), Endpoint("epochs", "time")], test="t")
    assert len(table) == 6
    assert table["p_equivalent"].notna().sum() == 3
    family = np.concatenate([table["p"], table["p_equivalent"].dropna()])
    adjusted = np.concatenate([table["p_holm"], table["p_equivalent_holm"].dropna()])
    np.testing.assert_allclose(adjusted, multipletests(family, method="holm")[1], rtol=1e-12)
    assert len(np.unique(adjusted)) > 3
    assert (adjusted[:6] != multipletests(table["p"], method="holm")[1]).any()
    said = caption(table, "init, order")
    assert "Holm over 9 tests" in said
    assert "9 seeds, which resample init, order;" in said


@given(differences, differences, differences)
def test_an_interval_never_contradicts_its_verdict(first, second, third):
    for test in ("permutation", "t"):
        table = judge(
            [contrast(x, Endpoint("x", delta=3.0), test=test) for x in (first, second, third)]
        )
        for row in table.itertuples():
            assert row.low <= row.high
            assert not (row.real and row.low < 0 < row.high)
            assert row.real or row.low <= 0 <= row.high
            assert (
                row.equivalent == (-row.delta <= row.low and row.high <= row.delta)
                or row.low == -row.delta
                or row.high == row.delta
            )


def test_the_verdict_is_in_words():
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 0.01, 12)
    table = judge(
        [
            contrast(noise + 1, Endpoint("x")),
            contrast(noise, Endpoint("x", delta=0.1)),
            contrast(noise + 0.05, Endpoint("x", delta=0.1)),
            contrast(rng.normal(size=12), Endpoint("x")),
        ]
    )
    assert list(table["verdict"]) == [
        "real",
        "equivalent within ±0.1",
        "real, but within ±0.1",
        "not shown",
    ]


def test_two_one_sided_tests_agree_with_statsmodels():
    from statsmodels.stats.weightstats import ttost_paired

    first, second = np.random.default_rng(2).normal(size=(2, 9))
    mine = contrast(first - second, Endpoint("x", delta=0.8), test="t").p_equivalent
    assert mine == pytest.approx(ttost_paired(first, second, -0.8, 0.8)[0], rel=1e-9)


def test_too_few_seeds_are_said_plainly_with_the_smallest_p_before_and_after_holm():
    row = compared(cells(seeds=5, levels=("a", "b", "c"), shift=9), [ACC]).iloc[0]
    assert row["verdict"] == "not shown"
    assert (
        row["note"] == "5 seeds cannot show a difference: the smallest p is 0.062, "
        "0.19 after Holm over 3 tests; 7 seeds could"
    )
    assert compared(cells(seeds=7, levels=("a", "b", "c"), shift=9), [ACC])["note"].iloc[0] == ""


def test_one_seed_has_a_difference_but_no_interval():
    row = compared(cells(seeds=1), [ACC], test="t").iloc[0]
    assert np.isfinite(row["difference"])
    assert np.isnan(row["low"])
    assert row["note"].startswith("1 seed cannot show a difference: the smallest p is 1")


def test_levels_without_a_common_survivor_are_not_compared():
    row = compared(cells().assign(survived=False), [Endpoint("acc", delta=1.0)]).iloc[0]
    assert (row["n"], row["verdict"]) == (0, "not shown")
    assert row["note"] == "no seed has a run with a value on both sides"


def test_a_constant_metric_does_not_differ():
    row = compared(cells().assign(acc=0.5), [ACC], test="t").iloc[0]
    assert (row["p"], row["low"], row["high"], row["verdict"]) == (1, 0, 0, "not shown")
    assert np.isnan(row["effect"])


def test_an_unbalanced_grid_is_compared_on_the_cells_that_both_levels_have():
    frame = cells(seeds=6).drop(index=[0, 5])
    row = contrasts(frame, "order", [ACC], PAIR, factors=["lrA"])[0]
    assert (row.n, row.cells, row.left_out) == (6, 16, 2)


def test_the_effect_size_is_unbiased():
    rng = np.random.default_rng(5)
    found = [contrast(x, ACC, test="t").effect for x in rng.normal(0.8, 1, (4000, 6))]
    assert np.mean(found) == pytest.approx(0.8, abs=0.03)
    assert np.isnan(hedges(2))


def test_a_rate_is_equivalent_only_with_enough_seeds():
    assert rates.equivalence_p(5, 0.0, 0.0, 5, 0.2) > 0.05
    assert contrast(np.zeros(60), Endpoint("failed", "rate", 0.2)).p_equivalent < 0.05


@given(differences)
def test_swapping_the_sides_mirrors_everything(values):
    one, other = (judge([contrast(x, Endpoint("x", delta=2.0))]).iloc[0] for x in (values, -values))
    assert (one["p"], one["verdict"]) == (other["p"], other["verdict"])
    if one["difference"] != 0:
        np.testing.assert_allclose(
            (one["low"], one["high"]), (-other["high"], -other["low"]), atol=1e-9
        )


def test_a_real_difference_is_found_above_the_exact_size_too():
    row = compared(cells(seeds=44, shift=3), [ACC]).iloc[0]
    assert row["verdict"] == "real"
    assert row["p"] == pytest.approx(1 / signflips.SAMPLE)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: contrasts(cells(), "act", [ACC], [("relu", "tanh")]),
            "cells must have a column 'act', got seed, order",
        ),
        (
            lambda: contrasts(cells(), "order", [ACC, Endpoint("loss")], PAIR),
            "cells must have a column 'loss'",
        ),
        (
            lambda: contrasts(cells(), "order", [ACC], PAIR),
            "several runs share seed=0, order=fixed: name the factor",
        ),
        (
            lambda: contrasts(cells(), "order", [ACC], [("fixed", "none")], factors=["lrA"]),
            "no run has the level 'none': there are fixed",
        ),
        (lambda: Endpoint("acc", delta=-1.0), "delta of acc must be above 0, got -1.0"),
        (lambda: judge([], alpha=5), "alpha must be between 0 and 1, got 5"),
    ],
)
def test_a_comparison_that_cannot_be_made_says_why(make, words):
    with pytest.raises(AnalysisError, match=words):
        make()


def test_an_empty_family_is_an_empty_table():
    assert judge([]).empty
    assert isinstance(judge([]), pd.DataFrame)
