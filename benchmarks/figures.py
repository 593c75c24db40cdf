"""The benchmarks' figures, in colours that everyone can tell apart (Okabe and Ito's)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from benchmarks.field import Place

BLUE, ORANGE, GREEN, BLACK = "#0072B2", "#D55E00", "#009E73", "#000000"

Curve = tuple[Sequence[float], Sequence[float]]


def stack_figure(places: Sequence[Place]) -> Figure:
    """Draw time per sample and run over the size of the stack, networks A and B side by side."""
    figure = Figure(figsize=(10, 4), layout="constrained", dpi=150)
    for axes, name in zip(figure.subplots(1, 2), ("A", "B"), strict=True):
        rows = [p for p in places if (p.name, p.batch, p.own) == (name, 1, False)]
        R = [p.R for p in rows]
        _line(axes, (R, [p.result.ours * 1e6 for p in rows]), "Sweepscope", BLUE, "o-")
        _line(axes, (R, [p.result.best_jax * 1e6 for p in rows]), "JAX, best form", ORANGE, "s--")
        if rows[0].torch == rows[0].torch:
            _line(axes, (R, [p.torch * 1e6 for p in rows]), "PyTorch, run by run", GREEN, ":")
        own = [p for p in places if (p.name, p.batch, p.own) == (name, 1, True)]
        if own:
            points = [p.R for p in own], [p.result.ours * 1e6 for p in own]
            _line(axes, points, "Sweepscope, own samples", BLACK, "^-.")
        axes.set(
            xscale="log",
            yscale="log",
            xlabel="runs in a stack, R",
            ylabel="time per sample and run [µs]",
            title=f"network {name}, batch 1",
        )
        axes.set_xticks(R, [str(r) for r in R], minor=False)
        axes.xaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.grid(alpha=0.3)
        axes.legend()
    return figure


def growth_figure(panels: Mapping[str, Curve], slopes: Mapping[str, float]) -> Figure:
    """Draw time over runs, epochs and samples, each with a line of slope 1 through its end."""
    figure = Figure(figsize=(12, 4), layout="constrained", dpi=150)
    for axes, (name, (x, y)) in zip(figure.subplots(1, len(panels)), panels.items(), strict=True):
        _line(axes, (x, y), f"measured, slope {slopes[name]:.2f}", BLUE, "o-")
        linear = np.array(x) / x[-1] * y[-1]
        _line(axes, (x, linear.tolist()), "proportional", ORANGE, "--")
        axes.set(xscale="log", yscale="log", xlabel=name, ylabel="time of training [s]")
        axes.grid(alpha=0.3)
        axes.legend()
    return figure


def bars_figure(times: Mapping[str, tuple[str, Mapping[str, float]]]) -> Figure:
    """Draw bars of wall time, a panel a question with its unit, a bar a contestant."""
    heights = [len(bars) + 2 for _, bars in times.values()]
    figure = Figure(figsize=(12, 0.4 * sum(heights)), layout="constrained", dpi=150)
    panels = np.atleast_1d(figure.subplots(len(times), 1, height_ratios=heights))
    for axes, (question, (unit, bars)) in zip(panels, times.items(), strict=True):
        colours = [BLUE if name.startswith("Sweepscope") else GREEN for name in bars]
        drawn = axes.barh(list(bars), list(bars.values()), color=colours)
        axes.bar_label(drawn, fmt="%.3g", padding=3)
        axes.invert_yaxis()
        axes.margins(x=0.12)
        axes.set_title(question, loc="left", fontsize=10)
        axes.set_xlabel(f"wall time [{unit}]")
    return figure


def _line(axes: Axes, curve: Curve, label: str, colour: str, style: str) -> None:
    axes.plot(*curve, style, label=label, color=colour)
