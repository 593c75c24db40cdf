import numpy as np
import pytest
from hypothesis import given
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from analysis.errors import AnalysisError
from analysis.statistics.intervals import (
    mean_interval,
    median_interval,
    wilson_interval,
)
from tests.support.samples import differences

RNG = np.random.default_rng(3)


@pytest.mark.parametrize("n", [2, 3, 5, 20, 200])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
def test_the_mean_interval_agrees_with_scipy(n, level):
    values = RNG.normal(5, 2, n)
    low, high = stats.ttest_1samp(values, 0).confidence_interval(level)
    mine = mean_interval(values, level)
    np.testing.assert_allclose(
        [mine.estimate, mine.low, mine.high], [values.mean(), low, high], rtol=1e-9
    )


@pytest.mark.parametrize(("n", "coverage"), [(3, 0.75), (5, 0.9375), (6, 0.96875), (20, 0.958611)])
def test_the_median_interval_says_what_it_can_reach(n, coverage):
    mine = median_interval(RNG.normal(size=n))
    assert mine.coverage == pytest.approx(coverage, abs=1e-6)
    assert bool(mine.note) == (n < 6)


@pytest.mark.parametrize("n", [6, 7, 20, 51])
def test_the_median_interval_agrees_with_scipy(n):
    values = RNG.normal(size=n)
    theirs = stats.quantile_test(values, q=0, p=0.5).confidence_interval(0.95)
    mine = median_interval(values)
    assert mine.low <= theirs.low + 1e-12  # SciPy's need not be symmetric
    assert mine.high >= theirs.high - 1e-12 or mine.low < theirs.low


@pytest.mark.parametrize(("k", "n"), [(0, 5), (1, 5), (5, 5), (13, 98)])
def test_wilsons_interval_agrees_with_statsmodels(k, n):
    np.testing.assert_allclose(
        (wilson_interval(k, n).low, wilson_interval(k, n).high),
        proportion_confint(k, n, method="wilson"),
        atol=1e-9,
    )


@given(differences)
def test_intervals_hold_their_estimate_and_forget_the_order(values):
    for make in (mean_interval, median_interval):
        one, other = make(values), make(values[::-1])
        assert one.low <= one.estimate <= one.high or np.ptp(values) == 0
        np.testing.assert_allclose((one.low, one.high), (other.low, other.high), atol=1e-9)


def test_values_that_are_missing_are_never_averaged_and_no_part_of_n():
    mine = mean_interval([1.0, np.nan, 3.0])
    assert (mine.estimate, mine.n) == (2.0, 2)


@pytest.mark.parametrize(
    ("values", "note"),
    [([], "no values"), ([np.nan], "no values"), ([2.0], "one value has no spread")],
)
@pytest.mark.parametrize("make", [mean_interval, median_interval])
def test_too_few_values_have_no_interval_but_a_sentence(make, values, note):
    mine = make(values)
    assert np.isnan(mine.low)
    assert np.isnan(mine.high)
    assert mine.note.startswith(note)


def test_equal_values_have_a_mean_and_a_sentence_but_no_interval():
    mine = mean_interval([0.1] * 3)
    assert mine.estimate == 0.1
    assert np.isnan(mine.low)
    assert mine.note == "all 3 values are equal, which says nothing of their spread: no interval"
    assert (median_interval([0.1] * 6).low, median_interval([0.1] * 6).high) == (0.1, 0.1)


def test_a_mean_of_few_values_is_labelled_because_of_what_skew_does_to_it():
    assert "near-normal" in mean_interval(RNG.normal(size=20)).note
    assert mean_interval(RNG.normal(size=60)).note == ""


def test_a_share_of_few_is_labelled_because_of_the_rates_next_to_0_and_1():
    assert "less than 90 %" in wilson_interval(1, 20).note
    assert wilson_interval(1, 100).note == ""


def test_no_trials_have_no_share():
    assert wilson_interval(0, 0).note == "no values"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: mean_interval([1.0, 2.0], 95), "level must be between 0 and 1, got 95"),
        (lambda: mean_interval([[1.0]]), "one number a seed"),
        (lambda: mean_interval([np.inf]), "finite or NaN"),
        (lambda: wilson_interval(3, 2), "got 3 of 2"),
    ],
)
def test_a_wrong_question_is_refused_in_words(make, words):
    with pytest.raises(AnalysisError, match=words):
        make()
