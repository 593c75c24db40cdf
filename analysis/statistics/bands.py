"""Mean curves over seeds, with a band that holds at all epochs at once.

The simultaneous factor bounds the largest |t| over the epochs by the expected Euler characteristic
of a t process, with the curve's roughness estimated from its own residuals (Taylor and Worsley
2007; Telschow and Schwartzman 2022), or by Bonferroni where that is smaller. It needs no
resampling, which at five seeds has too few sign patterns to speak of 95 %; it assumes near normal
values.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Floats
from analysis.errors import AnalysisError
from analysis.statistics.student import factor, tail


@dataclass(frozen=True, eq=False)
class Band:
    """A mean curve with its doubt.

    Attributes
    ----------
    epochs, mean : (E+1,)
    low, high : (E+1,) simultaneous: they hold at all epochs at once
    n : seeds behind it, without those whose run diverged or ended
    """

    epochs: Floats
    mean: Floats
    low: Floats
    high: Floats
    n: int


def band(curves: ArrayLike, epochs: ArrayLike, level: float = 0.95) -> Band:
    """Return the mean curve over seeds with its simultaneous band.

    Parameters
    ----------
    curves : (n, E+1), a row a seed (or a paired difference of two levels); rows with NaN are left
        out
    epochs : (E+1,)
    level : the share of studies in which the whole true curve lies within the band

    Raises
    ------
    AnalysisError : if fewer than two seeds have whole curves
    """
    given, at = np.asarray(curves, dtype=np.float64), np.asarray(epochs, dtype=np.float64)
    if given.ndim != 2 or at.shape != given.shape[1:] or not at.size:
        raise AnalysisError(
            f"curves must have the shape (seeds, epochs), got {given.shape} for {at.shape} epochs"
        )
    whole = given[~np.isnan(given).any(axis=1)]
    n = len(whole)
    if n < 2:
        raise AnalysisError(
            f"a band must have whole curves of 2 seeds or more, got {n} of {len(given)}"
        )
    mean = whole[0] + (whole - whole[0]).mean(axis=0)
    residuals = whole - mean
    error = np.sqrt((residuals**2).sum(axis=0) / (n - 1) / n)
    half = simultaneous_factor(residuals, level) * error
    return Band(at, mean, mean - half, mean + half, n)


def simultaneous_factor(residuals: Floats, level: float) -> float:
    """Return by how many standard errors the simultaneous band reaches.

    Given residuals (n, E+1) about the mean curve.
    """
    from scipy.optimize import brentq

    freedom = len(residuals) - 1
    size = np.sqrt((residuals**2).sum(axis=0))
    moving = size > 1e-12 * max(
        size.max(), np.finfo(float).tiny
    )  # an epoch at which all seeds agree has no doubt to cover
    count = max(1, int(moving.sum()))
    bonferroni = factor(1 - (1 - level) / count, freedom)
    if count == 1:
        return bonferroni
    unit = residuals[:, moving] / size[moving]
    likeness = np.clip((unit[:, 1:] * unit[:, :-1]).sum(axis=0), -1.0, 1.0)
    roughness = np.arccos(likeness).sum()  # the length of the path on the sphere, in radians

    def excess(bar: float) -> float:
        turns = roughness / (2 * np.pi) * (1 + bar * bar / freedom) ** (-(freedom - 1) / 2)
        return float(2 * (tail(bar, freedom, "greater") + turns) - (1 - level))

    alone = factor(level, freedom)
    if excess(alone) <= 0:  # all residuals have one shape: one epoch stands for all
        return alone
    if excess(bonferroni) >= 0:
        return bonferroni
    return float(brentq(excess, alone, bonferroni))
