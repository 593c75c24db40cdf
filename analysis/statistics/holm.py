"""Holm's correction of a family of tests (Holm 1979)."""

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Floats


def holm(p: ArrayLike) -> Floats:
    """Return the adjusted p values of one family, (m,).

    A test that could not be made (NaN) stays NaN and still counts: the family was named before
    anyone looked.
    """
    given = np.asarray(p, dtype=np.float64)
    order = np.argsort(np.where(np.isnan(given), np.inf, given), kind="stable")
    steps = (given.size - np.arange(given.size)) * given[order]
    adjusted = np.empty_like(given)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted
