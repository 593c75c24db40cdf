"""Draws curves in panels: a colour a level, bands, single runs faint, diverged ones ending in ×."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.figures.drawing import Axes, Drawing, look
from analysis.figures.layout import Layout, Panel, layout
from analysis.figures.limits import limits
from analysis.figures.style import LINES, Pen, pens
from analysis.study.data import StudyData
from analysis.study.design import groups
from analysis.tables.frame import level
from src.timeline import curve_of

MOST_LEVELS = 24

Pens = dict[tuple[Any, ...], Pen]
"""By the levels of what varies."""


def draw(
    sweep: StudyData,
    table: pd.DataFrame,
    metric: Sequence[str],
    vary: Sequence[str],
    by: Sequence[str],
    title: str,
    caption: str,
    singles: bool,
) -> Drawing:
    """Draw the table; see `analysis.figures.curves.curves`."""
    laid = layout(sweep, table, metric, by)
    levels = table[list(vary)].drop_duplicates() if vary else pd.DataFrame(index=[0])
    if len(levels) > MOST_LEVELS:
        raise AnalysisError(f"{len(levels)} lines are too many to read: select with --where")
    of = _pens(sweep, vary, levels)
    title = title or f"{sweep.name}: curves" + (f" by {' × '.join(vary)}" if vary else "")
    width, height = max(4.6, 2.75 * laid.columns + 1.3), 2.15 * laid.rows + 0.75
    with look():
        figure = Drawing(table, title, caption, width, height)
        axes = figure.subplots(
            laid.rows,
            laid.columns,
            squeeze=False,
            sharex=True,
            sharey="none" if laid.alone else "row",
        )
        for ax in axes.ravel()[len(laid.panels) :]:
            ax.set_axis_off()
        handles: dict[str, Any] = {}
        for panel in laid.panels:
            ax = axes[panel.row, panel.column]
            part = table[table["curve"] == panel.curve]
            for name, value in panel.here.items():
                part = part[part[name] == value]
            if singles:
                _singles(ax, sweep, panel, vary, of)
            for name, line in _lines(ax, panel.curve, part, vary, of).items():
                handles.setdefault(name, line)
            _label(ax, panel, laid)
        for curve in metric:
            means = table.loc[table["curve"] == curve, "mean"].to_numpy()
            if ends := limits(curve, sweep.curve(curve), means):
                for panel in laid.panels:
                    if panel.curve == curve:
                        axes[panel.row, panel.column].set_ylim(ends)
        if vary:
            figure.legend(
                handles.values(),
                handles,
                title=", ".join(vary),
                loc="outside right upper",
                alignment="left",
                handlelength=2.6,
            )
    return figure


def _pens(sweep: StudyData, vary: Sequence[str], levels: pd.DataFrame) -> Pens:
    keys = [tuple(row) for row in levels.itertuples(index=False)] if vary else [()]
    if len(vary) == 1:
        known = pens(sweep.levels.get(vary[0], [value for (value,) in keys]))
        return {values: known[values[0]] for values in keys}
    if len(vary) == 2:  # the first has the colour, the second the line
        first = pens(sweep.levels.get(vary[0], []))
        second = list(sweep.levels.get(vary[1], []))
        lines = {value: LINES[i % 4] for i, value in enumerate(second)}
        return {v: Pen(first[v[0]].colour, lines[v[1]], first[v[0]].marker) for v in keys}
    known = pens([" ".join(map(level, values)) for values in keys])
    return {values: known[" ".join(map(level, values))] for values in keys}


def _singles(
    ax: Axes,
    sweep: StudyData,
    panel: Panel,
    vary: Sequence[str],
    of: Pens,
) -> None:
    from matplotlib.collections import LineCollection

    runs = sweep.runs
    inside = np.ones(len(runs), bool)
    for name, value in panel.here.items():
        inside &= (runs[name] == value).to_numpy()
    square = sweep.curve(panel.curve)
    for values, rows in groups(runs[inside], vary):
        places = np.flatnonzero(inside)[rows]
        lines = square[places]
        epochs = np.arange(lines.shape[1], dtype=np.float64)
        faint = float(np.clip(3.0 / len(lines), 0.05, 0.3))
        segments = np.stack([np.broadcast_to(epochs, lines.shape), lines], axis=-1)
        collection = LineCollection(
            list(segments), colors=of[values].colour, linewidths=0.6, alpha=faint, rasterized=True
        )
        ax.add_collection(collection, autolim=False)
        gone = runs["outcome"].iloc[places].to_numpy() == "diverged"
        ends = [
            (np.flatnonzero(~np.isnan(line))[-1], line)
            for line in lines[gone]
            if not np.isnan(line).all()
        ]
        if ends:
            ax.plot(
                [e for e, _ in ends],
                [line[e] for e, line in ends],
                "x",
                color=of[values].colour,
                markersize=4,
                alpha=0.7,
                gid="diverged",
            )


def _lines(
    ax: Axes, curve: str, part: pd.DataFrame, vary: Sequence[str], of: Pens
) -> dict[str, Any]:
    """Draw mean and band of every level; return the lines by their names in the legend.

    Of a band, what a curve cannot reach is not drawn: the truth is not there.
    """
    levels = part.groupby(list(vary), sort=False, dropna=False) if vary else [((), part)]
    drawn = {}
    reachable = curve_of(curve)
    for values, rows in levels:
        pen = of[values]
        above = 2.0 if pen.line == "-" else 2.1  # lines that coincide show in each other's gaps
        (line,) = ax.plot(
            rows["epoch"], rows["mean"], linestyle=pen.line, color=pen.colour, zorder=above
        )
        if rows["low"].notna().any():
            low, high = (rows[end].clip(reachable.low, reachable.high) for end in ("low", "high"))
            ax.fill_between(rows["epoch"], low, high, color=pen.colour, alpha=0.16, linewidth=0)
        drawn[", ".join(map(level, values))] = line
    return drawn


def _label(ax: Axes, panel: Panel, laid: Layout) -> None:
    curve = curve_of(panel.curve)
    if above := laid.title_of(panel):
        ax.set_title(", ".join(f"{k} = {level(v)}" for k, v in above.items()), loc="left")
    if laid.left(panel):
        ax.set_ylabel(f"{curve.title}\n({curve.unit})" if curve.unit else curve.title)
    if laid.bottom(panel):
        ax.set_xlabel("epoch")
    ax.margins(x=0.02)
