"""Nuisance values that every level could run at: those that were run for all levels and seeds.

Owns which values are candidates and how they rank within each seed. Which of them is chosen for a
level, and what that choice is worth, is the business of `analysis.statistics.tuning`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.arrays import Floats
from analysis.errors import AnalysisError
from analysis.statistics.contrasts import Better, Kind
from analysis.statistics.ranks import within_rows


@dataclass(frozen=True, eq=False)
class Candidates:
    """The values to choose from, and how they did at each level.

    Attributes
    ----------
    cells : their runs, a row each
    levels, seeds : in the order of the frame; sorted
    choices : a candidate each, the values of all nuisances; sorted, so that of equals the first
        has the smaller ones
    values : by column, level and candidate, and by block (seed and other factors)
    ranks : (levels, seeds, candidates) average ranks within seeds, 1 is best
    """

    cells: pd.DataFrame
    levels: list[object]
    seeds: list[object]
    choices: list[tuple[object, ...]]
    values: pd.DataFrame
    ranks: Floats


def candidates(
    cells: pd.DataFrame,
    vary: str,
    nuisances: Sequence[str],
    metric: str,
    *,
    kind: Kind,
    better: Better,
    factors: Sequence[str],
    seed: str,
    survived: str,
) -> Candidates:
    """Find the candidates and rank them; the parameters and errors are those of `tune`."""
    blocks, columns = [seed, *factors], [vary, *nuisances]
    _check(cells, vary, blocks, [*blocks, *columns], metric, survived)
    levels = list(cells[vary].unique())
    complete = _complete(cells, blocks, columns, len(levels))
    of_run = pd.MultiIndex.from_frame(cells[list(nuisances)])
    fit = cells[of_run.isin(complete)]
    values = pd.DataFrame(fit.set_index([*blocks, *columns]).unstack(columns)).sort_index(axis=1)
    known = values[metric].astype("float64")
    if kind != "time":  # a time is known of every run, so that none ranks last for its end
        known = known.where(values[survived].astype(bool))
    ranks = np.stack([_by_seed(known[level], better) for level in levels])
    seeds = sorted(cells[seed].unique())
    return Candidates(fit, levels, seeds, list(complete), values, ranks)


def _check(
    cells: pd.DataFrame,
    vary: str,
    blocks: Sequence[str],
    keys: Sequence[str],
    metric: str,
    survived: str,
) -> None:
    missing = [name for name in [*keys, metric, survived] if name not in cells.columns]
    if missing:
        raise AnalysisError(
            f"cells must have a column {missing[0]!r}, got {', '.join(map(str, cells.columns))}"
        )
    if cells[blocks[0]].nunique() < 2:
        raise AnalysisError(
            "tuning must choose on some seeds and score on others, got one seed: "
            "'seed=range(0,20)' trains twenty"
        )
    if cells.duplicated(list(keys)).any():
        raise AnalysisError(
            f"several runs share {', '.join(keys)}: name the factor in which they differ"
        )
    levels = cells[vary].unique()
    if len(levels) < 2:
        raise AnalysisError(
            f"{vary} must have two levels or more, got {', '.join(map(str, levels))}: compare what "
            "varies"
        )


def _complete(
    cells: pd.DataFrame, blocks: Sequence[str], columns: Sequence[str], levels: int
) -> pd.MultiIndex:
    """Return the values of the nuisances that were run in every block of every level, sorted."""
    vary, *nuisances = columns
    keys = [*blocks, *columns]
    run = cells[keys].assign(_run=1.0).set_index(keys)["_run"].unstack(columns)
    whole = run.columns[run.notna().all()].to_frame(index=False)
    counts = whole.groupby(nuisances)[vary].nunique()
    found = counts.index[counts == levels]
    if found.empty:
        raise AnalysisError(
            f"no choice of {', '.join(nuisances)} was run for every {vary} with every seed"
        )
    return pd.MultiIndex.from_frame(found.to_frame(index=False))


def _by_seed(known: pd.DataFrame, better: Better) -> Floats:
    """Rank the candidates within each block and average by seed, (seeds, candidates)."""
    ranked = pd.DataFrame(within_rows(known.to_numpy(dtype=np.float64), better), index=known.index)
    return ranked.groupby(level=0, sort=True).mean().to_numpy(dtype=np.float64)
