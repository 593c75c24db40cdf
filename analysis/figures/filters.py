"""Filters of runs side by side on one symmetric scale, with their likeness to class means."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.arrays import Floats
from analysis.errors import AnalysisError
from analysis.figures.drawing import Drawing, look
from analysis.figures.run_choice import LIKE, drawn, pick
from analysis.study.data import StudyData
from analysis.study.names import Names
from src.errors import StoreError
from src.storage.store import read_filters
from src.storage.study_files import read_class_means

MOST_FILTERS = 16


def filters(
    sweep: StudyData,
    vary: Names = None,
    seed: Any = None,
    epoch: int | None = None,
    title: str = "",
) -> Drawing:
    """Draw the filters of one run for every combination of levels.

    Parameters
    ----------
    vary : the factors, a row of filters for each combination; all that vary unless given
    seed : of the runs that are drawn; the first unless given
    epoch : the last at or before which filters were kept; the end unless given

    Raises
    ------
    AnalysisError
        A name or the epoch is wrong, no run has filters, or too many runs are to be looked at.
    """
    last = int(sweep.runs["epochs"].max())
    if epoch is not None and not 0 <= epoch <= last:
        raise AnalysisError(f"epoch must be from 0 to {last}, got {epoch}")
    picked, at = pick(sweep, vary, seed)
    rows = [(run, *_at(run.folder, epoch)) for run in picked]
    shown = [(run, when, images) for run, when, images in rows if images is not None]
    if not shown:
        raise AnalysisError("no run has filters that can be read")
    end = scale_of([images for _, _, images in shown])
    title = title or f"{sweep.name}: filters"
    return draw(drawn(shown, read_class_means(sweep.folder)), title, at, end)


def _at(folder: Path, epoch: int | None) -> tuple[int, Floats | None]:
    try:
        epochs, kept = read_filters(folder)
    except StoreError:
        return 0, None
    place = len(epochs) - 1 if epoch is None else int(np.searchsorted(epochs, epoch, "right")) - 1
    return int(epochs[place]), kept[place].astype(np.float64)


def scale_of(images: Sequence[Floats]) -> float:
    """Return the largest finite size of any weight: the end of the one symmetric scale."""
    sizes = [float(np.abs(image[np.isfinite(image)]).max(initial=0.0)) for image in images]
    return max(sizes, default=0.0) or 1.0


def draw(table: pd.DataFrame, title: str, at: str, end: float) -> Drawing:
    """Draw filters, a row of them a run, on a scale from −end to end."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.textpath import TextPath

    runs = [run for _, run in table.groupby(["run", "epoch"], sort=False)]
    most = min(max(map(len, runs)), MOST_FILTERS)
    across = max(1, min(4, round(8 / most))) if len(runs) > 4 and most <= 4 else 1
    down = -(-len(runs) // across)
    across = -(-len(runs) // down)  # as even as can be
    first, last = table["epoch"].min(), table["epoch"].max()
    caption = (
        f"Filters at epoch {first}{f' to {last}' if last > first else ''} of one run "
        f"each{at and f' at {at}'}, all on one scale from −{end:.2g} to {end:.2g}."
    )
    if any(str(name).startswith(LIKE) for name in table):
        caption += (
            " Below each: of the run's classes, the one with whose mean digit it correlates most "
            "strongly, and how; “unlike” where that is negative."
        )
    named = [f"{run['run'].iloc[0]}, epoch {run['epoch'].iloc[0]}".split(", ") for run in runs]
    with look():
        lines = {word for words in named for word in words}
        longest = max(TextPath((0, 0), word, size=7.5).get_extents().width for word in lines)
        before = max(1.35, longest / 72 + 0.3)
        width = across * (before + most * 0.95) + 0.9
        figure = Drawing(table, title, caption, width, 1.06 * down + 0.45)
        engine: Any = figure.get_layout_engine()
        # Images are square: where their places are not, words before them would leave the page.
        figure.set_layout_engine("compressed", rect=engine.get()["rect"])
        axes = figure.subplots(down, across * most, squeeze=False)
        for ax in axes.ravel():
            ax.set(xticks=[], yticks=[])
            ax.grid(False)
            ax.spines[:].set_visible(False)
        for i, (words, run) in enumerate(zip(named, runs, strict=True)):
            row, column = divmod(i, across)
            places = axes[row, column * most :]
            for ax, (_, shown) in zip(places, run[:most].iterrows(), strict=False):
                ax.imshow(
                    shown["weights"], cmap="RdBu_r", vmin=-end, vmax=end, interpolation="nearest"
                )
                ax.set_xlabel(strongest(shown), fontsize=7, labelpad=2)
            places[0].set_ylabel(
                "\n".join(words), rotation=0, ha="right", va="center", fontsize=7.5
            )
        figure.colorbar(
            ScalarMappable(Normalize(-end, end), "RdBu_r"),
            ax=axes,
            label="weight",
            shrink=min(1, 2.2 / down + 0.2),
            aspect=25,
        )
    return figure


def strongest(row: pd.Series) -> str:
    """Return the class that a filter is most like or unlike, and how; nothing if unknown."""
    like = {label: row[label] for label in row.index if str(label).startswith(LIKE)}
    like = {label: r for label, r in like.items() if np.isfinite(r)}
    if not like:
        return ""
    label = max(like, key=lambda name: abs(like[name]))
    r = float(like[label])
    sign = "unlike " if r < 0 else ""
    return f"{sign}{str(label).removeprefix(LIKE)}: {r:+.2f}".replace("-", "−")
