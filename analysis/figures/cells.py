"""The cells of a heatmap: how their numbers become colours and words, the same in every panel.

Owns the scale of the colours, the one format of a figure's numbers, and what stands in a cell.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.arrays import Floats
from analysis.figures.drawing import Axes
from analysis.tables.frame import level

MOST_WRITTEN = 10
"""Rows or columns beyond which cells are too small for numbers, which the table has."""
FAR = 8.0
"""A scale is logarithmic where a value is this many times the middle one: in equal steps it would
leave half of the cells an eighth of the colours."""
MAP = "cividis"
LONGEST = 6
"""Signs of a number in a cell, beyond which all stand with an exponent."""


@dataclass(frozen=True)
class Cells:
    """What all cells of a figure share.

    Attributes
    ----------
    name : of the column that is drawn; `…_low` and `…_high` are its interval
    up, along : the levels of the factors of rows and columns
    axes : the names of these factors
    scale : from a value to 0 to 1
    form : of every number, for `format`
    """

    name: str
    axes: tuple[str, str]
    up: Sequence[Any]
    along: Sequence[Any]
    scale: Any
    form: str

    @property
    def written(self) -> bool:
        """Whether there is room for numbers."""
        return max(len(self.up), len(self.along)) <= MOST_WRITTEN


def scale_of(values: Floats, share: bool) -> tuple[Any, str]:
    """Return the scale of the colours, and what a caption has to say of it.

    Parameters
    ----------
    values : of all cells, NaN where there is none
    share : whether they can only lie between 0 and 1, where none can hide the others
    """
    from matplotlib.colors import LogNorm, Normalize, SymLogNorm

    known = values[np.isfinite(values)]
    if not known.size:
        return Normalize(0.0, 1.0), ""
    low, top = float(known.min()), float(known.max())
    high = top if share else crowd(known)
    said = [f"Cells above {high:.2g} all have the last colour."] if high < top else []
    if not high > low:
        return Normalize(low - 0.5, high + 0.5), " ".join(said)
    size = np.abs(known[known <= high])
    middle = float(np.quantile(size, 0.5, method="lower"))
    scale = Normalize(low, high)
    if not share and size.max() > FAR * middle:
        scale = LogNorm(low, high) if low > 0 else SymLogNorm(middle or 1.0, vmin=low, vmax=high)
        said.append("Colours are in logarithmic steps.")
    return scale, " ".join(said)


def crowd(known: Floats) -> float:
    """Return the highest value but for those that explode, which would hide the others' colours.

    They explode if they are a factor above most others that is greater than what these span.
    """
    sizes = np.log10(np.sort(known[known > 0]))
    gaps = np.diff(sizes)
    half = len(sizes) // 2
    if len(sizes) > 2 and gaps[half:].size:
        at = half + int(np.argmax(gaps[half:]))
        if gaps[at] > max(np.log10(FAR), sizes[at] - sizes[0]):
            return float(np.sort(known[known > 0])[at])
    return float(known.max())


def form_of(values: Floats, share: bool) -> str:
    """Return one format for all numbers: decimals that show the least of them, or an exponent."""
    size = np.abs(values[np.isfinite(values) & (values != 0)])
    if share or not size.size:
        return ".3f"
    low, high = np.floor(np.log10([size.min(), size.max()])).astype(int)
    digits = max(1 - low, 2 - high, 0)
    form = f".{digits}f"
    return form if len(format(size.max(), form)) <= LONGEST else ".1e"


def panel(ax: Axes, part: pd.DataFrame, cells: Cells) -> None:
    """Draw the cells of one panel.

    Parameters
    ----------
    part : its rows, a cell each
    """
    from matplotlib import colormaps

    up, along = cells.axes
    values = part.pivot(index=up, columns=along, values=cells.name)
    values = values.reindex(index=list(cells.up), columns=list(cells.along))
    ax.imshow(
        values.to_numpy(np.float64),
        cmap=colormaps[MAP].with_extremes(bad="#EDEDED"),
        norm=cells.scale,
        origin="lower",
        aspect="auto",
    )
    ax.set_xticks(range(len(cells.along)), [level(v) for v in cells.along])
    ax.set_yticks(range(len(cells.up)), [level(v) for v in cells.up])
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    rows = {value: i for i, value in enumerate(cells.up)}
    columns = {value: i for i, value in enumerate(cells.along)}
    for row in part.to_dict("records"):
        _write(ax, columns[row[along]], rows[row[up]], row, cells)


def _write(ax: Axes, x: int, y: int, row: dict[Any, Any], cells: Cells) -> None:
    value = row[cells.name]
    ink = "white" if not np.isnan(value) and cells.scale(value) < 0.5 else "black"
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
    if not cells.written or np.isnan(value):
        return
    half = (row[f"{cells.name}_high"] - row[f"{cells.name}_low"]) / 2
    words = {"color": ink, "ha": "center", "va": "center"}
    ax.text(x, y + 0.05, format(value, cells.form), fontsize=7.5, **words)
    if np.isfinite(half):
        ax.text(x, y - 0.27, f"±{half:{cells.form}}", fontsize=5.8, **words)
