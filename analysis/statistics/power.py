"""How many seeds would it take? For a difference that is named, never for the one seen."""

from dataclasses import dataclass

import numpy as np

from analysis.errors import AnalysisError
from analysis.statistics import Test, signflips

MOST = 100_000
"""Seeds beyond which the answer is "more than that"."""


@dataclass(frozen=True)
class SeedsNeeded:
    """Seeds for the named difference, and the range that the doubt about the spread leaves.

    Attributes
    ----------
    n : seeds at the given spread
    low, high : seeds at the ends of the spread's 95 % interval; both are n where the spread is
        taken as known
    """

    n: int
    low: int
    high: int

    def __str__(self) -> str:
        return f"{self.n} ({self.low} to {self.high})"


def seeds_needed(
    difference: float,
    sd: float,
    *,
    pilot: int | None = None,
    tests: int = 1,
    alpha: float = 0.05,
    power: float = 0.8,
    test: Test = "t",
) -> SeedsNeeded:
    """Return how many seeds show a named difference, paired by seed.

    Parameters
    ----------
    difference : the true difference that would matter, in the unit of the metric
    sd : standard deviation of the differences over seeds
    pilot : how many seeds the sd was estimated from; None where it is known
    tests : the size of the family; the level is alpha/tests, which is what Holm asks of the first
    power : the chance to show the difference if it is there
    test : with "permutation", never fewer than the exact test needs to speak at all

    Notes
    -----
    The range is by the chi-square interval of the sd. It assumes normal differences and covers 43
    to 78 % of strongly skewed values.
    """
    for name, value in (("difference", abs(difference)), ("sd", sd)):
        if not (np.isfinite(value) and value > 0):
            raise AnalysisError(f"{name} must be finite and other than 0, got {value!r}")
    if not (0 < alpha < 1 and 0 < power < 1 and tests >= 1):
        raise AnalysisError(
            "alpha and power must be between 0 and 1 and tests at least 1, "
            f"got {alpha}, {power}, {tests}"
        )
    if pilot is not None and pilot < 2:
        raise AnalysisError(f"pilot must have 2 seeds or more to know a spread, got {pilot}")
    level = alpha / tests
    least = signflips.seeds_to_reach(level) if test == "permutation" else 2
    low, high = (sd, sd) if pilot is None else sd_interval(sd, pilot)
    n, fewest, most = (
        max(least, _fewest(abs(difference) / spread, level, power)) for spread in (sd, low, high)
    )
    return SeedsNeeded(n, fewest, most)


def seeds_for_equivalence(
    margin: float,
    sd: float,
    *,
    pilot: int | None = None,
    tests: int = 1,
    alpha: float = 0.05,
    power: float = 0.8,
    test: Test = "t",
) -> SeedsNeeded:
    """Return how many seeds show that a difference lies within ±margin, if in truth there is none.

    Parameters
    ----------
    margin : as named before looking
    sd, pilot, tests, alpha, power, test : as for `seeds_needed`

    Notes
    -----
    Two one-sided tests at alpha/tests must both succeed. Each has the power of a two-sided test at
    twice that level; where each fails with (1 - power)/2, both succeed with at least `power`.
    """
    each = 1 - (1 - power) / 2
    return seeds_needed(
        margin, sd, pilot=pilot, tests=tests, alpha=2 * alpha, power=each, test=test
    )


def sd_interval(sd: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the chi-square interval of a standard deviation estimated from n normal values."""
    from scipy.special import chdtri  # of the upper tail

    tails = chdtri(n - 1, np.array([(1 - level) / 2, (1 + level) / 2]))
    low, high = sd * np.sqrt((n - 1) / tails)
    return float(low), float(high)


def paired_power(effect: float, n: int, level: float) -> float:
    """Return the power of the two-sided paired t test.

    For a true difference of `effect` standard deviations.
    """
    from scipy.special import stdtrit
    from scipy.stats import (
        ncf,
    )  # t² is a non-central F; the non-central t of SciPy is NaN where power is near 1

    bar = stdtrit(n - 1, 1 - level / 2)
    return float(ncf.sf(bar * bar, 1, n - 1, effect * effect * n))


def _fewest(effect: float, level: float, power: float) -> int:
    low, high = 1, 2  # too few, perhaps enough
    while high < MOST and paired_power(effect, high, level) < power:
        low, high = high, min(2 * high, MOST)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (
            (low, middle) if paired_power(effect, middle, level) >= power else (middle, high)
        )
    return high
