"""Intervals for one group of runs: a mean, a median or a share.

Each interval says how many values stand behind it and the coverage that it can reach. Differences
between levels are the business of `analysis.statistics.comparison`. Values that are NaN (runs that
diverged or ended) are never averaged, and are no part of n.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Floats
from analysis.errors import AnalysisError
from analysis.statistics.student import factor, mean_and_spread

FEW = 50
"""Up to about this many seeds a Student's t interval falls short of 90 % on strongly skewed
(lognormal) values: benchmarks/statistics/coverage.md.

Labelled by their number, not by their looks: samples that happen to look even are those whose
interval misses most.
"""
NEAR_NORMAL = "assumes near-normal values: on strongly skewed ones it covers less than 90 %"


@dataclass(frozen=True)
class Interval:
    """An estimate with its interval.

    Attributes
    ----------
    estimate, low, high : in the unit of the values, NaN where there is none
    n : how many values stand behind it
    coverage : the share of studies in which such an interval holds the truth, as far as it can
        promise; 0 without an interval
    note : one sentence where the reader must know more, otherwise empty
    """

    estimate: float
    low: float
    high: float
    n: int
    coverage: float
    note: str = ""


def mean_interval(values: ArrayLike, level: float = 0.95) -> Interval:
    """Return the mean with Student's t interval.

    Parameters
    ----------
    values : (n,), one value a seed
    level : between 0 and 1

    Notes
    -----
    Exact for normal values at any n >= 2, good for accuracies; on strongly skewed values it falls
    short, and says so in its note.
    """
    known = _known(values, level)
    n = known.size
    if n < 2:
        return _without(known)
    mean, spread = mean_and_spread(known)
    if spread == 0:
        return Interval(
            mean,
            np.nan,
            np.nan,
            n,
            0.0,
            f"all {n} values are equal, which says nothing of their spread: no interval",
        )
    half = factor(level, n - 1) * spread / float(np.sqrt(n))
    note = NEAR_NORMAL if n < FEW else ""
    return Interval(mean, mean - half, mean + half, n, level, note)


def median_interval(values: ArrayLike, level: float = 0.95) -> Interval:
    """Return the median with an interval between order statistics.

    The narrowest symmetric one that reaches the level.

    With few values even the extremes do not reach it (75 % at 3, 94 % at 5): then they are
    returned, labelled with what they reach. No assumption on the shape of the values; the coverage
    is exact for continuous ones and at least that for tied ones.
    """
    known = _known(values, level)
    n = known.size
    if n < 2:
        return _without(known)
    from scipy.special import bdtr

    ranks = np.arange(1, n // 2 + 1)  # the interval from the k-th smallest to the k-th largest
    reached = 1.0 - 2.0 * bdtr(ranks - 1, n, 0.5)
    good = np.flatnonzero(reached >= level)
    k = int(ranks[good[-1]]) if good.size else 1
    ordered = np.sort(known)
    coverage = float(reached[k - 1])
    note = "" if good.size else f"{n} values reach {coverage:.0%} at most"
    return Interval(
        float(np.median(known)),
        float(ordered[k - 1]),
        float(ordered[n - k]),
        n,
        coverage,
        note,
    )


def wilson_interval(k: int, n: int, level: float = 0.95) -> Interval:
    """Return the share k/n with Wilson's score interval (Wilson 1927)."""
    if not 0 <= k <= n:
        raise AnalysisError(f"k of n must have 0 <= k <= n, got {k} of {n}")
    _check(level)
    if n == 0:
        return Interval(np.nan, np.nan, np.nan, 0, 0.0, "no values")
    from scipy.special import ndtri

    z = float(ndtri(0.5 + level / 2))
    share, scale = k / n, 1 + z * z / n
    centre = (share + z * z / (2 * n)) / scale
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / scale
    low = (
        0.0 if k == 0 else float(centre - half)
    )  # exact at the ends, where rounding would stray past them
    high = 1.0 if k == n else float(centre + half)
    note = (
        ""
        if n >= 100
        else "holds at its level on average over true rates, less than 90 % at some next to 0 or 1"
    )
    return Interval(share, low, high, n, level, note)


def _check(level: float) -> None:
    if not 0 < level < 1:
        raise AnalysisError(f"level must be between 0 and 1, got {level!r}")


def _known(values: ArrayLike, level: float) -> Floats:
    _check(level)
    given = np.asarray(values, dtype=np.float64)
    if given.ndim != 1:
        raise AnalysisError(f"values must be one number a seed, got the shape {given.shape}")
    if np.isinf(given).any():
        raise AnalysisError("values must be finite or NaN, got an infinite one")
    return np.asarray(given[~np.isnan(given)])


def _without(known: Floats) -> Interval:
    if known.size:
        return Interval(
            float(known[0]),
            np.nan,
            np.nan,
            1,
            0.0,
            "one value has no spread, so no interval",
        )
    return Interval(np.nan, np.nan, np.nan, 0, 0.0, "no values")
