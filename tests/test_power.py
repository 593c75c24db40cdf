import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import TTestPower

from analysis.errors import AnalysisError
from analysis.statistics.power import (
    MOST,
    paired_power,
    sd_interval,
    seeds_for_equivalence,
    seeds_needed,
)


@pytest.mark.parametrize("effect", [0.3, 0.8, 2.0])
@pytest.mark.parametrize("n", [3, 10, 40])
def test_the_power_of_the_paired_t_test_agrees_with_statsmodels(effect, n):
    assert paired_power(effect, n, 0.01) == pytest.approx(
        TTestPower().power(effect, n, 0.01), rel=1e-9
    )


def theirs(effect):
    """Return the seeds that statsmodels asks for."""
    return math.ceil(TTestPower().solve_power(effect, alpha=0.05, power=0.8))


def integrated(effect, n, level):
    """Return P(|Z + δ√n| > c s) over s, the spread of n normal values (Student 1908)."""
    bar, shift = stats.t.ppf(1 - level / 2, n - 1) / np.sqrt(n - 1), effect * np.sqrt(n)
    chi = np.linspace(0, np.sqrt(n - 1) + 9, 4001)
    beyond = stats.norm.cdf(shift - bar * chi) + stats.norm.cdf(-shift - bar * chi)
    return np.trapezoid(beyond * stats.chi.pdf(chi, n - 1), chi)


@given(st.floats(0.2, 3), st.integers(1, 50))
def test_seeds_needed_are_the_fewest_that_have_the_power(effect, tests):
    n, level = seeds_needed(effect, 1.0, tests=tests).n, 0.05 / tests
    assert integrated(effect, n, level) >= 0.8 - 1e-6
    assert n == 2 or integrated(effect, n - 1, level) < 0.8 + 1e-6


def test_at_the_given_spread_the_test_finds_the_difference_in_80_percent():
    rng = np.random.default_rng(6)
    needed = seeds_needed(0.02, 0.03, tests=3)
    values = rng.normal(0.02, 0.03, (20_000, needed.n))
    found = stats.ttest_1samp(values, 0, axis=1).pvalue <= 0.05 / 3
    assert np.mean(found) == pytest.approx(0.8, abs=0.03)


def test_at_the_given_spread_both_one_sided_tests_find_that_there_is_nothing_in_80_percent():
    rng = np.random.default_rng(7)
    needed = seeds_for_equivalence(0.02, 0.03, tests=3)
    values = rng.normal(0.0, 0.03, (20_000, needed.n))
    above = stats.ttest_1samp(values, -0.02, axis=1, alternative="greater").pvalue
    below = stats.ttest_1samp(values, 0.02, axis=1, alternative="less").pvalue
    assert np.mean(np.maximum(above, below) <= 0.05 / 3) == pytest.approx(0.8, abs=0.03)
    assert needed.n > seeds_needed(0.02, 0.03, tests=3).n  # nothing is harder to show


def test_a_pilot_gives_the_range_of_its_spread_and_a_known_spread_none():
    """Both ends by statsmodels, at the ends of SciPy's chi-square interval of the spread."""
    known, piloted = seeds_needed(0.5, 1.0), seeds_needed(-0.5, 1.0, pilot=5)
    assert known.low == known.n == known.high == theirs(0.5)
    low, high = np.sqrt(4 / stats.chi2.ppf([0.975, 0.025], 4))  # of 4 degrees of freedom
    assert piloted.n == theirs(0.5)
    assert (piloted.low, piloted.high) == (theirs(0.5 / low), theirs(0.5 / high))
    assert str(piloted) == f"{piloted.n} ({piloted.low} to {piloted.high})"


def test_the_interval_of_a_spread_covers_it():
    rng = np.random.default_rng(7)
    low, high = np.array(
        [sd_interval(sd, 5) for sd in rng.normal(size=(4000, 5)).std(axis=1, ddof=1)]
    ).T
    assert np.mean((low <= 1) & (high >= 1)) == pytest.approx(0.95, abs=0.015)


def test_the_exact_test_needs_its_least_number_of_seeds_however_large_the_difference():
    """Of n seeds the smallest p is 2 in 2^n."""
    assert seeds_needed(100.0, 1.0).n < 5
    assert seeds_needed(100.0, 1.0, test="permutation").n == 1 + math.ceil(math.log2(1 / 0.05))
    needed = seeds_needed(100.0, 1.0, tests=10, test="permutation").n
    assert needed == 1 + math.ceil(math.log2(10 / 0.05))


def test_beyond_the_most_the_answer_stops():
    assert seeds_needed(1e-6, 1.0).n == MOST
    assert str(seeds_needed(0.01, 1.0, pilot=3)).endswith(f" to {MOST})")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: seeds_needed(0.0, 1.0), "difference must be finite and other than 0, got 0.0"),
        (lambda: seeds_needed(1.0, np.nan), "sd must be finite and other than 0, got nan"),
        (
            lambda: seeds_needed(1.0, 1.0, power=80),
            "between 0 and 1 and tests at least 1, got 0.05, 80, 1",
        ),
        (lambda: seeds_needed(1.0, 1.0, pilot=1), "pilot must have 2 seeds or more"),
    ],
)
def test_a_wrong_question_is_refused_in_words(make, words):
    with pytest.raises(AnalysisError, match=words):
        make()
