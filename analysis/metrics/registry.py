"""Measures by name: `final(test_acc)` can be computed, labelled and compared.

The names, labels and directions stand here once; what they compute is `analysis.metrics.measures`.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from analysis.arrays import Floats
from analysis.errors import AnalysisError, nearest
from analysis.metrics import measures
from analysis.metrics.measures import Curves
from analysis.statistics.contrasts import Better
from src.timeline import curve_of


@dataclass(frozen=True)
class Measure:
    """A way to turn a curve into a number.

    Attributes
    ----------
    compute : from Curves (for `gap`: from the training and the test Curves) and the parameter to
        one value a run
    label : a sentence part with {curve} and {parameter}
    better : "curve" where the curve's own direction decides
    parameter : what the number after the comma means, None where there is none
    required : whether that number must be given
    """

    compute: Callable[..., Floats]
    label: str
    better: Literal["curve", "lower"] = "curve"
    parameter: str | None = None
    required: bool = False
    curves: tuple[str, ...] = ("{}",)


MEASURES: Mapping[str, Measure] = {
    "final": Measure(measures.final, "final {curve}"),
    "at": Measure(measures.at, "{curve} at epoch {parameter}", parameter="epoch", required=True),
    "tail": Measure(
        measures.tail, "mean {curve} of the last {parameter} epochs", parameter="epochs"
    ),
    "area": Measure(measures.area, "mean {curve} over training (area under the curve per epoch)"),
    "epochs_to": Measure(
        measures.epochs_to,
        "epochs until {curve} reaches {parameter}",
        better="lower",
        parameter="threshold",
        required=True,
    ),
    "gap": Measure(
        measures.gap,
        "generalisation gap of {curve} (test worse than training)",
        better="lower",
        curves=("train_{}", "test_{}"),
    ),
    "instability": Measure(
        measures.instability, "late instability of {curve}", better="lower", parameter="epochs"
    ),
    "best": Measure(measures.best, "best {curve} over the epochs (optimistic)"),
}


@dataclass(frozen=True)
class Metric:
    """A measure of a named curve, ready to be computed."""

    name: str
    curve: str
    parameter: float | None = None

    @property
    def measure(self) -> Measure:
        """The entry in the registry."""
        return MEASURES[self.name]

    @property
    def curves(self) -> tuple[str, ...]:
        """The names of the curves that it reads."""
        return tuple(name.format(self.curve) for name in self.measure.curves)

    @property
    def label(self) -> str:
        """Words for a column or an axis."""
        words = (
            self.measure.label
            if self.parameter is not None
            else self.measure.label.replace("last {parameter}", "last")
        )
        return words.format(curve=self.curve, parameter=f"{self.parameter or 0:g}")

    def __str__(self) -> str:
        return (
            f"{self.name}({self.curve}{'' if self.parameter is None else f', {self.parameter:g}'})"
        )

    @property
    def better(self) -> Better | None:
        """Tell which end is good; None where neither end of its curve is."""
        return "lower" if self.measure.better == "lower" else curve_of(self.curves[-1]).better

    def of(self, curves: Mapping[str, Curves]) -> Floats:
        """Compute one value a run, (n,), from curves by name."""
        parameters: list[Any] = []
        if self.parameter is not None:
            parameters = [
                int(self.parameter) if self.measure.parameter == "epochs" else self.parameter
            ]
        return self.measure.compute(*(curves[name] for name in self.curves), *parameters)


def resolve(text: str, curves: Collection[str]) -> Metric:
    """Read a metric's name.

    `final(test_acc)`, `at(test_acc, 50)`, `epochs_to(test_acc, 0.95)`, or a bare curve, which
    means its final value.

    Parameters
    ----------
    text : the name
    curves : the curves that the study has

    Raises
    ------
    AnalysisError : for a wrong measure, curve or parameter, with the nearest that exist
    """
    parts = re.fullmatch(r"\s*(?:(\w+)\s*\(\s*)?([\w./]+)\s*(?:,\s*([^,()\s]+)\s*)?\)?\s*", text)
    if parts is None or (parts[1] is None) != (")" not in text):
        raise AnalysisError(
            f"metric must look like final(test_acc) or epochs_to(test_acc, 0.95), got {text!r}"
        )
    name, curve, number = parts[1] or "final", parts[2], parts[3]
    if name not in MEASURES:
        raise AnalysisError(f"no measure is called {name!r}: {nearest(name, MEASURES)}")
    measure = MEASURES[name]
    metric = Metric(name, curve, _parameter(name, measure, number))
    missing = [wanted for wanted in metric.curves if wanted not in curves]
    if missing:
        raise AnalysisError(f"no curve is called {missing[0]!r}: {nearest(missing[0], curves)}")
    return metric


def _parameter(name: str, measure: Measure, number: str | None) -> float | None:
    if number is None:
        if measure.required:
            raise AnalysisError(
                f"{name} must be given its {measure.parameter}, "
                f"as in {name}(test_acc, {'50' if name == 'at' else '0.95'})"
            )
        return None
    if measure.parameter is None:
        raise AnalysisError(f"{name} takes a curve and nothing else, got {number!r}")
    try:
        value = float(number)
    except ValueError:
        raise AnalysisError(
            f"{measure.parameter} of {name} must be a number, got {number!r}"
        ) from None
    if measure.parameter == "epochs" and (value < 1 or value != int(value)):
        raise AnalysisError(
            f"epochs of {name} must be a whole number of at least 1, got {number!r}"
        )
    if measure.parameter == "epoch" and (value < 0 or value != int(value)):
        raise AnalysisError(f"epoch of {name} must be a whole number from 0 on, got {number!r}")
    return value
