"""A metric over two factors, lrA × lrW unless others are named; diverged cells are marked.

Owns which factors are meant and where the panels and words stand; what is in a panel is the affair
of `analysis.figures.cells`.
"""

import textwrap
from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.figures.cells import MAP, MOST_WRITTEN, Cells, form_of, panel, scale_of
from analysis.figures.drawing import Drawing, look
from analysis.metrics.quantities import Quantity, quantity
from analysis.study.data import StudyData
from analysis.study.names import Names, names
from analysis.study.selection import key
from analysis.tables.frame import level
from analysis.tables.table import table as summary

LETTERS = 14
"""Of an axis' name, in an inch of it."""


def heatmap(
    sweep: StudyData,
    metric: str = "test_acc",
    vary: Names = None,
    by: Names = None,
    title: str = "",
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
        There are not two factors, or a name is wrong, or no run has a value.
    """
    split = names(by)
    axes = _axes(sweep, names(vary), split)
    q = quantity(sweep, metric)
    found = summary(sweep, [metric], [*split, *axes])
    keep = [*split, *axes, "n", "runs", "diverged", q.name, f"{q.name}_low", f"{q.name}_high"]
    if found[q.name].isna().all() and not found["diverged"].any():
        raise AnalysisError(f"no run of {sweep.name} has a {q.name} to draw")
    return _draw(sweep, found[keep], q, axes, split, title, found.caption)


def _axes(sweep: StudyData, given: list[str], by: list[str]) -> tuple[str, str]:
    """Return the factor up and the factor along: those given, the two rates, or the first two."""
    for name in [*given, *by]:
        key(name, list(sweep.runs.columns))
    seed = sweep.design.seed
    if seed in (*given, *by):
        raise AnalysisError(f"{seed} is the unit of all statistics: a heatmap averages over it")
    if len(by) > 1 or (given and len(given) != 2):
        raise AnalysisError(
            f"a heatmap is over two factors, with panels by one: got {', '.join(given) or 'none'}"
            + (f" by {', '.join(by)}" if by else "")
        )
    rates = [name for name in ("lrA", "lrW") if name in sweep.factors and name not in by]
    others = [name for name in sweep.design.factors if name not in by]
    axes = given or (rates if len(rates) == 2 else others[:2])
    if len(axes) < 2:
        besides = f" besides {by[0]}" if by else ""
        raise AnalysisError(
            f"a heatmap needs two factors{besides} that vary, and there is "
            f"{f'only {axes[0]}' if axes else 'none'}"
        )
    if len({*axes, *by}) < len(axes) + len(by):
        raise AnalysisError(
            f"a heatmap needs different factors: got {', '.join([*axes])}"
            + (f" by {by[0]}" if by else "")
        )
    return axes[0], axes[1]


def _draw(
    sweep: StudyData,
    table: pd.DataFrame,
    q: Quantity,
    axes: tuple[str, str],
    by: Sequence[str],
    title: str,
    caption: str,
) -> Drawing:
    from matplotlib.cm import ScalarMappable

    panels = [(value, part) for value, part in table.groupby(by[0])] if by else [(None, table)]
    if by:
        order = {value: i for i, value in enumerate(sweep.levels.get(by[0], []))}
        panels.sort(key=lambda panel: order.get(panel[0], 0))
    up, along = (
        [v for v in sweep.levels.get(a, []) if v in set(table[a])] or sorted(set(table[a]))
        for a in axes
    )
    values, share = table[q.name].to_numpy(np.float64), q.share or q.kind == "rate"
    scale, steps = scale_of(values, share)
    cells = Cells(q.name, axes, up, along, scale, form_of(values, share))
    columns = min(len(panels), 4)
    rows = -(-len(panels) // columns)
    cell = 0.62 if max(len(up), len(along)) <= MOST_WRITTEN else 0.3
    wide, high = max(cell * len(along), 2.4 / columns), max(0.72 * cell * len(up), 0.9)
    width, height = columns * (wide + 0.3) + 2.0, rows * (high + 0.35) + 0.85
    said = [caption, "In a cell: the mean, and half the width of its interval;"]
    said += ["✕ where runs diverged, with their number.", steps]
    title = title or f"{sweep.name}: {q.name} over {axes[0]} × {axes[1]}"
    with look():
        figure = Drawing(table, title, " ".join(said).strip(), width, height)
        drawn = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        for ax in drawn.ravel()[len(panels) :]:
            ax.set_axis_off()
        for i, (value, part) in enumerate(panels):
            ax = drawn.ravel()[i]
            panel(ax, part, cells)
            if i + columns >= len(panels):  # none stands below
                ax.tick_params(labelbottom=True)
                ax.set_xlabel(_axis(axes[1], wide))
            if by:
                ax.set_title(f"{by[0]} = {level(value)}", loc="left")
        for ax in drawn[:, 0]:
            ax.set_ylabel(_axis(axes[0], high))
        beside = textwrap.fill(q.label, int(max(rows * high, 1.6) * LETTERS))
        over = "max" if np.nanmax(values, initial=-np.inf) > scale.vmax else "neither"
        figure.colorbar(ScalarMappable(scale, MAP), ax=drawn, label=beside, extend=over)
    return figure


def _axis(name: str, room: float) -> str:
    """Return the name of an axis, in lines that are no longer than its panel, in inches."""
    what = {"lrA": "learning rate of the convolution", "lrW": "learning rate of the perceptron"}
    return textwrap.fill(f"{name} ({what[name]})" if name in what else name, int(room * LETTERS))
