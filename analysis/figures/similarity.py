"""What filters come to look like: their likeness to digits over training, and digit by digit."""

import json

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.figures.drawing import Drawing, look
from analysis.figures.style import OKABE_ITO
from analysis.metrics.class_means import class_means
from analysis.metrics.similarity import correlations, cosine, overlay
from analysis.statistics.intervals import mean_interval
from analysis.statistics.seeds import by_seed
from analysis.study.data import StudyData
from src.storage.store import read_filters

Floats = NDArray[np.float64]

OWN, OTHER, LAID, EACH = (
    "its own digit",
    "other digits",
    "one digit laid over the other",
    "each other",
)
LINES = {OWN: ("o-", 0), OTHER: ("s--", 1), LAID: ("^-.", 2), EACH: ("D:", 3)}
BEFORE = "its own digit, before training"


def likeness(sweep: StudyData, title: str = "") -> Drawing:
    """Draw how like digits the filters of (a part of) a study are.

    Left, over the epochs at which filters were kept: the correlation of filters with the mean image
    of their own digit, with the others, for two digits with one laid over the other (in size), and
    between two filters. Right, at the end, digit by digit.

    Raises
    ------
    AnalysisError
        No run finished, runs have other classes, or there is no filter as large as the images for
        every class.
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
    if left_out := int(table["left_out"].iloc[0]):
        epochs = int(table["epoch"].max())
        caption += f" Left out: {left_out} runs of another length than {epochs} epochs."
    with look():
        figure = Drawing(table, title or f"{sweep.name}: likeness of filters", caption, 7.2, 2.9)
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


def drawn(sweep: StudyData) -> pd.DataFrame:
    """Return what is drawn: panel, with, digit, epoch, mean, low, high, n, left_out.

    Runs that kept filters at other epochs than most, for they are of another length, are left out.
    """
    places = np.flatnonzero(sweep.survived)
    if not places.size:
        raise AnalysisError(f"{sweep.name} has no finished run")
    listed = sweep.runs["classes"].iloc[places].unique()
    if len(listed) > 1:
        raise AnalysisError(
            f"a likeness is of runs that tell the same digits apart, got classes {listed[0]} and "
            f"{listed[1]}: select runs of one"
        )
    classes = json.loads(str(listed[0]))
    means = class_means(sweep.folder, classes)
    images = np.stack([means[digit] for digit in classes])
    read = [read_filters(sweep.folders[i]) for i in places]
    if any(filters.shape[1:] != images.shape for _, filters in read):
        raise AnalysisError("a likeness needs a filter as large as the image for every class")
    when = [tuple(at.tolist()) for at, _ in read]
    epochs = max(when, key=lambda at: (when.count(at), at))
    together = np.array([at == epochs for at in when])
    kept = np.stack([filters for (_, filters), here in zip(read, together, strict=True) if here])
    square = correlations(kept.astype(np.float64), images)  # (n, F, L, D)
    own = np.diagonal(square, axis1=2, axis2=3)
    others = square + np.where(np.eye(len(classes), dtype=bool), -np.inf, 0.0)
    mean_other = (square.sum(axis=3) - own) / (len(classes) - 1)
    seeds = sweep.runs[sweep.design.seed].to_numpy()[places[together]]
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
    return pd.DataFrame(rows).assign(left_out=int((~together).sum()))


def _mean(values: Floats, seeds: NDArray[np.int64]) -> dict[str, float]:
    found = mean_interval(by_seed(pd.Series(values), pd.Series(seeds)))
    return {"mean": found.estimate, "low": found.low, "high": found.high, "n": found.n}
