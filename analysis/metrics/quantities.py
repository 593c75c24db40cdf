"""A name becomes a column: any measure of any curve, the rate of an outcome or of a diagnosis.

Owns what can be asked of a run by name, and with which unit, kind and direction it is compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.arrays import Flags, Floats
from analysis.errors import AnalysisError, nearest
from analysis.metrics.diagnosis import diagnoses
from analysis.metrics.labels import LABELS
from analysis.metrics.measures import Curves, times_to
from analysis.metrics.registry import Metric, resolve
from analysis.statistics.contrasts import Better, Endpoint, Kind
from analysis.study.data import StudyData
from src.timeline import curve_of

OUTCOMES = ("diverged", "failed", "interrupted", "finished")


@dataclass(frozen=True, eq=False)
class Quantity:
    """One number a run, by name.

    Attributes
    ----------
    name : as in a column's head
    label : in words, with its unit, for a caption or an axis
    values : (n,), NaN where the run has none
    kind : "value" is of runs that finished; "time" and "rate" are of all with a result
    better : which end is good; None where neither is
    missed : (n,) True where a time is not reached by the horizon
    horizon : in epochs, of a time
    share : whether it can only lie between 0 and 1
    """

    name: str
    label: str
    values: Floats
    kind: Kind
    better: Better | None
    missed: Flags | None = None
    horizon: float | None = None
    share: bool = False

    @property
    def order(self) -> Better:
        """The end that ranks first: the good one, the upper where neither is."""
        return self.better or "higher"

    def endpoint(self, delta: float | None = None) -> Endpoint:
        """Return what the comparison needs to know of it."""
        return Endpoint(self.name, self.kind, delta)


def quantity(sweep: StudyData, text: str) -> Quantity:
    """Compute a quantity by name: `test_acc`, `epochs_to(test_acc, 0.95)`, `rate(diverged)`.

    Raises
    ------
    AnalysisError
        The name is wrong, with the nearest that exist; or its parameter is.
    """
    rates = dict.fromkeys((*OUTCOMES, *LABELS))
    word = text.strip()
    if word in rates:
        return _rate(sweep, word)
    if word.startswith("rate(") and word.endswith(")"):
        what = word[5:-1].strip().replace("_", " ")
        if what not in rates:
            raise AnalysisError(f"no rate is called {what!r}: {nearest(what, rates)}")
        return _rate(sweep, what)
    curves = sweep.curve_names
    if "(" not in word and word not in curves:
        if word in sweep.runs:
            raise AnalysisError(
                f"{word} is a column of sweep.runs, and no metric: a metric is made of a curve, "
                "such as test_acc or tail(train_loss, 10)"
            )
        raise AnalysisError(f"no curve is called {word!r}: {nearest(word, [*curves, *OUTCOMES])}")
    metric = resolve(word, curves)
    name = metric.curve if metric.name == "final" else str(metric)
    curve = curve_of(metric.curve)
    if metric.name == "epochs_to":
        return _time(sweep, metric, name)
    label = metric.label.replace(metric.curve, curve.axis) if metric.name != "gap" else ""
    values = _values(sweep, metric)
    share = metric.name in ("final", "at", "tail", "area", "best") and curve.is_share
    return Quantity(name, label or metric.label, values, "value", metric.better, share=share)


def _values(sweep: StudyData, metric: Metric) -> Floats:
    values = np.full(len(sweep.runs), np.nan)
    for rows, last in sweep.spans():
        squares = {name: _padded(sweep.curve(name)[rows], last) for name in metric.curves}
        curves = {n: _curves(sweep, n, square) for n, square in squares.items()}
        values[rows] = metric.of(curves)
    values[~sweep.survived] = np.nan  # a value up to a divergence is no result of the run
    return values


def _curves(sweep: StudyData, name: str, square: Floats) -> Curves:
    """Return a curve over its epochs: of an imported study, those that some run has logged."""
    epochs = np.arange(float(square.shape[1]))
    logged = np.flatnonzero(~np.isnan(square).all(axis=0))
    if not (sweep.imported and logged.size):
        logged = np.arange(len(epochs))
    return Curves(square[:, logged], epochs[logged], curve_of(name).rises)


def _time(sweep: StudyData, metric: Metric, name: str) -> Quantity:
    values, missed = np.full(len(sweep.runs), np.nan), np.ones(len(sweep.runs), dtype=bool)
    horizon = float(sweep.runs["epochs"].min())
    for rows, last in sweep.spans():
        square = _padded(sweep.curve(metric.curve)[rows], last)
        times = times_to(_curves(sweep, metric.curve, square), metric.parameter or 0.0, horizon)
        values[rows], missed[rows] = times.epochs, times.censored
    values[~sweep.has_result] = np.nan
    label = f"{metric.label} (at most {horizon:g}, where it is not reached)"
    return Quantity(name, label, values, "time", "lower", missed, horizon)


def _rate(sweep: StudyData, what: str) -> Quantity:
    if what in OUTCOMES:
        hit = (sweep.runs["outcome"] == what).to_numpy()
        known = np.ones(len(hit), bool) if what in OUTCOMES[1:] else sweep.has_result
    else:
        hit = (diagnoses(sweep)["label"] == what).to_numpy()
        known = sweep.has_result
    values = np.where(known, hit.astype(np.float64), np.nan)
    good = what in ("finished", "converged")
    return Quantity(
        f"rate({what})", f"share of runs {what}", values, "rate", "higher" if good else "lower"
    )


def _padded(square: Floats, last: int) -> Floats:
    if square.shape[1] > last:
        return square[:, : last + 1]
    return np.pad(square, ((0, 0), (0, last + 1 - square.shape[1])), constant_values=np.nan)


def quantities(sweep: StudyData, texts: Sequence[str]) -> list[Quantity]:
    """Compute several quantities, each once."""
    return [quantity(sweep, text) for text in dict.fromkeys(texts)]
