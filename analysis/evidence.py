"""What a claim can ask of a run beyond the quantities of `compare`, by name, one value a run.

    change(train_loss)    final minus first value of a curve; ratio(train_loss): final by first
    rate(dead, vanished)  whether the run has one of several diagnoses or outcomes
    seconds               what the run took of its worker's time
    likeness(3)           mean correlation of the filters with the mean image of a digit
    own                   how much more filters are like their own digit than like the others
    shape(3)              of the digit's filter: likeness to the digit, minus before training
    distinct(3)           … minus its likeness to the most similar other digit
    named(2, 3)           own likeness of the filters of some digits, minus that of the others
    noise                 share of filters that look like noise
    alike, same_digit     whether two filters look alike; whether they seek the same digit
    mirrored              correlation, in size, of what the two filters have learned
    explicit              share of filters that show one of the run's digits by itself
    overlaid              likeness to one digit laid over the other, beyond that to either alone
    overlay_learned       that likeness, minus before training

Filter l belongs to the l-th class. Owns these names; the arithmetic is `analysis.likeness`.
"""

import json
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis import likeness as like
from analysis.errors import AnalysisError
from analysis.metrics import nearest
from analysis.quantities import Quantity, quantity
from src.keepsakes import read_class_means
from src.store import read_filters

if TYPE_CHECKING:
    from analysis.sweep import Sweep

Floats = NDArray[np.float64]
Measure = Callable[[Floats, dict[int, Floats], list[int], Sequence[int]], float]
"""From one run's filters before and after training (2, L, H, V), the mean images by digit, the
run's digits in the order of its outputs, and the numbers in brackets."""


def evidence(sweep: "Sweep", text: str) -> Quantity:
    """Compute a measure of every run by name.

    Raises
    ------
    AnalysisError
        The name is wrong, with the nearest that exist, or the study cannot tell.
    """
    name, _, rest = text.strip().partition("(")
    words = [word.strip() for word in rest.removesuffix(")").split(",") if word.strip()]
    if name in FILTERS:
        digits = [int(word) for word in words if re.fullmatch(r"\d+", word)]
        if len(digits) != len(words):
            raise AnalysisError(f"{name} takes digits, got {text!r}")
        values = np.where(sweep.survived, _of_filters(sweep, FILTERS[name], digits), np.nan)
        return Quantity(text, text, values, "value", "higher", share=name in SHARES)
    if name == "rate" and len(words) > 1:
        parts = [quantity(sweep, f"rate({word})") for word in words]
        values = np.max([part.values for part in parts], axis=0)
        return Quantity(text, f"share of runs {' or '.join(words)}", values, "rate", "lower")
    if name in ("change", "ratio") and len(words) == 1:
        return _against_start(sweep, name, words[0])
    if text.strip() == "seconds":
        seconds = sweep.runs["seconds"].to_numpy(np.float64)
        return Quantity(text, "seconds of a worker", seconds, "value", "lower")
    try:
        return quantity(sweep, text)
    except AnalysisError as error:
        names = [*FILTERS, "change", "ratio", "seconds"]
        raise AnalysisError(f"{error} (of filters and starts: {nearest(name, names)})") from None


def _against_start(sweep: "Sweep", name: str, curve: str) -> Quantity:
    final = quantity(sweep, curve)
    first = sweep.curve(curve)[:, 0]
    values = final.values - first if name == "change" else final.values / first
    words = "final minus first" if name == "change" else "final by first"
    return Quantity(f"{name}({curve})", f"{words} {curve}", values, "value", final.better)


def _of_filters(sweep: "Sweep", measure: Measure, digits: Sequence[int]) -> Floats:
    means = read_class_means(sweep.folder)
    if means is None:
        raise AnalysisError(f"{sweep.folder} has no class means to hold filters against")
    images = {label: np.asarray(image, np.float64) for label, image in means.items()}
    values = np.full(len(sweep.runs), np.nan)
    classes = [json.loads(text) for text in sweep.runs["classes"]]
    for i in np.flatnonzero(sweep.survived):
        _, kept = read_filters(sweep.folders[i])
        if kept.shape[2:] != next(iter(images.values())).shape:
            raise AnalysisError(
                f"filters must be as large as the images to be like them, got {kept.shape[2:]}"
            )
        values[i] = measure(kept[[0, -1]].astype(np.float64), images, classes[i], digits)
    return values


