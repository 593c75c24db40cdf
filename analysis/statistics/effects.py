"""What matters most? Shares of variance of every factor and interaction, seeds as blocks.

Each effect is judged against its own interaction with the seeds, which is the spread that more
seeds would shrink. What chance alone would explain is subtracted (epsilon squared, Kelley 1935), so
without any effect a share is 0 on average, and a little below it half of the time. Intervals are by
the jackknife over seeds with Student's t: they cover what the choice of seeds could have made of
the shares for these very levels; see benchmarks/statistics/coverage.md.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from analysis.arrays import Floats
from analysis.errors import AnalysisError
from analysis.statistics.grid import Grid, complete_part
from analysis.statistics.student import factor

COVERS = (
    "Intervals by the jackknife over seeds: 92 to 99 % where 95 % are meant, 82 to 85 % for a "
    "strong effect on strongly skewed values."
)
"""For captions; measured in benchmarks/statistics/coverage.md."""


def effects(
    cells: pd.DataFrame,
    factors: Sequence[str],
    value: str,
    *,
    seed: str = "seed",
    level: float = 0.95,
) -> tuple[pd.DataFrame, Grid]:
    """Share out the variance of a balanced factorial design.

    Parameters
    ----------
    cells : a row a run
    factors : columns; with the seed they name one run
    value : the column to explain, such as final accuracy, epochs to a threshold, or failure as 0
        and 1; NaN is a hole in the grid

    Returns
    -------
    table : DataFrame
        A row an effect ("act", "act × lrA", ...), then "seed" (luck that all cells of a seed share)
        and "rest"; share, low, high, F and p. Shares add to 1. F and p test the effect against its
        interaction with the seeds. No interval at 2 seeds, and none for seed and rest, where it
        would not keep its promise.
    grid : Grid
        The largest complete part, on which all this was computed.

    Raises
    ------
    AnalysisError : for one seed, no factor with two levels, or a constant value
    """
    grid = complete_part(cells, [seed, *factors], value)
    known = [name for name in factors if len(grid.axes[name]) > 1]
    if not known or len(grid.axes[seed]) < 2:
        raise AnalysisError(
            f"effects must have 2 seeds and a factor with 2 levels, got {grid}: "
            "'seed=range(0,20)' trains twenty seeds"
        )
    values = grid.values.reshape([len(grid.axes[seed]), *(len(grid.axes[name]) for name in known)])
    if np.ptp(values) == 0:
        raise AnalysisError(
            f"{value} is {values.flat[0]:g} in every run: there is no variance to share out"
        )
    names, shares, tests = shares_of(values, known)
    left_out = (
        np.array([shares_of(np.delete(values, s, axis=0), known)[1] for s in range(len(values))])
        if len(values) > 2
        else None
    )
    low, high = _jackknife(shares, left_out, level)
    low[-2:] = high[-2:] = np.nan  # for seed and rest the jackknife covers 80 % at 5 seeds: refused
    table = pd.DataFrame(
        {
            "effect": names,
            "share": shares,
            "low": low,
            "high": high,
            "F": tests[:, 0],
            "p": tests[:, 1],
        }
    )
    return table, grid


def shares_of(values: Floats, factors: Sequence[str]) -> tuple[list[str], Floats, Floats]:
    """Return names, shares and (F, p) of all effects, the seed and the rest.

    Parameters
    ----------
    values : (S, ...), seeds first, then an axis a factor
    """
    from scipy.special import fdtrc

    S = values.shape[0]
    values = values - values.mean()
    total = (values**2).sum()
    names, rows = [], []
    for axes in _subsets(range(1, values.ndim)):
        by_seed = _effect(
            values, axes
        )  # (S, levels of the effect), summing to 0 over each of its factors
        size = values.size / by_seed.size
        freedom = int(np.prod([values.shape[axis] - 1 for axis in axes]))
        explained = S * size * (by_seed.mean(axis=0) ** 2).sum()
        noise = size * ((by_seed - by_seed.mean(axis=0)) ** 2).sum() / (freedom * (S - 1))
        ratio = _ratio(explained / freedom, noise, total)
        names.append(" × ".join(factors[axis - 1] for axis in axes))
        rows.append(
            (
                explained,
                freedom,
                noise,
                ratio,
                float(fdtrc(freedom, freedom * (S - 1), ratio)) if ratio < np.inf else 0.0,
            )
        )
    explained, freedom, noise, ratio, p = np.array(rows).T
    within = (freedom * noise).sum() / freedom.sum()
    means = values.reshape(S, -1).mean(axis=1)
    luck = values.size / S * ((means - means.mean()) ** 2).sum() - (S - 1) * within
    shares = (
        np.append(explained - freedom * noise, luck) / total
        if total > 0
        else np.zeros(len(rows) + 1)
    )
    tests = np.column_stack([np.append(ratio, [np.nan, np.nan]), np.append(p, [np.nan, np.nan])])
    return [*names, "seed", "rest"], np.append(shares, 1 - shares.sum()), tests


def _subsets(axes: range) -> list[tuple[int, ...]]:
    return [subset for size in range(1, len(axes) + 1) for subset in combinations(axes, size)]


def _effect(values: Floats, axes: tuple[int, ...]) -> Floats:
    others = tuple(axis for axis in range(1, values.ndim) if axis not in axes)
    means: Floats = np.asarray(values.mean(axis=others, keepdims=True))
    for axis in axes:
        means = means - means.mean(axis=axis, keepdims=True)
    return means


def _ratio(explained: float, noise: float, total: float) -> float:
    if noise > 1e-14 * total:
        return float(explained / noise)
    return float("inf") if explained > 1e-14 * total else 0.0


def _jackknife(shares: Floats, left_out: Floats | None, level: float) -> tuple[Floats, Floats]:
    """Return intervals from the shares without each seed, (S, effects).

    NaN without them (2 seeds or fewer).
    """
    if left_out is None:
        return np.full_like(shares, np.nan), np.full_like(shares, np.nan)
    S = len(left_out)
    error = np.sqrt((S - 1) / S * ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0))
    half = factor(level, S - 1) * error
    return np.maximum(shares - half, np.minimum(shares, 0.0)), np.minimum(shares + half, 1.0)
