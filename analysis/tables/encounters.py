"""Where two curves part and where they cross, with the epochs between which it happens."""

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.arrays import Floats
from analysis.design import cell_of
from analysis.errors import AnalysisError
from analysis.selection import key
from analysis.statistics.meetings import Meeting, crossings, difference_band, parting
from analysis.tables.table import Table, level

if TYPE_CHECKING:
    from analysis.sweep import Sweep

MOST_PAIRS = 66


def meetings(sweep: "Sweep", vary: str, metric: Sequence[str], delta: float = 0.0) -> Table:
    """Find where the mean curves of each pair of levels part and cross, paired by seed.

    Parameters
    ----------
    vary : the factor
    metric : names of curves
    delta : a difference that does not count yet, in the unit of the curve

    Returns
    -------
    Table
        curve, level, against, n, parted (epoch, with parted_low and parted_high), crossed (with
        crossed_low and crossed_high) a row a pair and crossing; NaN where it is not shown.
    """
    of = curves_by_seed(sweep, vary, metric)
    levels = [v for v in sweep.levels.get(vary, []) if v in of[metric[0]]] or list(of[metric[0]])
    pairs = list(combinations(levels, 2))
    if not 0 < len(pairs) <= MOST_PAIRS:
        raise AnalysisError(f"{vary} must have 2 to 12 levels to compare curves, got {len(levels)}")
    rows: list[dict[str, Any]] = []
    level_ = 1 - 0.05 / (len(pairs) * len(metric))
    for curve in metric:
        for one, other in pairs:
            a, b = of[curve][one].align(of[curve][other], join="inner", axis=0)
            named = {"curve": curve, "level": one, "against": other, "n": len(a)}
            if len(a) < 2:
                rows.append({**named, **_of(None, "parted"), **_of(None, "crossed")})
                continue
            found = difference_band(a, b, np.arange(a.shape[1], dtype=np.float64), level_)
            named["n"] = found.n
            parted = _of(parting(found, delta), "parted")
            crossed: list[Meeting | None] = [*crossings(found)] or [None]
            rows += [{**named, **parted, **_of(each, "crossed")} for each in crossed]
    return Table(
        pd.DataFrame(rows),
        f"{sweep.folder.name}: where do the curves of {vary} part and cross?",
        f"Read off simultaneous 95 % bands of the differences, paired by seed, for all "
        f"{len(pairs) * len(metric)} together; n seeds resample {sweep.design.resamples}. A range "
        "runs from the first epoch at which it may have happened to the first at which it must "
        "have.",
        {
            **({"curve": "curve"} if len(metric) > 1 else {}),
            "levels": lambda row: f"{level(row['level'])} and {level(row['against'])}",
            "n": "n",
            "part by epoch": lambda row: _range(row, "parted"),
            "cross at epoch": lambda row: _range(row, "crossed"),
        },
    )


def curves_by_seed(
    sweep: "Sweep", vary: str, metric: Sequence[str]
) -> dict[str, dict[Any, pd.DataFrame]]:
    """Return each level's curves by curve name, a row a seed, of the runs that finished.

    Other factors are averaged over within a seed, in the cells where every seed survived.
    """
    runs, design = sweep.runs, sweep.design
    key(vary, list(sweep.factors) or [vary])
    others, _ = design.others(runs, vary)
    cell = cell_of(runs, others)
    alive = pd.Series(sweep.survived, runs.index)
    if others:
        alive &= alive.groupby(cell).transform("all")
    shortest = int(runs["epochs"].min()) + 1
    out: dict[str, dict[Any, pd.DataFrame]] = {}
    for name in metric:
        square: Floats = sweep.curve(name)[:, :shortest]
        frame = pd.DataFrame(square[alive.to_numpy()])
        kept = runs[alive]
        means = frame.groupby([kept[vary].to_numpy(), kept[design.seed].to_numpy()]).mean()
        out[name] = {
            value: means.loc[value] for value in dict.fromkeys(means.index.get_level_values(0))
        }
    return out


def _of(meeting: Meeting | None, name: str) -> dict[str, float]:
    found = meeting or Meeting(None, None, None)
    shown = found.latest if name == "parted" else found.epoch
    ends = {"": shown, "_low": found.earliest, "_high": found.latest}
    return {f"{name}{end}": np.nan if at is None else at for end, at in ends.items()}


def _range(row: pd.Series, name: str) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    if np.isnan(high):
        return "not shown"
    if name == "parted":
        return f"{high:g}"
    return f"{row[name]:.1f} [{low:g}, {high:g}]"