def _to_digits(filters: Floats, images: dict[int, Floats], digits: Sequence[int]) -> Floats:
    return like.correlations(filters, np.stack([images[digit] for digit in digits]))


def _likeness(
    ends: Floats, images: dict[int, Floats], classes: list[int], digits: Sequence[int]
) -> float:
    return float(_to_digits(ends[1], images, digits).mean())


def _own(
    ends: Floats, images: dict[int, Floats], classes: list[int], digits: Sequence[int]
) -> float:
    square = _to_digits(ends[1], images, classes)
    others = (square.sum(axis=1) - square.diagonal()) / (len(classes) - 1)
    return float((square.diagonal() - others).mean())


def _shape(
    ends: Floats, images: dict[int, Floats], classes: list[int], digits: Sequence[int]
) -> float:
    place = classes.index(digits[0])
    before, after = _to_digits(ends[:, place], images, digits)[:, 0]
    return float(after - before)


def _distinct(
    ends: Floats, images: dict[int, Floats], classes: list[int], digits: Sequence[int]
) -> float:
    place = classes.index(digits[0])
    row = _to_digits(ends[1, place : place + 1], images, classes)[0]
    return float(row[place] - np.delete(row, place).max())


def _named(
    ends: Floats, images: dict[int, Floats], classes: list[int], digits: Sequence[int]
) -> float:
    own = _to_digits(ends[1], images, classes).diagonal()
    named = np.isin(classes, digits)
    return float(own[named].mean() - own[~named].mean())


def _noise(
    ends: Floats, images: dict[int, Floats], classes: list[int], digits: Sequence[int]
) -> float:
    return float((_to_digits(ends[1], images, classes).diagonal() < like.NOISE).mean())


def _alike(
    ends: Floats, images: dict[int, Floats], classes: list[int], digits: Sequence[int]
) -> float:
    return float(like.cosine(ends[1]) > like.ALIKE)


def _same_digit(
    ends: Floats, images: dict[int, Floats], classes: list[int], digits: Sequence[int]
) -> float:
    sought = like.strongest(ends[1], np.stack([images[digit] for digit in classes]))
    return float((sought == sought[0]).all())


def _mirrored(
    ends: Floats, images: dict[int, Floats], classes: list[int], digits: Sequence[int]
) -> float:
    learned = ends[1] - ends[0]
    return float(abs(like.correlations(learned[:1], learned[1:2])[0, 0]))


def _explicit(
    ends: Floats, images: dict[int, Floats], classes: list[int], digits: Sequence[int]
) -> float:
    return float((np.abs(_to_digits(ends[1], images, classes)).max(axis=1) > like.EXPLICIT).mean())


def _overlaid(
    ends: Floats, images: dict[int, Floats], classes: list[int], digits: Sequence[int]
) -> float:
    return float(like.overlay(ends[1], *(images[digit] for digit in classes[:2]))[1].mean())


def _overlay_learned(
    ends: Floats, images: dict[int, Floats], classes: list[int], digits: Sequence[int]
) -> float:
    before, after = like.overlay(ends, *(images[digit] for digit in classes[:2]))[0]
    return float((after - before).mean())


FILTERS: dict[str, Measure] = {
    "likeness": _likeness,
    "own": _own,
    "shape": _shape,
    "distinct": _distinct,
    "named": _named,
    "noise": _noise,
    "alike": _alike,
    "same_digit": _same_digit,
    "mirrored": _mirrored,
    "explicit": _explicit,
    "overlaid": _overlaid,
    "overlay_learned": _overlay_learned,
}
SHARES = ("noise", "alike", "same_digit", "explicit")
