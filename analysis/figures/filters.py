"""Filters of runs side by side on one symmetric scale, with their likeness to class means."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.figures.drawing import Axes, Drawing, look
from analysis.resemblance import Means, likeness
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
    return draw(shown, read_class_means(sweep.folder), title, at, end)


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


def drawn(rows: Sequence[tuple[str, int, Floats]], means: Means | None) -> pd.DataFrame:
    """Return a row a filter: run, epoch, filter, low, high, like_… (correlations by class)."""
    out = []
    for words, epoch, kept in rows:
        for i, image in enumerate(kept):
            ends = {"low": float(image.min()), "high": float(image.max())}
            like = {f"like_{label}": r for label, r in likeness(image, means).items()}
            out.append({"run": words, "epoch": epoch, "filter": i, **ends, **like})
    return pd.DataFrame(out)


def scale_of(images: Sequence[Floats]) -> float:
    """Return the largest finite size of any weight: the end of the one symmetric scale."""
    sizes = [float(np.abs(image[np.isfinite(image)]).max(initial=0.0)) for image in images]
    return max(sizes, default=0.0) or 1.0


def draw(
    rows: Sequence[tuple[str, int, Floats]], means: Means | None, title: str, at: str, end: float
) -> Drawing:
    """Draw filters in rows, on a scale from −end to end."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    table = drawn(rows, means)
    most = min(max(len(kept) for _, _, kept in rows), MOST_FILTERS)
    across = max(1, min(4, round(8 / most))) if len(rows) > 4 and most <= 4 else 1
    down = -(-len(rows) // across)
    epochs = sorted({epoch for _, epoch, _ in rows})
    caption = (
        f"Filters at epoch {epochs[0]}{f' to {epochs[-1]}' if len(epochs) > 1 else ''} of one run "
        f"each at {at}, all on one scale from −{end:.2g} to {end:.2g}."
    )
    if any(str(name).startswith("like_") for name in table):
        caption += " Below each: the class whose mean digit it is most like, by correlation."
    with look():
        width = across * (most * 0.95 + 1.35) + 0.9
        figure = Drawing(table, title, caption, width, 1.06 * down + 0.45)
        axes = figure.subplots(down, across * most, squeeze=False)
        for ax in axes.ravel():
            ax.set(xticks=[], yticks=[])
            ax.grid(False)
            ax.spines[:].set_visible(False)
        for i, (words, epoch, kept) in enumerate(rows):
            column, row = divmod(i, down)
            for ax, image in zip(axes[row, column * most :], kept[:most], strict=False):
                _image(ax, image, end, means)
            named = words.replace(", ", "\n") + f"\nepoch {epoch}"
            axes[row, column * most].set_ylabel(
                named, rotation=0, ha="right", va="center", fontsize=7.5
            )
        figure.colorbar(
            ScalarMappable(Normalize(-end, end), "RdBu_r"),
            ax=axes,
            label="weight",
            shrink=min(1, 2.2 / down + 0.2),
            aspect=25,
        )
    return figure


def _image(ax: Axes, image: Floats, end: float, means: Means | None) -> None:
    ax.imshow(image, cmap="RdBu_r", vmin=-end, vmax=end, interpolation="nearest")
    like = likeness(image, means)
    if like:
        label = max(like, key=lambda name: abs(like[name]))
        ax.set_xlabel(f"{label}: {like[label]:+.2f}", fontsize=7, labelpad=2)
