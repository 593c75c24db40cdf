"""All claims at one look: each difference in units of the margin that was named for it."""

from typing import Any

import numpy as np
import pandas as pd

from analysis.figures.drawing import Drawing, look
from analysis.tables.frame import Table

COLOURS = {
    "holds": "#009E73",
    "does not hold": "#D55E00",
    "not shown": "#777777",
    "not trained": "#BBBBBB",
}
MARKERS = {"holds": "o", "does not hold": "X", "not shown": "d", "not trained": "."}
TITLE = "The seed report's claims, judged"
MARGIN = 0.01
"""Stands in where levels at their own best rates have no margin: a hundredth of accuracy."""


def verdicts(claims: Table, title: str = TITLE) -> Drawing:
    """Draw every claim's deciding difference with its interval, and its verdict.

    Parameters
    ----------
    claims : of `analysis.claims.table.judged`
    title : above the figure
    """
    table = drawn(claims)
    caption = (
        "The statement that decided each claim: its difference over its margin (what counts as "
        "none, named beforehand; band), with the interval that holds for all claims at once "
        "with 95 %; the axis is linear to ±1 and logarithmic beyond. Exact claims have no interval."
    )
    with look():
        figure = Drawing(table, title, caption, 7.4, 0.9 + 0.2 * len(table))
        axes = figure.subplots()
        axes.axvspan(-1, 1, color="#EEEEEE", zorder=0)
        axes.axvline(0, color="#555555", lw=0.6)
        for place, row in enumerate(table.to_dict("records")):
            colour = COLOURS[str(row["verdict"])]
            if np.isnan(row["low"]):
                word = "exact" if row["exact"] else ""
                # On ground of its own: the line at zero would strike it through.
                ground = {"facecolor": "#EEEEEE", "edgecolor": "none", "pad": 1.0}
                where: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 7.5}
                axes.text(0, place, word, color=colour, bbox=ground if word else None, **where)
                continue
            axes.plot([row["low"], row["high"]], [place, place], color=colour, lw=1.4)
            axes.plot(
                row["difference"], place, MARKERS[str(row["verdict"])], color=colour, markersize=5
            )
        axes.set_xscale("symlog", linthresh=1, linscale=0.6)
        axes.set_xticks([-10, -1, 0, 1, 10], ["−10", "−1", "0", "1", "10"])
        axes.minorticks_off()
        axes.set_yticks(range(len(table)), table["claim"], fontsize=7.5)
        axes.set_ylim(len(table) - 0.4, -0.6)
        axes.set_xlabel("difference / margin")
        axes.grid(axis="y", visible=False)
        for verdict, colour in COLOURS.items():
            count = int((table["verdict"] == verdict).sum())
            if count:
                axes.plot([], [], MARKERS[verdict], color=colour, label=f"{verdict} ({count})")
        figure.legend(loc="outside right upper", fontsize=8)
    return figure


def drawn(claims: Table) -> pd.DataFrame:
    """Return what is drawn: claim, verdict, exact, and difference, low, high over the margin."""
    rows = pd.DataFrame(claims)
    exact = rows["p"].isna() & rows["verdict"].ne("not trained")
    unit = rows["margin"].where(rows["margin"].notna(), MARGIN)
    numbers = {name: (rows[name] / unit).mask(exact) for name in ("difference", "low", "high")}
    names = rows["name"].map(name_of)
    return pd.DataFrame({"claim": names, "verdict": rows["verdict"], "exact": exact, **numbers})


def name_of(name: object) -> str:
    """Return the name of a claim in words, which it has in figure and table."""
    return str(name).replace("_", " ")
