"""The critical-difference diagram: average ranks on a line, bars over what is not told apart.

Source: Demšar (2006), Statistical comparisons of classifiers over multiple data sets.
"""

from collections.abc import Sequence
from typing import Any

from analysis.figures.drawing import Drawing, look
from analysis.figures.style import pens
from analysis.tables.frame import Table, level


def ranks(table: Table, levels: Sequence[Any] = (), title: str = "") -> Drawing:
    """Draw the average ranks of a factor's levels with Nemenyi's critical difference.

    Parameters
    ----------
    table : of `analysis.tables.ranks.ranks`
    levels : all of the factor in the study, for their colours; those ranked unless given
    """
    place = dict(zip(table["level"], table["rank"], strict=True))
    letters = sorted(set("".join(table["group"])))
    cliques = [table.loc[table["group"].str.contains(letter), "rank"] for letter in letters]
    difference = float(table["critical_difference"].iloc[0])
    k = len(place)
    half = -(-k // 2)
    of = pens(list(levels) or list(place))
    bars = len(cliques)
    height = 1.05 + 0.14 * bars + 0.2 * half
    with look():
        figure = Drawing(
            table,
            title or table.title,
            table.caption,
            6.2,
            height,
        )
        ax = figure.subplots()
        ax.set_xlim(0.4 - 0.12 * k, k + 0.6 + 0.12 * k)
        ax.set_ylim(-(0.4 + 0.4 * bars + 0.55 * half), 1.25)
        ax.set_axis_off()
        ax.plot([1, k], [0, 0], color="#333333", lw=1)
        for tick in range(1, k + 1):
            ax.plot([tick, tick], [0, 0.14], color="#333333", lw=1)
            ax.text(tick, 0.22, str(tick), ha="center", va="bottom", fontsize=7.5)
        reach = min(difference, k - 1)
        ax.plot([1, 1 + reach], [0.95, 0.95], color="#333333", lw=1.6, marker="|", ms=7)
        ax.text(
            1 + reach / 2,
            1.0,
            f"critical difference {difference:.2f}",
            ha="center",
            va="bottom",
            fontsize=7.5,
        )
        for i, clique in enumerate(cliques):
            y = -0.28 - 0.4 * i
            ax.plot(
                [clique.min() - 0.04, clique.max() + 0.04],
                [y, y],
                color="#333333",
                lw=3.2,
                solid_capstyle="butt",
                gid="clique",
            )
        for i, value in enumerate(place):
            left = i < half
            row = i if left else k - 1 - i
            y = -(0.5 + 0.4 * bars + 0.55 * row)
            x = 0.75 if left else k + 0.25
            pen = of[value]
            ax.plot([place[value], place[value], x], [0, y, y], color=pen.colour, lw=1.1)
            ax.plot(place[value], 0, pen.marker, color=pen.colour, ms=6, zorder=3)
            ax.text(
                x + (-0.06 if left else 0.06),
                y,
                f"{level(value)}  ({place[value]:.2f})"
                if not left
                else f"({place[value]:.2f})  {level(value)}",
                ha="right" if left else "left",
                va="center",
            )
    return figure
