"""Differences of rates between two levels, paired by seed.

Owns the standard error that an all-or-nothing sample still has.

Two seeds are added in which one run more fails, once for either level (Bonett and Price 2012, there
with the normal factor; here with Student's at n degrees of freedom). Where a seed has several cells
its difference is a fraction and so is that of the added seeds; below ten seeds the interval then
covers about 90 % where 95 % are meant. The exact test of such a difference is the sign flip.
"""

import math

from analysis.statistics import student


def adjusted(n: int, difference: float, sd: float, cells: int) -> tuple[float, float, int]:
    """Return centre, standard error and degrees of freedom of a difference of rates.

    Over n seeds with so many cells in all.
    """
    centre = n * difference / (n + 2)
    squares = (n - 1) * (sd * sd if n > 1 else 0.0) + n * difference**2 + 2.0 * (n / cells) ** 2
    return centre, math.sqrt((squares / (n + 2) - centre**2) / (n + 1)), n


def interval(n: int, difference: float, sd: float, cells: int, level: float) -> tuple[float, float]:
    """Return the interval of a difference of rates, within [-1, 1]."""
    centre, error, freedom = adjusted(n, difference, sd, cells)
    half = student.factor(level, freedom) * error
    return max(-1.0, min(centre - half, difference)), min(1.0, max(centre + half, difference))


def equivalence_p(n: int, difference: float, sd: float, cells: int, delta: float) -> float:
    """Return the p of two one-sided tests that the difference lies within ±delta."""
    centre, error, freedom = adjusted(n, difference, sd, cells)
    above = student.tail((centre + delta) / error, freedom, "greater")
    return max(above, student.tail((centre - delta) / error, freedom, "less"))
