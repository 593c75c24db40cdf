"""Many levels at once: average ranks over seeds, an omnibus test, and the critical difference."""

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.metrics.quantities import Quantity, quantity
from analysis.statistics.ranks import Ranks, rank, within_rows
from analysis.study.data import StudyData
from analysis.study.selection import key
from analysis.tables.frame import Table, level


def ranks(sweep: StudyData, vary: str, metric: str = "test_acc", alpha: float = 0.05) -> Table:
    """Rank the levels of a factor within each seed; diverged runs rank last.

    Returns
    -------
    Table
        level, rank (average, 1 is best), group (letters that levels share which are not told
        apart), n, critical_difference and p (Iman and Davenport).

    Raises
    ------
    AnalysisError
        Fewer than three levels, or than two seeds that have them all.
    """
    found, q, left_out = _ranked(sweep, vary, metric, alpha)
    letters = dict.fromkeys(found.levels, "")
    for letter, clique in zip("abcdefghijklmnopqrstuvwxyz" * 9, found.cliques, strict=False):
        for value in clique:
            letters[value] += letter
    frame = pd.DataFrame(
        {
            "level": list(found.levels),
            "rank": list(found.average),
            "group": [letters[value] for value in found.levels],
            "n": found.n,
            "critical_difference": found.critical_difference,
            "p": found.iman_davenport_p,
        }
    )
    return Table(
        frame,
        f"{sweep.name}: {vary} ranked by {q.name}",
        _caption(sweep, found, q, left_out),
        {vary: lambda row: level(row["level"]), "average rank": "rank", "not told apart": "group"},
    )


def _caption(sweep: StudyData, found: Ranks, q: Quantity, left_out: int) -> str:
    first = f"1 is best, {q.better} {q.name} is better"
    if q.better is None:
        first = f"1 is the highest {q.name}, of which neither end is better"
    left = f" {left_out} seeds without all levels are left out." if left_out else ""
    return (
        f"Average ranks over {found.n} seeds, which resample {sweep.design.resamples}; {first}, "
        f"runs that diverged rank last.{left} Are all levels alike? "
        f"p = {found.iman_davenport_p:.2g} (Iman and Davenport). Ranks closer than the critical "
        f"difference {found.critical_difference:.2f} (Nemenyi, 95 % together) are not told apart."
    )


def _ranked(
    sweep: StudyData, vary: str, metric: str, alpha: float = 0.05
) -> tuple[Ranks, Quantity, int]:
    """Return the ranks, the quantity, and how many seeds do not have all levels."""
    runs, design = sweep.runs, sweep.design
    key(vary, list(sweep.factors) or [vary])
    q = quantity(sweep, metric)
    others, _ = design.others(runs, vary)
    blocks = [design.seed, *others]
    frame = runs[[*blocks, vary]].assign(_value=q.values, _run=1.0).reset_index(drop=True)
    if frame.duplicated([*blocks, vary]).any():
        raise AnalysisError(f"several runs share {', '.join([*blocks, vary])}: select with --where")
    wide = frame.set_index([*blocks, vary])[["_value", "_run"]].unstack(vary)
    there = pd.DataFrame(wide["_run"]).notna().all(axis=1)
    known = pd.DataFrame(wide["_value"])[there]
    if known.empty:
        raise AnalysisError(f"no seed was run with every level of {vary}")
    of_seed = pd.DataFrame(
        within_rows(known.to_numpy(np.float64), q.order), index=known.index, columns=known.columns
    )
    means = of_seed.groupby(level=0).mean()
    levels = [v for v in sweep.levels.get(vary, list(means.columns)) if v in means.columns]
    missing = frame[design.seed].nunique() - len(means)
    return rank(means[levels].to_numpy(np.float64).round(9), levels, "lower", alpha), q, missing
