"""How far a panel of curves reaches: every run whole, unless it explodes and would hide the others.

The unit is the run: one that explodes does so in many epochs, and many runs may.
"""

import numpy as np

from analysis.arrays import Floats
from src.timeline import curve_of

RARE = 8.0
"""A run explodes if it reaches this many times what half of the runs stay below: it would leave
them an eighth of the panel."""
ROOM = 1.5
"""Where runs explode, how far to show the others, in units of what nine in ten stay below."""


def reach(curve: str, values: Floats) -> float:
    """Return how far up to show, in the unit of the curve: the highest run that does not explode.

    Parameters
    ----------
    curve : its name; what has an upper bound, such as a share, cannot explode
    values : (n, E+1), a row a run, NaN after its end
    """
    known = np.where(np.isfinite(values), values, -np.inf).max(axis=1, initial=-np.inf)
    tops = known[np.isfinite(known)]  # the highest value of every run that has one
    if not tops.size:
        return 1.0
    usual = float(np.quantile(tops, 0.5, method="lower"))  # of two runs, the lower one
    others = tops[tops <= RARE * usual]
    if np.isfinite(curve_of(curve).high) or usual <= 0 or others.size == tops.size:
        return float(tops.max())
    return min(float(others.max()), ROOM * float(np.quantile(others, 0.9)))


def limits(curve: str, values: Floats, means: Floats) -> tuple[float, float] | None:
    """Return the limits of the vertical axis, None where there is nothing to show.

    Bands may leave the frame: they say nothing where they are much wider than the runs.

    Parameters
    ----------
    curve : its name
    values : (n, E+1), a row a run
    means : what is drawn as means, in any shape
    """
    known = np.concatenate([values[np.isfinite(values)], means[np.isfinite(means)]])
    if not known.size:
        return None
    low, high = float(known.min()), reach(curve, values)
    pad = 0.05 * (high - low) or 0.05 * max(abs(high), 1e-3)
    floor, ceiling = curve_of(curve).low, curve_of(curve).high
    room = 0.02 if np.isfinite(ceiling) else 0.0  # a line at a bound is seen whole
    return max(low - pad, floor - room), min(high + pad, ceiling + room)
