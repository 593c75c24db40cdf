"""The seed is the unit: which runs count, and their average within each seed.

Owns the rule for incomplete grids, of tables, curves, comparisons and claims.

Levels are only alike if the same seeds and the same settings of the other factors stand behind
them. So whatever lacks the largest share of its values, a seed, a setting or a level, is left out,
one after the other, until what is left is complete. A seed or setting that is left out is so at
every level. A level that is left out, for most of its runs diverged, takes nothing from the others:
it is averaged over those of its own seeds that have every setting.
"""

import numpy as np
import pandas as pd

from analysis.arrays import Flags, Floats


def counted(known: Flags, seeds: pd.Series, cells: pd.Series, levels: pd.Series) -> Flags:
    """Return which runs count, (n,).

    Parameters
    ----------
    known : (n,)
        Whether a run has a value.
    seeds, cells, levels : (n,)
        Its seed, its setting of the factors that are averaged over, and its level of those that
        are compared or listed; together they name one run.
    """
    if not known.any():
        return np.zeros(len(known), dtype=bool)
    (seed, _), (cell, _), (level, _) = (
        pd.factorize(column.to_numpy(), sort=True, use_na_sentinel=False)
        for column in (seeds, cells, levels)
    )
    there = np.zeros((level.max() + 1, seed.max() + 1, cell.max() + 1), dtype=bool)
    there[level[known], seed[known], cell[known]] = True
    levels_in, seeds_in, cells_in = _complete_part(there)
    own = np.all(there[:, :, cells_in], axis=2)  # (levels, seeds)
    own[levels_in] &= seeds_in
    return np.asarray(known & cells_in[cell] & own[level, seed])


def _complete_part(there: Flags) -> list[Flags]:
    """Return which levels, seeds and cells are left, from what there is, (levels, seeds, cells)."""
    left = [np.ones(size, dtype=bool) for size in there.shape]
    left[0] &= there.any(axis=(1, 2))
    while (lacks := 1.0 - there[np.ix_(*left)]).any():
        shares = {
            axis: lacks.mean(axis=tuple(other for other in range(3) if other != axis))
            for axis in (1, 2, 0)  # of equal shares a seed goes first: the question stays the same
            if lacks.shape[axis] > 1
        }
        if not shares:
            break
        axis = max(shares, key=lambda axis: float(shares[axis].max()))
        left[axis][np.flatnonzero(left[axis])[shares[axis].argmax()]] = False
    return left


def by_seed(values: pd.Series, seeds: pd.Series) -> Floats:
    """Average the runs that count within each seed, (S,), seeds in their order; NaN counts not."""
    known = pd.Series(values.to_numpy(dtype=np.float64)).groupby(seeds.to_numpy()).mean().dropna()
    return known.to_numpy(dtype=np.float64)
