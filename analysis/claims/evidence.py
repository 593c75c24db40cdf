"""What a claim can ask of a run beyond the quantities of `compare`, by name, one value a run.

    change(train_loss)    final minus first value of a curve
    rate(dead, vanished)  whether the run has one of several diagnoses or outcomes
    seconds               what the run took of its worker's time
    likeness(3), own, …   what its filters look like: see `analysis.metrics.filter_metrics`

Owns these names, and the reading of filters; a measure says itself what it needs of a run.
"""

import json
import re
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError, nearest
from analysis.metrics.class_means import class_means
from analysis.metrics.filter_metrics import FILTER_MEASURES, FilterMeasure, Filters
from analysis.metrics.quantities import Quantity, quantity
from src.storage.store import read_filters

if TYPE_CHECKING:
    from analysis.sweep import Sweep

Floats = NDArray[np.float64]


def evidence(sweep: "Sweep", text: str) -> Quantity:
    """Compute a measure of every run by name.

    Raises
    ------
    AnalysisError
        The name is wrong, with the nearest that exist; or the study, or a run of it, cannot tell.
    """
    text = text.strip()
    name, _, rest = text.partition("(")
    words = [word.strip() for word in rest.removesuffix(")").split(",") if word.strip()]
    if name in FILTER_MEASURES:
        measure = FILTER_MEASURES[name]
        values = _of_filters(sweep, measure, text, _digits(name, measure, text, words))
        return Quantity(text, text, values, "value", "higher", share=measure.share)
    if name == "rate" and len(words) > 1:
        parts = [quantity(sweep, f"rate({word})") for word in words]
        values = np.max([part.values for part in parts], axis=0)
        return Quantity(text, f"share of runs {' or '.join(words)}", values, "rate", "lower")
    if name == "change" and len(words) == 1:
        final = quantity(sweep, words[0])
        values = final.values - sweep.curve(words[0])[:, 0]
        label = f"final minus first {words[0]}"
        return Quantity(f"change({words[0]})", label, values, "value", final.better)
    if text == "seconds":
        seconds = sweep.runs["seconds"].to_numpy(np.float64)
        return Quantity(text, "seconds of a worker", seconds, "value", "lower")
    try:
        return quantity(sweep, text)
    except AnalysisError as error:
        names = [*FILTER_MEASURES, "change", "seconds"]
        raise AnalysisError(f"{error} (of filters and starts: {nearest(name, names)})") from None


def _digits(name: str, measure: FilterMeasure, text: str, words: list[str]) -> list[int]:
    digits = [int(word) for word in words if re.fullmatch(r"\d+", word)]
    right = {"no digits": not words, "one digit": len(words) == 1}.get(measure.takes, bool(words))
    if not right or len(digits) != len(words):
        raise AnalysisError(f"{name} takes {measure.takes}, got {text!r}")
    return digits


def _of_filters(sweep: "Sweep", measure: FilterMeasure, text: str, digits: list[int]) -> Floats:
    classes = [json.loads(listed) for listed in sweep.runs["classes"]]
    for of_run, L in zip(classes, sweep.runs["L"], strict=True):
        measure.check(text, digits, of_run, int(L))
    images = class_means(sweep.folder, {*digits, *(digit for row in classes for digit in row)})
    values = np.full(len(sweep.runs), np.nan)
    for i in np.flatnonzero(sweep.survived):
        _, kept = read_filters(sweep.folders[i])
        before, after = kept[[0, -1]].astype(np.float64)
        values[i] = measure.value(Filters(before, after, images, classes[i], digits))
    return values
