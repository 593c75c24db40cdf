import numpy as np
import pytest
from hypothesis import given, settings
from scipy import stats
from statsmodels.stats.multitest import multipletests

from analysis.statistics import holm as holm_module
from analysis.statistics import signflips, student
from tests.support.samples import differences, p_values

RNG = np.random.default_rng(4)
SIDES = ("two-sided", "greater", "less")


@pytest.mark.parametrize("n", [2, 3, 5, 10])
@pytest.mark.parametrize("side", SIDES)
def test_sign_flips_agree_with_scipy(n, side):
    for values in (RNG.normal(0.4, 1, n), RNG.integers(-2, 4, n).astype(float)):
        theirs = stats.permutation_test(
            (values,), np.mean, permutation_type="samples", n_resamples=np.inf, alternative=side
        )
        assert signflips.p_value(values, side) == pytest.approx(theirs.pvalue, abs=1e-9)


@pytest.mark.parametrize("side", SIDES)
def test_sums_that_tie_still_tie_after_rounding(side):
    for values in np.random.default_rng(0).integers(-3, 4, (50, 9)).astype(float):
        assert signflips.p_value(values / 98, side) == signflips.p_value(values, side)


@pytest.mark.parametrize(("better", "worse", "equal"), [(5, 1, 4), (7, 0, 0), (0, 0, 6), (3, 3, 2)])
def test_sign_flips_of_successes_and_failures_are_the_exact_mcnemar_test(better, worse, equal):
    values = [1.0] * better + [-1.0] * worse + [0.0] * equal
    expected = stats.binomtest(better, better + worse).pvalue if better + worse else 1.0
    assert signflips.p_value(values) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("n", [16, 17, 20])
@pytest.mark.parametrize("side", SIDES)
def test_halves_count_what_a_list_of_all_patterns_counts(n, side):
    signs = 1.0 - 2.0 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
    for values in (RNG.normal(0.4, 1, n), RNG.integers(-2, 4, n).astype(float)):
        sums, seen = signs @ values, values.sum()
        slack = 1e-9
        share = {
            "two-sided": np.mean(np.abs(sums) >= abs(seen) - slack),
            "greater": np.mean(sums >= seen - slack),
            "less": np.mean(sums <= seen + slack),
        }
        assert signflips.p_value(values, side) == share[side]


def test_forty_seeds_are_counted_as_the_binomial_test_says():
    values = [1.0] * 28 + [-1.0] * 12
    expected = stats.binomtest(28, 40).pvalue
    assert signflips.p_value(values) == pytest.approx(expected, rel=1e-12)
    assert signflips.p_value([1.0] * 40) == 2.0**-39 == signflips.smallest_p(40)


def test_above_the_exact_size_the_sample_agrees_within_its_error_and_repeats():
    values = RNG.normal(0.25, 1, 44)
    assert signflips.p_value(values) == pytest.approx(stats.ttest_1samp(values, 0).pvalue, rel=0.15)
    assert signflips.p_value(values) == signflips.p_value(values)
    exact, smaller = signflips.EXACT, values[:18]
    try:
        whole = signflips.p_value(smaller)
        signflips.EXACT = 17
        error = np.sqrt(whole * (1 - whole) / signflips.SAMPLE)
        assert signflips.p_value(smaller) == pytest.approx(whole, abs=4 * error)
    finally:
        signflips.EXACT = exact


@given(differences)
def test_sign_flips_are_a_p_value_that_mirrors_with_its_differences(values):
    assert signflips.smallest_p(len(values)) - 1e-12 <= signflips.p_value(values) <= 1
    assert signflips.p_value(values) == signflips.p_value(-values)
    assert signflips.p_value(values, "greater") == signflips.p_value(-values, "less")


@pytest.mark.parametrize(
    ("n", "smallest"), [(1, 1.0), (3, 0.25), (4, 0.125), (5, 0.0625), (6, 0.03125)]
)
def test_few_seeds_cannot_go_below_their_smallest_p(n, smallest):
    assert signflips.smallest_p(n) == signflips.p_value(np.arange(1.0, n + 1)) == smallest
    assert signflips.smallest_p(n, "greater") == smallest / 2
    assert signflips.seeds_to_reach(smallest) == n


def test_no_seeds_have_no_p():
    assert np.isnan(signflips.p_value([]))
    assert np.isnan(signflips.smallest_p(0))


@pytest.mark.parametrize("side", SIDES)
def test_the_paired_t_test_agrees_with_scipy(side):
    first, second = RNG.normal(size=(2, 7))
    theirs = stats.ttest_rel(first, second, alternative=side).pvalue
    assert student.p_value(first - second, side) == pytest.approx(theirs, rel=1e-9)


def test_equal_differences_are_left_to_the_sign_flips_because_t_would_be_infinite():
    assert student.p_value([0.1, 0.1, 0.1]) == 0.25
    assert student.p_value([0.0, 0.0]) == 1


@given(p_values)
@settings(max_examples=25)  # statsmodels takes 20 ms a call
def test_holm_agrees_with_statsmodels(p):
    np.testing.assert_allclose(holm_module.holm(p), multipletests(p, method="holm")[1], atol=1e-12)


def test_a_test_that_could_not_be_made_still_counts_in_its_family():
    np.testing.assert_allclose(holm_module.holm([0.01, np.nan, 0.02]), [0.03, np.nan, 0.04])
