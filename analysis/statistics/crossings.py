"""Where two curves part and where they cross, with the epochs between which it happens.

Both are read off the simultaneous band of the difference, paired by seed. Where the band holds,
which it does with its level, the true epoch lies within the range that is given; no further chance
is spent.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Flags, Floats
from analysis.statistics.bands import Band, band


@dataclass(frozen=True)
class Meeting:
    """An epoch with its range; None where it is not shown.

    Attributes
    ----------
    epoch : by the mean curves, interpolated between recorded epochs for a crossing
    earliest, latest : the range at the band's level; latest is None if it may not have happened at
        all
    """

    epoch: float | None
    earliest: float | None
    latest: float | None


def difference_band(
    first: ArrayLike, second: ArrayLike, epochs: ArrayLike, level: float = 0.95
) -> Band:
    """Return the band of first minus second, (n, E+1) each, whose rows are the same seeds."""
    return band(
        np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64), epochs, level
    )


def parting(difference: Band, delta: float = 0.0) -> Meeting:
    """Find the first epoch at which two curves differ by more than delta.

    Parameters
    ----------
    difference : the band of the paired difference
    delta : a difference that does not count yet, in the unit of the curve

    Returns
    -------
    Meeting
        epoch: first with the mean beyond ±delta, of those from `earliest` on; earliest: first at
        which the band leaves ±delta, so that before it they were shown to be together; latest:
        first at which the band lies beyond ±delta. With delta 0 the mean differs as soon as it can,
        and only `latest` has something to say.
    """
    beyond = np.abs(difference.mean) > delta
    may = (difference.high > delta) | (difference.low < -delta)
    must = (difference.low > delta) | (difference.high < -delta)
    return Meeting(
        _first(difference.epochs, beyond & may),
        _first(difference.epochs, may),
        _first(difference.epochs, must),
    )


def sign_changes(difference: Band) -> list[Meeting]:
    """Find every crossing that is shown: the band lies on one side of 0, later on the other.

    Returns
    -------
    list of Meeting
        epoch: where the mean difference is 0, interpolated, the middle one if it wavers; earliest:
        the last epoch on the old side; latest: the first on the new one.
    """
    side = np.where(difference.low > 0, 1, np.where(difference.high < 0, -1, 0))
    sure = np.flatnonzero(side)
    found = []
    for start, stop in pairwise(sure):
        if side[start] != side[stop]:
            zeros = _zeros(difference.epochs[start : stop + 1], difference.mean[start : stop + 1])
            found.append(
                Meeting(
                    zeros[len(zeros) // 2],
                    float(difference.epochs[start]),
                    float(difference.epochs[stop]),
                )
            )
    return found


def _first(epochs: Floats, there: Flags) -> float | None:
    return float(epochs[there.argmax()]) if there.any() else None


def _zeros(epochs: Floats, mean: Floats) -> list[float]:
    """Return where a line through the points changes its sign.

    The ends have opposite signs, so there is one place at least.
    """
    sign = np.where(mean >= 0, 1, -1)
    at = np.flatnonzero(sign[1:] != sign[:-1])
    share = mean[at] / (mean[at] - mean[at + 1])
    return [float(epoch) for epoch in epochs[at] + share * (epochs[at + 1] - epochs[at])]
