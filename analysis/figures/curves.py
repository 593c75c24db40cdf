"""Timelines compared: mean and simultaneous band over seeds, single runs faint behind.

As the seed report's GenerateGraph: a title, the keys that vary, and everything else held at the
values that were selected; beyond it, small multiples by two more factors.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.figures.drawing import Drawing
from analysis.figures.limits import reach
from analysis.figures.mean_curves import drawn
from analysis.figures.panels import draw
from analysis.study.data import StudyData
from analysis.study.design import differ, led
from analysis.study.names import Names, names
from analysis.study.selection import key
from analysis.tables.frame import level

BOTH = ("train_loss", "test_loss", "train_acc", "test_acc")


def curves(
    sweep: StudyData,
    metric: Sequence[str] = (),
    vary: Names = None,
    by: Names = None,
    *,
    title: str = "",
    singles: bool = True,
) -> Drawing:
    """Draw curves by the levels of some factors.

    Parameters
    ----------
    metric : names of curves, a panel each; the four of loss and accuracy unless given
    vary : the factors whose combinations have a colour each; the first factor unless given
    by : up to two factors, a column and a row of panels for each level
    title : above the figure
    singles : whether single runs are drawn, faint

    Raises
    ------
    AnalysisError
        A name is wrong, or there would be too many panels or lines to read.
    """
    split = [key(name, list(sweep.runs.columns)) for name in names(by)]
    varied = [key(name, list(sweep.runs.columns)) for name in names(vary)]
    varied = varied or [name for name in sweep.design.factors if name not in split][:1]
    shown = list(metric) or (["test_acc"] if split else list(BOTH))
    if len(split) > 2 or (len(split) == 2 and len(shown) > 1):
        raise AnalysisError("panels may be by two factors, or by one and several curves")
    table = drawn(sweep, shown, varied, split)
    if table.empty:
        raise AnalysisError(f"no run of {sweep.name} has a curve to draw")
    caption = _caption(sweep, table, varied, split)
    return draw(sweep, table, shown, varied, split, title, caption, singles)


def _caption(sweep: StudyData, table: pd.DataFrame, vary: Sequence[str], by: Sequence[str]) -> str:
    design = sweep.design
    others, along = design.others(sweep.runs, *vary, *by)
    few, many = int(table["n"].min()), int(table["n"].max())
    n = f"n = {many}" if few == many else f"n = {few} to {many}"
    parts = [
        f"Mean over seeds ({n}, which resample {design.resamples}) and "
        "band that holds at all epochs at once with 95 %; single runs faint."
    ]
    if few < 2:
        parts[0] += " One seed has no band."
    if others:
        parts.append(f"Averaged over {', '.join(others)} within each seed.")
    once = table[table["curve"] == table["curve"].iloc[0]]
    keys = [*by, *vary]
    per = once.groupby(keys, dropna=False).first() if keys else once.head(1)
    gone = int(per["diverged"].sum())
    if gone:
        runs = "1 run that diverged (×) is" if gone == 1 else f"{gone} runs that diverged (×) are"
        parts.append(f"{runs} in no mean.")
    if left := int(per["left_out"].sum()) - gone:
        runs = "1 run" if left == 1 else f"{left} runs"
        parts.append(f"{runs} more left out: of a seed or setting that lacks a whole curve.")
    cut = [c for c in dict.fromkeys(table["curve"]) if reach(c, v := sweep.curve(c)) < np.nanmax(v)]
    if cut:
        parts.append(f"Some runs leave the frame of {', '.join(cut)}.")
    fixed = {
        name: sweep.runs[name].iloc[0]
        for name in ("act", "order", "lrA", "lrW", "T")
        if name in sweep.runs and sweep.runs[name].nunique() == 1
    }
    parts.append("At " + ", ".join(f"{name}={level(value)}" for name, value in fixed.items()) + ".")
    for leader, keys in led(sweep.runs, along, [*by, *vary]).items():
        parts.append(f"{differ(keys, leader)}.")
    return " ".join(parts)
