"""A metric over two factors, lrA × lrW unless others are named; diverged cells are marked."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.figures.drawing import Axes, Drawing, look
from analysis.selection import Names, key, names
from analysis.tables.summary import table as summary
from analysis.tables.table import level

if TYPE_CHECKING:
    from analysis.sweep import Sweep

MOST_WRITTEN = 10
"""Rows or columns beyond which cells are too small for numbers, which the table has."""


def heatmap(
    sweep: "Sweep", metric: str = "test_acc", vary: Names = None, by: Names = None, title: str = ""
) -> Drawing:
    """Draw the mean of a metric over seeds for every combination of two factors.

    Parameters
    ----------
    metric : its name
    vary : the factor up and the factor along; lrA and lrW unless given
    by : a factor with a panel for each level

    Raises
    ------
    AnalysisError
        There are not two factors, or a name is wrong.
    """
    rates: list[str] = [name for name in ("lrA", "lrW") if name in sweep.factors]
    axes: list[str] = names(vary) or (rates if len(rates) == 2 else list(sweep.design.factors)[:2])
    split = names(by)
    for name in [*axes, *split]:
        key(name, list(sweep.runs.columns))
    if len(axes) != 2 or len(split) > 1:
        raise AnalysisError(
            f"a heatmap is over two factors, with panels by one: got {', '.join(axes) or 'none'}"
            + (f" by {', '.join(split)}" if split else "")
        )
    found = summary(sweep, [metric], [*split, *axes])
    name = next(column[:-5] for column in found.columns if column.endswith("_note"))
    keep = [*split, *axes, "n", "runs", "diverged", name, f"{name}_low", f"{name}_high"]
    return _draw(sweep, found[keep], name, axes, split, title, found.caption)


def _draw(
    sweep: "Sweep",
    table: pd.DataFrame,
    name: str,
    axes: list[str],
    by: list[str],
    title: str,
    caption: str,
) -> Drawing:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    panels = [(value, part) for value, part in table.groupby(by[0])] if by else [(None, table)]
    if by:
        order = {value: i for i, value in enumerate(sweep.levels.get(by[0], []))}
        panels.sort(key=lambda panel: order.get(panel[0], 0))
    up, along = (
        [v for v in sweep.levels.get(a, []) if v in set(table[a])] or sorted(set(table[a]))
        for a in axes
    )
    columns = min(len(panels), 4)
    rows = -(-len(panels) // columns)
    cell = 0.62 if max(len(up), len(along)) <= MOST_WRITTEN else 0.3
    width = max(4.8, columns * (cell * len(along) + 0.75) + 1.2)
    height = rows * (0.72 * cell * len(up) + 0.75) + 0.5
    scale = Normalize(*_ends(table[name]))
    say = (
        f"{caption} In a cell: the mean, and half the width of its interval; ✕ where runs "
        "diverged, with their number."
    )
    with look():
        figure = Drawing(
            table,
            title or f"{sweep.folder.name}: {name} over {axes[0]} × {axes[1]}",
            say,
            width,
            height,
        )
        drawn = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        for ax in drawn.ravel()[len(panels) :]:
            ax.set_axis_off()
        for ax, (value, part) in zip(drawn.ravel(), panels, strict=False):
            _panel(ax, part, name, axes, up, along, scale)
            if by:
                ax.set_title(f"{by[0]} = {level(value)}", loc="left")
        for ax in drawn[-1]:
            ax.set_xlabel(_axis(axes[1]))
        for ax in drawn[:, 0]:
            ax.set_ylabel(_axis(axes[0]))
        figure.colorbar(ScalarMappable(scale, "cividis"), ax=drawn, label=name, shrink=0.9)
    return figure


def _ends(values: pd.Series) -> tuple[float, float]:
    known = values.dropna()
    if known.empty:
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _axis(name: str) -> str:
    what = {"lrA": "learning rate of the convolution", "lrW": "learning rate of the perceptron"}
    return f"{name} ({what[name]})" if name in what else name


def _panel(
    ax: Axes,
    part: pd.DataFrame,
    name: str,
    axes: list[str],
    up: list[Any],
    along: list[Any],
    scale: Any,
) -> None:
    from matplotlib import colormaps

    colours = colormaps["cividis"].with_extremes(bad="#EDEDED")
    values = part.pivot(index=axes[0], columns=axes[1], values=name).reindex(
        index=up, columns=along
    )
    ax.imshow(values.to_numpy(np.float64), cmap=colours, norm=scale, origin="lower", aspect="auto")
    ax.set_xticks(range(len(along)), [level(v) for v in along])
    ax.set_yticks(range(len(up)), [level(v) for v in up])
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    places = {value: i for i, value in enumerate(up)}, {value: i for i, value in enumerate(along)}
    written = max(len(up), len(along)) <= MOST_WRITTEN
    for row in part.to_dict("records"):
        y, x = places[0][row[axes[0]]], places[1][row[axes[1]]]
        dark = not np.isnan(row[name]) and scale(row[name]) < 0.5
        ink = "white" if dark else "black"
        if row["diverged"]:
            ax.text(
                x + 0.42,
                y + 0.4,
                f"✕{row['diverged']}",
                color=ink if row["diverged"] < row["runs"] else "#D55E00",
                fontsize=6.5,
                ha="right",
                va="top",
                gid="diverged",
                fontweight="bold",
            )
        if written and not np.isnan(row[name]):
            half = (row[f"{name}_high"] - row[f"{name}_low"]) / 2
            ax.text(
                x, y + 0.05, f"{row[name]:.3g}", color=ink, ha="center", va="center", fontsize=7.5
            )
            if np.isfinite(half):
                ax.text(
                    x, y - 0.27, f"±{half:.2g}", color=ink, ha="center", va="center", fontsize=5.8
                )
