"""Which panel of a figure of curves shows what: by curves, by a factor, or by two.

Owns the order of panels and which of them carry words on their axes; what is drawn in them is the
affair of `analysis.figures.panels`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.errors import AnalysisError
from analysis.study.data import StudyData

MOST_PANELS = 48


@dataclass(frozen=True)
class Panel:
    """One panel.

    Attributes
    ----------
    curve : the name of what it shows
    here : the level of every factor that has panels of its own
    row, column : its place
    """

    curve: str
    here: dict[str, Any]
    row: int
    column: int


@dataclass(frozen=True)
class Layout:
    """All panels of a figure.

    Attributes
    ----------
    rows, columns : of the grid, whose last places may be empty
    panels : row by row
    alone : whether every panel has a vertical axis of its own; otherwise a row shares one
    """

    rows: int
    columns: int
    panels: tuple[Panel, ...]
    alone: bool

    def title_of(self, panel: Panel) -> dict[str, Any]:
        """Return the levels that stand above a panel: of one factor, above the first row alone."""
        return panel.here if len(panel.here) == 2 or panel.row == 0 else {}

    def left(self, panel: Panel) -> bool:
        """Tell whether a panel's vertical axis has a name."""
        return self.alone or panel.column == 0

    def bottom(self, panel: Panel) -> bool:
        """Tell whether a panel's horizontal axis has a name."""
        return panel.row == self.rows - 1


def layout(
    sweep: StudyData, table: pd.DataFrame, metric: Sequence[str], by: Sequence[str]
) -> Layout:
    """Lay out the panels of a figure of curves.

    Parameters
    ----------
    table : what is drawn, of `analysis.figures.mean_curves.drawn`
    metric : names of curves; one of them where `by` names two factors
    by : up to two factors: a column, and a row, for each level

    Raises
    ------
    AnalysisError : if there would be too many panels to read
    """
    if not by and len(metric) > 1:  # several curves and no factor: two columns
        panels = [Panel(curve, {}, *divmod(i, 2)) for i, curve in enumerate(metric)]
        made = Layout(-(-len(metric) // 2), 2, tuple(panels), alone=True)
    else:
        across = [{by[0]: value} for value in _levels(sweep, table, by[0])] if by else [{}]
        if len(by) == 2:
            down = [(metric[0], {by[1]: value}) for value in _levels(sweep, table, by[1])]
        else:
            down = [(curve, {}) for curve in metric]
        panels = [
            Panel(curve, {**here, **also}, row, column)
            for row, (curve, also) in enumerate(down)
            for column, here in enumerate(across)
        ]
        made = Layout(len(down), len(across), tuple(panels), alone=False)
    if made.rows * made.columns > MOST_PANELS:
        raise AnalysisError(
            f"{made.rows * made.columns} panels are too many to read: select with --where"
        )
    return made


def _levels(sweep: StudyData, table: pd.DataFrame, name: str) -> list[Any]:
    there = set(table[name].unique())
    return [value for value in sweep.levels.get(name, sorted(there)) if value in there]
