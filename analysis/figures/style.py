"""One colour, line and marker per level in every figure; one look for all of them.

Owns the palette of Okabe and Ito (2008), which people see alike whatever their eyes. A level that
the seed report knows has a fixed colour; any other has one that follows from its name and the
levels of the whole study, so that a part of a study is drawn in the same colours. Levels that are
numbers have an order, which is shown as one.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Line: TypeAlias = str | tuple[int, tuple[float, ...]]
"""matplotlib's name of a dash, or the lengths of its strokes and gaps."""

OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Without its yellow, which does not show on white."""

LINES = ("-", "--", "-.", ":")
DASHES: tuple[Line, ...] = (*LINES, (0, (8, 1.5)), (0, (4, 1, 1, 1, 1, 1)), (0, (2, 1)))
"""One a colour: levels are told apart without colours too."""
MARKERS = "osD^vPX*"

FIXED = {
    **dict(zip(("tanh", "relu", "sigmoid", "none"), OKABE_ITO, strict=False)),
    **dict(zip(("random", "fixed", "alternate"), OKABE_ITO, strict=False)),
}

DIAGNOSES = {
    "converged": "#009E73",
    "not converged yet": "#8FD3BC",
    "overfit": "#56B4E9",
    "oscillating": "#0072B2",
    "stuck at chance": "#F0E442",
    "vanished": "#E69F00",
    "saturated": "#CC79A7",
    "dead": "#7A4365",
    "frozen": "#BBBBBB",
    "exploding": "#F2A97E",
    "diverged": "#D55E00",
    "interrupted": "#777777",
    "failed": "#000000",
}

LOOK: Any = {
    "font.size": 8.5,
    "text.parse_math": False,  # a name may hold dollar signs
    "axes.titlesize": 9,
    "axes.labelsize": 8.5,
    "figure.titlesize": 10.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.6,
    "axes.edgecolor": "#555555",
    "xtick.color": "#333333",
    "ytick.color": "#333333",
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "savefig.dpi": 200,
    "figure.dpi": 110,
    "svg.hashsalt": "sweepscope",  # the same figure, the same bytes
    "pdf.fonttype": 42,
}


@dataclass(frozen=True)
class Pen:
    """How a level is drawn."""

    colour: str
    line: Line
    marker: str


def pens(levels: Sequence[Any]) -> dict[Any, Pen]:
    """Return a pen for every level of a factor.

    Parameters
    ----------
    levels : all of the whole study, in order
    """
    if len(levels) > 1 and all(_is_number(value) for value in levels):
        colours = _ordered(len(levels))
        return {
            value: Pen(colours[i], LINES[i % 4], MARKERS[i % 8]) for i, value in enumerate(levels)
        }
    taken: dict[Any, int] = {}
    for value in sorted(levels, key=lambda v: (FIXED.get(str(v)) is None, str(v))):
        first = _preferred(str(value))
        places = [(first + step) % len(OKABE_ITO) for step in range(len(OKABE_ITO))]
        counts = list(taken.values())
        taken[value] = min(places, key=lambda place: (counts.count(place), places.index(place)))
    seen: dict[int, int] = {}
    out = {}
    for value in levels:
        turn = seen.get(taken[value], 0)  # beyond seven levels a colour returns with another line
        seen[taken[value]] = turn + 1
        place = taken[value]
        line = DASHES[(place + turn) % len(DASHES)]
        out[value] = Pen(OKABE_ITO[place], line, MARKERS[(place + turn) % 8])
    return out


def _preferred(name: str) -> int:
    if name in FIXED:
        return OKABE_ITO.index(FIXED[name])
    return hashlib.sha256(name.encode()).digest()[0] % len(OKABE_ITO)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _ordered(count: int) -> list[str]:
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    scale = colormaps["viridis"]
    return [to_hex(scale(0.82 * i / max(1, count - 1))) for i in range(count)]
