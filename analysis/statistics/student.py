"""Student's t for one value a seed: its tails, its factor and the paired test (Student 1908)."""

import math

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Floats
from analysis.statistics import signflips
from analysis.statistics.signflips import Side


def p_value(differences: ArrayLike, side: Side = "two-sided") -> float:
    """Return the p of the paired t test on differences (n,), without NaN.

    Where all differences are equal t would be infinite on no evidence of their spread; the sign
    flips answer instead.
    """
    given = np.asarray(differences, dtype=np.float64)
    mean, spread = mean_and_spread(given)
    if not spread > 0:
        return signflips.p_value(given, side)
    return tail(mean / (spread / math.sqrt(given.size)), given.size - 1, side)


def mean_and_spread(values: Floats) -> tuple[float, float]:
    """Return mean and standard deviation of values (n,).

    NaN where there is none, and 0 where values are equal but for rounding.
    """
    if values.size < 2:
        return float(values[0]) if values.size else math.nan, math.nan
    offsets = values - values[0]
    if np.ptp(values) <= 1e-12 * np.abs(values).max():
        return float(values[0]), 0.0
    return float(values[0] + offsets.mean()), float(offsets.std(ddof=1))


def tail(t: float, freedom: float, side: Side = "two-sided") -> float:
    """Return the probability of a t at least as extreme."""
    from scipy.special import stdtr

    if side == "two-sided":
        return float(2 * stdtr(freedom, -abs(t)))
    return float(stdtr(freedom, -t if side == "greater" else t))


def factor(level: float, freedom: float) -> float:
    """Return by how many standard errors a two-sided interval of this level reaches."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.5 + level / 2))
