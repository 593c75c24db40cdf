import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.power import TTestPower

from analysis.errors import AnalysisError
from analysis.statistics.power import MOST, paired_power, sd_interval, seeds_needed


@pytest.mark.parametrize("effect", [0.3, 0.8, 2.0])
@pytest.mark.parametrize("n", [3, 10, 40])
def test_the_power_of_the_paired_t_test_agrees_with_statsmodels(effect, n):
    assert paired_power(effect, n, 0.01) == pytest.approx(
        TTestPower().power(effect, n, 0.01), rel=1e-9
    )


@given(st.floats(0.2, 3), st.integers(1, 50))
def test_seeds_needed_are_the_fewest_that_have_the_power(effect, tests):
    needed = seeds_needed(effect, 1.0, tests=tests)
    assert paired_power(effect, needed.n, needed.level) >= 0.8
    assert needed.n == 2 or paired_power(effect, needed.n - 1, needed.level) < 0.8


def test_at_the_given_spread_the_test_finds_the_difference_in_80_percent():
    rng = np.random.default_rng(6)
    needed = seeds_needed(0.02, 0.03, tests=3)
    values = rng.normal(0.02, 0.03, (20_000, needed.n))
    t = values.mean(axis=1) / values.std(axis=1, ddof=1) * np.sqrt(needed.n)
    from scipy.stats import t as student

    assert np.mean(2 * student.sf(np.abs(t), needed.n - 1) <= 0.05 / 3) == pytest.approx(
        0.8, abs=0.03
    )


def test_a_pilot_gives_a_range_and_a_known_spread_none():
    assert str(seeds_needed(0.5, 1.0)) == "34 seeds for a difference of 0.5 with 80% power"
    piloted = seeds_needed(-0.5, 1.0, pilot=5)
    assert (piloted.low, piloted.n, piloted.high) == (14, 34, 262)
    assert "(14 to 262 if differences are near normal)" in str(piloted)


def test_the_interval_of_a_spread_covers_it():
    rng = np.random.default_rng(7)
    low, high = np.array(
        [sd_interval(sd, 5) for sd in rng.normal(size=(4000, 5)).std(axis=1, ddof=1)]
    ).T
    assert np.mean((low <= 1) & (high >= 1)) == pytest.approx(0.95, abs=0.015)


def test_the_exact_test_needs_its_least_number_of_seeds_however_large_the_difference():
    assert seeds_needed(100.0, 1.0).n < 5
    assert seeds_needed(100.0, 1.0, test="permutation").n == 6
    assert seeds_needed(100.0, 1.0, tests=10, test="permutation").n == 9


def test_beyond_the_most_the_answer_stops():
    assert seeds_needed(1e-6, 1.0).n == MOST
    assert f"over {MOST}" in str(seeds_needed(0.01, 1.0, pilot=3))


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
