"""Shares of variance as bars with their intervals."""

from typing import TYPE_CHECKING

from analysis.figures.drawing import Drawing, look
from analysis.figures.style import OKABE_ITO

if TYPE_CHECKING:
    from analysis.tables.frame import Table


def effects(table: "Table", title: str = "") -> Drawing:
    """Draw a table of `effects`: a panel a metric, a bar an effect."""
    import numpy as np

    name = "effect" if "effect" in table else "component"
    metrics = list(dict.fromkeys(table["metric"]))
    most = max(int((table["metric"] == metric).sum()) for metric in metrics)
    low, high = ("share_low", "share_high") if name == "effect" else (None, None)
    with look():
        figure = Drawing(
            table,
            title or table.title,
            table.caption,
            max(4.8, 3.1 * len(metrics) + 1),
            0.27 * most + 1.0,
        )
        axes = figure.subplots(1, len(metrics), squeeze=False, sharey=True)[0]
        for ax, metric in zip(axes, metrics, strict=True):
            part = table[table["metric"] == metric]
            y = np.arange(len(part))[::-1]
            colours = [_colour(effect) for effect in part[name]]
            ax.barh(y, part["share"], color=colours, height=0.62)
            if low and high:
                ax.hlines(y, part[low], part[high], color="#222222", lw=1.3, gid="interval")
            ax.set_yticks(y, part[name])
            ax.axvline(0, color="#555555", lw=0.8)
            ax.set_xlabel("share of variance")
            ax.xaxis.set_major_formatter(lambda x, _: f"{x:.0%}")
            ax.set_title(metric if len(metrics) > 1 else "", loc="left")
            ax.grid(axis="y", visible=False)
    return figure


def _colour(effect: str) -> str:
    if effect in ("seed", "rest"):
        return "#BBBBBB"
    return OKABE_ITO[5] if "×" in effect else OKABE_ITO[0]
