"""The diagnosis strip: how the runs of every level ended up, as shares of a bar."""

from collections.abc import Sequence

import numpy as np

from analysis.errors import AnalysisError
from analysis.figures.drawing import Drawing, look
from analysis.figures.style import DIAGNOSES
from analysis.metrics.labels import LABELS
from analysis.tables.frame import Table, level

MOST_BARS = 48


def diagnose(table: Table, by: Sequence[str], title: str = "") -> Drawing:
    """Draw the shares of the labels, a bar a combination of levels.

    Parameters
    ----------
    table : of `analysis.tables.diagnose.diagnose`, by factors
    by : the factors

    Raises
    ------
    AnalysisError
        There would be too many bars to read.
    """
    keys = list(by)
    rows = list(dict.fromkeys(map(tuple, table[keys].to_numpy(dtype=object).tolist())))
    if len(rows) > MOST_BARS:
        raise AnalysisError(f"{len(rows)} bars are too many to read: name fewer factors with --by")
    there = [label for label in LABELS if label in set(table["label"])]
    runs = sorted(set(table.groupby(keys, dropna=False)["k"].sum()))
    n = f"{runs[0]}" if len(runs) == 1 else f"{runs[0]} to {runs[-1]}"
    caption = (
        f"Shares of {n} runs a bar, with their number; an interval for each share is in the table "
        "(python -m analysis diagnose). Each run has the first label whose rule it meets."
    )
    with look():
        figure = Drawing(
            table,
            title or table.title,
            caption,
            6.6,
            0.26 * len(rows) + 1.0,
        )
        ax = figure.subplots()
        y = np.arange(len(rows))[::-1]
        left = np.zeros(len(rows))
        for label in there:
            part = table[table["label"] == label]
            shares = {
                tuple(row[key] for key in keys): (row["share"], row["k"])
                for row in part.to_dict("records")
            }
            widths = np.array([shares.get(row, (0.0, 0))[0] for row in rows])
            ax.barh(
                y,
                widths,
                left=left,
                color=DIAGNOSES[label],
                height=0.72,
                label=label,
                edgecolor="white",
                linewidth=0.8,
            )
            for i, row in enumerate(rows):
                if widths[i] > 0.045:
                    dark = label in (
                        "dead",
                        "failed",
                        "interrupted",
                        "oscillating",
                        "diverged",
                        "converged",
                    )
                    ax.text(
                        left[i] + widths[i] / 2,
                        y[i],
                        str(shares[row][1]),
                        ha="center",
                        va="center",
                        fontsize=7,
                        color="white" if dark else "black",
                    )
            left += widths
        ax.set_yticks(
            y,
            [", ".join(f"{k}={level(v)}" for k, v in zip(keys, row, strict=True)) for row in rows],
        )
        ax.set_xlim(0, 1)
        ax.set_ylim(-0.6, len(rows) - 0.4)
        ax.set_xlabel("share of runs")
        ax.xaxis.set_major_formatter(lambda x, _: f"{x:.0%}")
        ax.grid(axis="y", visible=False)
        figure.legend(loc="outside right upper", title="diagnosis", alignment="left")
    return figure
