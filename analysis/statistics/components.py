"""Whose luck was it? Variance components of crossed random streams and their interactions.

Method of moments on the mean squares of a complete crossed grid with one run a cell (Searle,
Casella and McCulloch 1992, chapter 4): the highest interaction cannot be told from anything else
that varies and stands for the residual. Intervals are generalised confidence intervals (Weerahandi
1993) and assume normal effects.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from analysis.arrays import Floats
from analysis.errors import AnalysisError
from analysis.statistics.grid import Grid, complete_part

DRAWS = 20_000
COVERS = (
    "Generalised confidence intervals: 95 % for near-normal effects, 72 % for strongly skewed ones."
)
"""For captions; measured in benchmarks/statistics/coverage.md."""


def components(
    cells: pd.DataFrame,
    value: str,
    *,
    streams: Sequence[str],
    level: float = 0.95,
    generator: int = 0,
) -> tuple[pd.DataFrame, Grid]:
    """Split the variance of one configuration over its random streams.

    Parameters
    ----------
    cells : a row a run of one configuration
    value : the column to explain
    streams : columns that are crossed with each other; those with a single level are held fixed and
        left out
    generator : seed of the draws behind the intervals

    Returns
    -------
    table : DataFrame
        A row a stream and interaction: variance (unit of the value, squared; unbiased, so it can
        fall below 0), share of their sum, low and high of the variance.
    grid : Grid
        The largest complete part, on which all this was computed.

    Raises
    ------
    AnalysisError : if fewer than two streams vary, for then nothing tells them apart
    """
    grid = complete_part(cells, list(streams), value)
    known = [name for name in streams if len(grid.axes[name]) > 1]
    if len(known) < 2:
        raise AnalysisError(
            f"components must have two crossed streams with 2 seeds each, got {grid}"
        )
    values = np.squeeze(grid.values)
    subsets = [
        subset
        for size in range(1, values.ndim + 1)
        for subset in combinations(range(values.ndim), size)
    ]
    freedom = np.array(
        [np.prod([values.shape[axis] - 1 for axis in subset]) for subset in subsets],
        dtype=np.float64,
    )
    squares = np.array([_square(values, subset) for subset in subsets]) / freedom
    solve = _moments(subsets, values.shape)
    variance = solve @ squares
    drawn = (
        squares
        * freedom
        / np.random.default_rng(generator).chisquare(freedom, size=(DRAWS, freedom.size))
    )
    low, high = np.quantile(
        np.maximum(drawn @ solve.T, 0.0), [(1 - level) / 2, (1 + level) / 2], axis=0
    )
    total = variance.sum()
    share = variance / total if total > 0 else np.full_like(variance, np.nan)
    names = [" × ".join(known[axis].removesuffix("_seed") for axis in subset) for subset in subsets]
    return pd.DataFrame(
        {"component": names, "variance": variance, "share": share, "low": low, "high": high}
    ), grid


def _square(values: Floats, axes: tuple[int, ...]) -> float:
    """Return the sum of squares of one effect."""
    means = values.mean(
        axis=tuple(axis for axis in range(values.ndim) if axis not in axes), keepdims=True
    )
    for axis in axes:
        means = means - means.mean(axis=axis, keepdims=True)
    return float((means**2).sum() * values.size / means.size)


def _moments(subsets: Sequence[tuple[int, ...]], shape: tuple[int, ...]) -> Floats:
    """Return the matrix that turns mean squares into components.

    By inclusion and exclusion over the effects that contain each.
    """
    solve = np.zeros((len(subsets), len(subsets)))
    for i, part in enumerate(subsets):
        runs = np.prod(
            [size for axis, size in enumerate(shape) if axis not in part]
        )  # behind each level of the effect
        for j, whole in enumerate(subsets):
            if set(part) <= set(whole):
                solve[i, j] = (-1.0) ** (len(whole) - len(part)) / runs
    return solve
