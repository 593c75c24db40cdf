"""What filters come to look like: their likeness to digits over training, and digit by digit."""

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.figures.drawing import Drawing, look
from analysis.figures.style import OKABE_ITO
from analysis.filter_likeness import correlations, cosine, overlay
from analysis.statistics.intervals import mean_interval
from src.keepsakes import read_class_means
from src.store import read_filters

if TYPE_CHECKING:
    from analysis.sweep import Sweep

Floats = NDArray[np.float64]

OWN, OTHER, LAID, EACH = (
    "its own digit",
    "other digits",
    "one digit laid over the other",
    "each other",
)
LINES = {OWN: ("o-", 0), OTHER: ("s--", 1), LAID: ("^-.", 2), EACH: ("D:", 3)}
BEFORE = "its own digit, before training"


def likeness(sweep: "Sweep", title: str = "") -> Drawing:
    """Draw how like digits the filters of (a part of) a study are.

    Left, over the epochs at which filters were kept: the correlation of filters with the mean image
    of their own digit, with the others, for two digits with one laid over the other (in size), and
    between two filters. Right, at the end, digit by digit.

    Raises
    ------
    AnalysisError
        No run finished, or filters are smaller than the images.
    """
    table = drawn(sweep)
    n = int(table["n"].max())
    at = ", ".join(
        f"{name}={sweep.runs[name].iloc[0]}"
        for name in ("act", "init", "lr", "T")
        if name in sweep.runs and sweep.runs[name].nunique() == 1
    )
    caption = (
        "Pearson's correlation of whole filters with the mean images of the classes (with one laid "
        f"over the other, and between filters: in size, and the cosine). Mean over {n} seeds and "
        f"pointwise 95 % Student-t intervals; runs that diverged have none. At {at}."
    )
    with look():
        figure = Drawing(
            table, title or f"{sweep.folder.name}: likeness of filters", caption, 7.2, 2.9
        )
        left, right = figure.subplots(1, 2, sharey=True)
        for word, (style, colour) in LINES.items():
            rows = table[(table["panel"] == "epochs") & (table["with"] == word)]
            if len(rows):
                pen = OKABE_ITO[colour]
                left.plot(rows["epoch"], rows["mean"], style, color=pen, label=word, markersize=4)
                left.fill_between(
                    rows["epoch"], rows["low"], rows["high"], color=pen, alpha=0.16, lw=0
                )
        left.set_xscale("symlog", linthresh=1)
        ticks = sorted(set(table["epoch"]))
        close = len(ticks) > 2 and ticks[-1] < 2 * ticks[-2]  # the last epoch is no power of two
        ticks = [*ticks[:-2], ticks[-1]] if close else ticks
        left.set_xticks(ticks, [str(int(tick)) for tick in ticks])
        left.minorticks_off()
        left.set_xlabel("epoch")
        left.set_ylabel("correlation")
        above = {
            "loc": "lower left",
            "bbox_to_anchor": (0, 1),
            "fontsize": 7.5,
            "title_fontsize": 7.5,
        }
        left.legend(title="Correlation of filters with …", alignment="left", ncols=2, **above)
        digits = table[table["panel"] == "digits"]
        for shift, (word, colour) in enumerate(((BEFORE, 6), (OWN, 0), (OTHER, 1))):
            rows = digits[digits["with"] == word]
            x = np.arange(len(rows)) + 0.2 * (shift - 1)
            error = np.abs(rows[["low", "high"]].to_numpy().T - rows["mean"].to_numpy())
            label = "the most similar other digit" if word == OTHER else word
            right.errorbar(
                x,
                rows["mean"],
                error,
                fmt="os^"[shift],
                color=OKABE_ITO[colour],
                markersize=3.5,
                lw=1,
                label=label,
            )
        names = list(dict.fromkeys(digits["digit"]))
        right.set_xticks(range(len(names)), [str(int(name)) for name in names])
        right.set_xlabel("digit of the filter")
        right.legend(title="… at the end, digit by digit", alignment="left", ncols=1, **above)
    return figure


def drawn(sweep: "Sweep") -> pd.DataFrame:
    """Return what is drawn: panel, with, digit, epoch, mean, low, high, n."""
    means = read_class_means(sweep.folder)
    places = np.flatnonzero(sweep.survived)
    if means is None or not places.size:
        raise AnalysisError(f"{sweep.folder.name} has no finished run or no class means")
    classes = json.loads(str(sweep.runs["classes"].iloc[0]))
    images = np.stack([np.asarray(means[digit], np.float64) for digit in classes])
    read = [read_filters(sweep.folders[i]) for i in places]
    if read[0][1].shape[2:] != images.shape[1:] or read[0][1].shape[1] != len(classes):
        raise AnalysisError("a likeness needs a filter as large as the image for every class")
    epochs = read[0][0]
    kept = np.stack([filters for _, filters in read if len(filters) == len(epochs)])
    square = correlations(kept.astype(np.float64), images)  # (n, F, L, D)
    own = np.diagonal(square, axis1=2, axis2=3)
    others = square + np.where(np.eye(len(classes), dtype=bool), -np.inf, 0.0)
    mean_other = (square.sum(axis=3) - own) / (len(classes) - 1)
    seeds = sweep.runs[sweep.design.seed].to_numpy()[places]
    lines = {OWN: own.mean(axis=2), OTHER: mean_other.mean(axis=2), EACH: cosine(kept)}
    if len(classes) == 2:
        lines[LAID] = overlay(kept.astype(np.float64), *images)[0].mean(axis=2)
    else:
        del lines[EACH]
    rows = [
        {"panel": "epochs", "with": word, "epoch": int(epoch), **_mean(values[:, f], seeds)}
        for word, values in lines.items()
        for f, epoch in enumerate(epochs)
    ]
    ends = {BEFORE: own[:, 0], OWN: own[:, -1], OTHER: others[:, -1].max(axis=2)}
    rows += [
        {
            "panel": "digits",
            "with": word,
            "digit": digit,
            "epoch": int(epochs[-1]),
            **_mean(values[:, place], seeds),
        }
        for word, values in ends.items()
        for place, digit in sorted(enumerate(classes), key=lambda pair: pair[1])
    ]
    return pd.DataFrame(rows)


def _mean(values: Floats, seeds: NDArray[np.int64]) -> dict[str, float]:
    by_seed = pd.Series(values).groupby(seeds).mean().to_numpy(np.float64)
    found = mean_interval(by_seed)
    return {"mean": found.estimate, "low": found.low, "high": found.high, "n": found.n}
