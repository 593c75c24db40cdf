"""Draws curves in panels: a colour a level, bands, single runs faint, diverged ones ending in ×."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.arrays import Floats
from analysis.errors import AnalysisError
from analysis.figures.drawing import Axes, Drawing, look
from analysis.figures.mean_curves import groups
from analysis.figures.style import LINES, Pen, pens
from analysis.quantities import axis, is_share
from analysis.tables.table import level

if TYPE_CHECKING:
    from analysis.sweep import Sweep

MOST_PANELS = 48
MOST_LEVELS = 24
RARE = 8.0
"""How many times the 90 % quantile a value is that is not worth the room it takes."""


def draw(
    sweep: "Sweep",
    table: pd.DataFrame,
    metric: Sequence[str],
    vary: Sequence[str],
    by: Sequence[str],
    title: str,
    caption: str,
    singles: bool,
) -> Drawing:
    """Draw the table; see `analysis.figures.curves.curves`."""
    columns = _panels(sweep, table, by[:1]) if by else [None]
    rows: list[Any] = _panels(sweep, table, by[1:]) if len(by) == 2 else list(metric)
    wide = not by and len(metric) > 1  # several curves and no factor: two columns
    grid = (-(-len(metric) // 2), 2) if wide else (len(rows), len(columns))
    if grid[0] * grid[1] > MOST_PANELS:
        raise AnalysisError(f"{grid[0] * grid[1]} panels are too many to read: select with --where")
    levels = table[list(vary)].drop_duplicates() if vary else pd.DataFrame(index=[0])
    if len(levels) > MOST_LEVELS:
        raise AnalysisError(f"{len(levels)} lines are too many to read: select with --where")
    of = _pens(sweep, vary, levels)
    title = title or f"{sweep.folder.name}: curves" + (f" by {' × '.join(vary)}" if vary else "")
    width, height = max(4.6, 2.75 * grid[1] + 1.3), 2.15 * grid[0] + 0.75
    with look():
        figure = Drawing(table, title, caption, width, height)
        axes = figure.subplots(*grid, squeeze=False, sharex=True, sharey=False if wide else "row")
        handles: dict[str, Any] = {}
        for i in range(grid[0] * grid[1]):
            ax = axes[i // grid[1], i % grid[1]]
            if wide and i >= len(metric):
                ax.set_axis_off()
                continue
            curve, here = _place(i, grid, metric, rows, columns, by, wide)
            part = table[table["curve"] == curve]
            for name, value in here.items():
                part = part[part[name] == value]
            if singles:
                _singles(ax, sweep, curve, here, vary, of)
            _lines(ax, part, vary, of, handles)
            _label(ax, curve, here, i, grid, named=len(by) == 2 or i < grid[1], alone=wide)
        _limit(axes, sweep, table, metric, grid, wide)
        if vary:
            figure.legend(
                handles.values(),
                handles,
                title=", ".join(vary),
                loc="outside right upper",
                alignment="left",
            )
    return figure


def _panels(sweep: "Sweep", table: pd.DataFrame, by: Sequence[str]) -> list[Any]:
    there = set(table[by[0]].unique())
    return [value for value in sweep.levels.get(by[0], sorted(there)) if value in there]


def _place(
    i: int,
    grid: tuple[int, int],
    metric: Sequence[str],
    rows: Sequence[Any],
    columns: Sequence[Any],
    by: Sequence[str],
    wide: bool,
) -> tuple[str, dict[str, Any]]:
    if wide:
        return metric[i], {}
    row, column = divmod(i, grid[1])
    here = {by[0]: columns[column]} if by else {}
    if len(by) == 2:
        return metric[0], {**here, by[1]: rows[row]}
    return metric[row], here


def _pens(sweep: "Sweep", vary: Sequence[str], levels: pd.DataFrame) -> dict[tuple[Any, ...], Pen]:
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
    sweep: "Sweep",
    curve: str,
    here: dict[str, Any],
    vary: Sequence[str],
    of: dict[tuple[Any, ...], Pen],
) -> None:
    from matplotlib.collections import LineCollection

    runs = sweep.runs
    inside = np.ones(len(runs), bool)
    for name, value in here.items():
        inside &= (runs[name] == value).to_numpy()
    square = sweep.curve(curve)
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
    ax: Axes,
    part: pd.DataFrame,
    vary: Sequence[str],
    of: dict[tuple[Any, ...], Pen],
    handles: dict[str, Any],
) -> None:
    groups = part.groupby(list(vary), sort=False, dropna=False) if vary else [((), part)]
    for values, rows in groups:
        pen = of[values]
        (line,) = ax.plot(rows["epoch"], rows["mean"], pen.line, color=pen.colour)
        if rows["low"].notna().any():
            ax.fill_between(
                rows["epoch"], rows["low"], rows["high"], color=pen.colour, alpha=0.16, linewidth=0
            )
        handles.setdefault(", ".join(map(level, values)), line)


def _label(
    ax: Axes,
    curve: str,
    here: dict[str, Any],
    i: int,
    grid: tuple[int, int],
    named: bool,
    alone: bool,
) -> None:
    name, _, unit = axis(curve).partition(" (")
    if here and named:
        ax.set_title(", ".join(f"{k} = {level(v)}" for k, v in here.items()), loc="left")
    if i % grid[1] == 0 or alone:
        ax.set_ylabel(f"{name}\n({unit}" if unit else name)
    if i // grid[1] == grid[0] - 1:
        ax.set_xlabel("epoch")
    ax.margins(x=0.02)


def _limit(
    axes: Axes,
    sweep: "Sweep",
    table: pd.DataFrame,
    metric: Sequence[str],
    grid: tuple[int, int],
    alone: bool,
) -> None:
    """Show every run whole, and of wide bands what lies not far beyond the runs."""
    flat = axes.ravel()
    for i, curve in enumerate(metric):
        of_curve = [flat[i]] if alone else (axes[i] if len(metric) > 1 else flat)
        values = sweep.curve(curve)
        means = table.loc[table["curve"] == curve, "mean"].to_numpy()
        known = np.concatenate([values[np.isfinite(values)], means[np.isfinite(means)]])
        if not known.size:
            continue
        low, high = float(known.min()), reach(values)
        pad = 0.05 * (high - low) or 0.05 * max(abs(high), 1e-3)
        floor, ceiling = _bounds(curve)
        for ax in of_curve:
            ax.set_ylim(max(low - pad, floor), min(high + pad, ceiling))


def reach(values: Floats) -> float:
    """Return how far up to show: all, unless a few runs on their way out would hide the others."""
    known = values[np.isfinite(values)]
    if not known.size:
        return 1.0
    high, usual = float(known.max()), float(np.quantile(known, 0.9))
    return 1.5 * usual if usual > 0 and high > RARE * usual else high


def _bounds(curve: str) -> tuple[float, float]:
    if is_share(curve):
        return -0.02, 1.02
    return (0.0 if curve.endswith(("loss", "norm")) else -np.inf), np.inf
