"""Where two curves part and where they cross, with the epochs between which it happens."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from analysis.arrays import Flags, Indices
from analysis.errors import AnalysisError
from analysis.statistics.crossings import Meeting, difference_band, parting, sign_changes
from analysis.statistics.seeds import counted
from analysis.study.data import StudyData
from analysis.study.design import cell_of, groups
from analysis.study.names import Names, names
from analysis.study.selection import key
from analysis.tables.frame import Table, level
from analysis.tables.frame import levels as columns_of

MOST_PAIRS = 66


def crossings(
    sweep: StudyData, vary: str, metric: Sequence[str], by: Names = None, *, delta: float = 0.0
) -> Table:
    """Find where the mean curves of each pair of levels part and cross, paired by seed.

    Parameters
    ----------
    vary : the factor
    metric : names of curves
    by : factors within each of whose levels curves meet; the others are averaged over
    delta : a difference that does not count yet, in the unit of the curve

    Returns
    -------
    Table
        by …, curve, level, against, n, parted (epoch, with parted_low and parted_high), crossed
        (with crossed_low and crossed_high) a row a pair and crossing; NaN where it is not shown.
    """
    runs = sweep.runs
    key(vary, list(sweep.factors) or [vary])
    split = [key(name, list(runs.columns)) for name in names(by)]
    others, _ = sweep.design.others(runs, vary, *split)
    line = cell_of(runs, [vary, *split])
    used = counted(sweep.survived, runs[sweep.design.seed], cell_of(runs, others), line)
    parts = [
        (dict(zip(split, values, strict=True)), curves_by_seed(sweep, vary, metric, places, used))
        for values, places in groups(runs, split)
    ]
    there = {value for _, of in parts for value in of[metric[0]]}
    levels = [v for v in sweep.levels.get(vary, []) if v in there] or list(there)
    pairs = list(combinations(levels, 2))
    if not 0 < len(pairs) <= MOST_PAIRS:
        raise AnalysisError(f"{vary} must have 2 to 12 levels to compare curves, got {len(levels)}")
    rows: list[dict[str, Any]] = []
    tests = len(pairs) * len(metric) * len(parts)
    for here, of in parts:
        for curve in metric:
            for one, other in pairs:
                named = {**here, "curve": curve, "level": one, "against": other}
                rows += _pair(named, of[curve].get(one), of[curve].get(other), delta, tests)
    return Table(
        pd.DataFrame(rows),
        f"{sweep.name}: where do the curves of {vary} part and cross?",
        f"Read off simultaneous 95 % bands of the differences, paired by seed, for all {tests} "
        f"together; n seeds resample {sweep.design.resamples}. A range runs from the first epoch "
        "at which it may have happened to the first at which it must have.",
        {
            **columns_of(split),
            **({"curve": "curve"} if len(metric) > 1 else {}),
            "levels": lambda row: f"{level(row['level'])} and {level(row['against'])}",
            "n": "n",
            "part by epoch": lambda row: _range(row, "parted"),
            "cross at epoch": lambda row: _range(row, "crossed"),
        },
    )


def _pair(
    named: dict[str, Any],
    one: pd.DataFrame | None,
    other: pd.DataFrame | None,
    delta: float,
    tests: int,
) -> list[dict[str, Any]]:
    """Return the rows of one pair of levels: one, or one a crossing."""
    none = {**named, "n": 0, **_of(None, "parted"), **_of(None, "crossed")}
    if one is None or other is None:
        return [none]
    a, b = one.align(other, join="inner", axis=0)
    if len(a) < 2:
        return [{**none, "n": len(a)}]
    found = difference_band(a, b, np.arange(a.shape[1], dtype=np.float64), 1 - 0.05 / tests)
    parted = _of(parting(found, delta), "parted")
    crossed: list[Meeting | None] = [*sign_changes(found)] or [None]
    return [{**named, "n": found.n, **parted, **_of(each, "crossed")} for each in crossed]


def curves_by_seed(
    sweep: StudyData, vary: str, metric: Sequence[str], places: Indices, used: Flags
) -> dict[str, dict[Any, pd.DataFrame]]:
    """Return each level's curves by curve name, a row a seed, of the runs that count.

    Parameters
    ----------
    places : of the runs
    used : which runs of the study count
    """
    places = places[used[places]]
    runs = sweep.runs.iloc[places]
    shortest = int(sweep.runs["epochs"].min()) + 1
    out: dict[str, dict[Any, pd.DataFrame]] = {}
    for name in metric:
        frame = pd.DataFrame(sweep.curve(name)[places, :shortest])
        means = frame.groupby([runs[vary].to_numpy(), runs[sweep.design.seed].to_numpy()]).mean()
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
