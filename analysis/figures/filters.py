"""Filters of runs side by side on one symmetric scale, with their likeness to class means."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.class_means import ClassMeans
from analysis.errors import AnalysisError
from analysis.figures.drawing import Drawing, look
from analysis.likeness import correlations
from analysis.selection import Names, key, names
from analysis.tables.table import level
from src.errors import StoreError
from src.keepsakes import read_class_means
from src.store import read_filters

if TYPE_CHECKING:
    from analysis.sweep import Sweep

Floats = NDArray[np.float64]

MOST_FILTERS = 16
MOST_RUNS = 24
LIKE = "like_"
"""Begins the names of a table's columns of correlations, before the class."""


def filters(
    sweep: "Sweep", vary: Names = None, seed: Any = None, epoch: int | None = None, title: str = ""
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
        A name is wrong, no run has filters, or there are too many runs to look at.
    """
    picked, at = pick(sweep, vary, seed)
    rows = [(words, *_at(folder, epoch)) for words, folder in picked]
    shown = [(words, at, image) for words, at, image in rows if image is not None]
    if not shown:
        raise AnalysisError("no run has filters that can be read")
    end = scale_of([image for _, _, image in shown])
    title = title or f"{sweep.folder.name}: filters"
    return draw(drawn(shown, read_class_means(sweep.folder)), title, at, end)


def pick(sweep: "Sweep", vary: Names, seed: Any) -> tuple[list[tuple[str, Path]], str]:
    """Return one run a combination of levels (its words and folder), and where all of them stand.

    Of the factors that are not named, and of the seeds, it is the first level.
    """
    runs, design = sweep.runs, sweep.design
    varied = [key(name, list(runs.columns)) for name in names(vary)] or list(design.factors)
    frame = runs.reset_index(drop=True)
    held = {}
    for name in [design.seed, *design.factors, *design.crossed]:
        if name in varied or name not in frame:
            continue
        wanted = frame[name].iloc[0] if seed is None or name != design.seed else seed
        levels = [v for v in sweep.factors.get(name, [wanted]) if v in set(frame[name])]
        first = next((v for v in levels if level(v) == level(wanted)), None)
        if first is None:
            raise AnalysisError(f"no run has {name}={wanted}")
        held[name] = first if name == design.seed and seed is not None else levels[0]
        frame = frame[frame[name] == held[name]]
    chosen = frame.drop_duplicates(varied) if varied else frame.head(1)
    if len(chosen) > MOST_RUNS:
        raise AnalysisError(
            f"{len(chosen)} runs are too many to look at: select with --where, or name --vary"
        )
    picked = [
        (", ".join(f"{name}={level(row[name])}" for name in varied) or "the run", sweep.folders[i])
        for i, row in zip(chosen.index, chosen.to_dict("records"), strict=True)
    ]
    return picked, ", ".join(f"{name}={level(value)}" for name, value in held.items())


def _at(folder: Path, epoch: int | None) -> tuple[int, Floats | None]:
    try:
        epochs, kept = read_filters(folder)
    except StoreError:
        return 0, None
    place = len(epochs) - 1 if epoch is None else int(np.searchsorted(epochs, epoch, "right")) - 1
    return int(epochs[place]), kept[place].astype(np.float64)


def drawn(rows: Sequence[tuple[str, int, Floats]], means: ClassMeans | None) -> pd.DataFrame:
    """Return a row a filter: run, epoch, filter, low, high, weights (I, J), likeness by class.

    The last are correlations with the mean images, a column `like_…` a class where there are such
    images and a filter as large as they; they are NaN for a filter that is smaller or not finite.
    """
    images = np.stack(list(means.values())).astype(np.float64) if means else np.empty((0, 0, 0))
    parts = []
    for words, epoch, kept in rows:
        part = {
            "run": words,
            "epoch": epoch,
            "filter": range(len(kept)),
            "low": kept.min(axis=(1, 2)),
            "high": kept.max(axis=(1, 2)),
            "weights": list(kept),
        }
        if means and kept.shape[1:] == images.shape[1:]:
            like = correlations(kept, images).T
            part |= {f"{LIKE}{label}": like[i] for i, label in enumerate(means)}
        parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True)


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
    first, last = table["epoch"].min(), table["epoch"].max()
    caption = (
        f"Filters at epoch {first}{f' to {last}' if last > first else ''} of one run "
        f"each{at and f' at {at}'}, all on one scale from −{end:.2g} to {end:.2g}."
    )
    if any(str(name).startswith(LIKE) for name in table):
        caption += " Below each: the class whose mean digit it is most like, by correlation."
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
            column, row = divmod(i, down)
            places = axes[row, column * most :]
            for ax, (_, shown) in zip(places, run[:most].iterrows(), strict=False):
                ax.imshow(
                    shown["weights"], cmap="RdBu_r", vmin=-end, vmax=end, interpolation="nearest"
                )
                ax.set_xlabel(most_like(shown), fontsize=7, labelpad=2)
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


def most_like(row: pd.Series) -> str:
    """Return the class that a filter is most like, in size, and how much; nothing if unknown."""
    like = {label: row[label] for label in row.index if str(label).startswith(LIKE)}
    like = {label: r for label, r in like.items() if np.isfinite(r)}
    if not like:
        return ""
    label = max(like, key=lambda name: abs(like[name]))
    return f"{str(label).removeprefix(LIKE)}: {like[label]:+.2f}"
