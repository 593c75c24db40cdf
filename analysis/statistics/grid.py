"""A tidy frame as a full grid: seeds × factors, and its largest part without holes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import pandas as pd

from analysis.arrays import Flags, Floats
from analysis.errors import AnalysisError

Levels = tuple[tuple[int, ...], ...]

STEPS = 2_000
"""Enough for a few levels that always diverge and some single holes; about 0.3 s on 10,000
cells."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Values on a complete grid.

    Attributes
    ----------
    values : one axis for each entry of `axes`, in that order
    axes : the levels that were kept, by column
    dropped : the levels that were not, by column
    largest : whether this is known to be the largest complete part
    """

    values: Floats
    axes: Mapping[str, tuple[object, ...]]
    dropped: Mapping[str, tuple[object, ...]]
    largest: bool

    def __str__(self) -> str:
        size = " × ".join(f"{len(levels)} {name}" for name, levels in self.axes.items())
        gone = "; ".join(
            f"{name} without {', '.join(map(str, levels))}"
            for name, levels in self.dropped.items()
            if levels
        )
        part = "the largest complete part" if self.largest else "a complete part"
        return f"{size}, {f'{part}: {gone}' if gone else 'complete'}"


def complete_part(cells: pd.DataFrame, columns: Sequence[str], value: str) -> Grid:
    """Find the largest complete part of a grid.

    Exactly the largest if it can be found in `STEPS` steps of a search that drops the emptiest
    level first; otherwise the best so far.

    Parameters
    ----------
    cells : a row a run
    columns : the axes, seeds among them; together they name one run
    value : the column of values; NaN is a hole

    Raises
    ------
    AnalysisError : for runs that share a cell, or if no cell has a value
    """
    if cells.duplicated(list(columns)).any():
        row = cells.loc[cells.duplicated(list(columns)), list(columns)].iloc[0]
        raise AnalysisError(
            f"several runs share {', '.join(f'{key}={row[key]}' for key in columns)}: "
            "name the factor in which they differ"
        )
    codes, levels = zip(
        *(pd.factorize(cells[column], sort=True) for column in columns), strict=True
    )
    values = np.full([len(known) for known in levels], np.nan)
    values[tuple(codes)] = cells[value].to_numpy(dtype=np.float64)
    if np.isnan(values).all():
        raise AnalysisError(f"no cell of {' × '.join(columns)} has a value of {value}")
    kept, largest = _complete(~np.isnan(values))
    return Grid(
        values[np.ix_(*kept)],
        {
            column: tuple(known[i] for i in keep)
            for column, known, keep in zip(columns, levels, kept, strict=True)
        },
        {
            column: tuple(level for i, level in enumerate(known) if i not in keep)
            for column, known, keep in zip(columns, levels, kept, strict=True)
        },
        largest,
    )


def _complete(filled: Flags) -> tuple[Levels, bool]:
    """Return the levels of the largest part without a hole, and whether the search was exhaustive.

    Every hole costs one of its levels; the emptiest is tried first.
    """
    best: Levels = tuple(() for _ in filled.shape)
    open_ = [tuple(tuple(range(size)) for size in filled.shape)]
    seen: set[Levels] = set()
    while open_ and len(seen) < STEPS:
        kept = open_.pop()
        if kept in seen or _size(kept) <= _size(best):
            continue
        seen.add(kept)
        part = filled[np.ix_(*kept)]
        if part.all():
            best = kept
            continue
        shares = [
            part.mean(axis=tuple(other for other in range(part.ndim) if other != axis))
            for axis in range(part.ndim)
        ]
        emptiest = min(range(part.ndim), key=lambda axis: float(shares[axis].min()))
        holes = np.argwhere(~part)
        hole = holes[holes[:, emptiest] == shares[emptiest].argmin()][0]
        fullest_first = sorted(
            range(part.ndim),
            key=lambda axis: (-shares[axis][hole[axis]], -part.size / part.shape[axis]),
        )
        open_ += [
            (*kept[:axis], _without(kept[axis], int(hole[axis])), *kept[axis + 1 :])
            for axis in fullest_first
        ]
    return best, not open_


def _without(levels: tuple[int, ...], place: int) -> tuple[int, ...]:
    return levels[:place] + levels[place + 1 :]


def _size(kept: Levels) -> int:
    return prod(map(len, kept))
