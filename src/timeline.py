"""Timeline and Outcome: what one run leaves behind.

Owns the curves: each is declared once, with its name, which is public (a column of
`sweep.timelines`), and with all that is to be known of it to read, compare and draw it.
"""

import re
from dataclasses import dataclass
from enum import Enum
from math import inf
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Curve:
    """What there is to know of a curve beside its values; how it is computed is in `src.training`.

    Attributes
    ----------
    name : str
        Of the column in `sweep.timelines`, and in the files of a run.
    meaning : str
        What it measures, in a line.
    title : str
        Its name in words, for an axis.
    unit : str
        For an axis; empty where none is known.
    better : {"higher", "lower"} or None
        The end that is good. None: neither is, the curve describes.
    low, high : float
        The least and the greatest value that it can have, and its mean over runs with it.
    """

    name: str
    meaning: str
    title: str
    unit: str
    better: Literal["higher", "lower"] | None = None
    low: float = -inf
    high: float = inf

    @property
    def rises(self) -> bool:
        """Whether it is read upward: a curve of which no end is good is read so too."""
        return self.better != "lower"

    @property
    def is_share(self) -> bool:
        """Whether it can only lie between 0 and 1."""
        return (self.low, self.high) == (0.0, 1.0)

    @property
    def axis(self) -> str:
        """Its title and unit."""
        return f"{self.title} ({self.unit})" if self.unit else self.title


def _loss(name: str, digits: str, title: str) -> Curve:
    meaning = f"mean of the run's loss over the {digits} digits"
    return Curve(name, meaning, title, "of the loss, per digit", "lower", low=0.0)


def _accuracy(name: str, digits: str, title: str) -> Curve:
    meaning = f"share of {digits} digits decided rightly"
    return Curve(name, meaning, title, "share of digits", "higher", 0.0, 1.0)


def _norm(name: str, meaning: str, title: str) -> Curve:
    return Curve(name, meaning, title, "Euclidean", low=0.0)


def _share(name: str, meaning: str, title: str) -> Curve:
    return Curve(name, meaning, title, "share", low=0.0, high=1.0)


_DECLARED = (
    _loss("train_loss", "training", "training loss"),
    _accuracy("train_acc", "training", "training accuracy"),
    _loss("test_loss", "test", "test loss"),
    _accuracy("test_acc", "test", "test accuracy"),
    _norm("conv_norm", "Euclidean norm of the filters and their biases", "norm of the convolution"),
    _norm(
        "perceptron_norm",
        "Euclidean norm of the perceptron's weights and biases",
        "norm of the perceptron",
    ),
    _norm(
        "conv_grad_norm",
        "norm of the mean loss's gradient in the filters and their biases",
        "gradient norm, convolution",
    ),
    _norm(
        "perceptron_grad_norm",
        "norm of the mean loss's gradient in the perceptron",
        "gradient norm, perceptron",
    ),
    _share(
        "conv_saturated",
        "share of (feature, digit) pairs on the flat part of the activation",
        "saturated features",
    ),
    _share("conv_dead", "share of features on the flat part for every digit", "dead features"),
    _share(
        "perceptron_saturated",
        "share of (output, digit) pairs on the flat part of the activation",
        "saturated outputs",
    ),
    _share("perceptron_dead", "share of outputs on the flat part for every digit", "dead outputs"),
    Curve(
        "filter_similarity",
        "mean cosine between two filters",
        "similarity of filters",
        "mean cosine",
        low=-1.0,
        high=1.0,
    ),
)
CURVES = {curve.name: curve for curve in _DECLARED}
"""Every curve by name, in the order of the files; those after the first four are probes, on at most
1,000 digits."""


def curve_of(name: str) -> Curve:
    """Return what is known of a curve by name.

    A curve that is not declared here, of a later version or of another tool, is called by its name,
    without a unit or bounds. Its good end is known where the last word of the name says it, as in
    `val_loss` and `valid/accuracy`.
    """
    if name in CURVES:
        return CURVES[name]
    last = re.split(r"[^a-z0-9]+", name.lower())[-1]
    return Curve(name, "", name, "", _GOOD_ENDS.get(last))


_GOOD_ENDS: dict[str, Literal["higher", "lower"]] = {
    **dict.fromkeys(("acc", "accuracy", "auc", "auroc", "f1", "precision", "recall"), "higher"),
    **dict.fromkeys(("loss", "error", "mse", "rmse", "mae", "nll", "perplexity"), "lower"),
}
"""By the last word of a curve's name."""


class Ending(Enum):
    """How a run ended (law 5)."""

    finished = "trained to its last epoch"
    diverged = "its numbers left the range of its dtype"
    failed = "an exception or a killed worker ended it"
    interrupted = "stopped before its last epoch"


DONE = (Ending.finished, Ending.diverged)
"""The endings of a run that has a result."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended, when, and where."""

    ending: Ending
    epoch: int | None
    """The last epoch that the timeline holds; None where nothing was kept."""
    place: str | None = None
    """Where a divergence began: convolution, perceptron or loss."""
    message: str | None = None
    """Of a failure: the traceback, or the signal."""

    @property
    def reason(self) -> str:
        """The message in a line: of a traceback, the last, which names the exception."""
        return (self.message or "").strip().rpartition("\n")[2]

    def __str__(self) -> str:
        if self.ending is Ending.diverged:
            return f"diverged at epoch {self.epoch} in the {self.place}"
        return self.ending.name


@dataclass(eq=False)
class Timeline:
    """The curves of one run from epoch 0 (before training), its filters, and its end."""

    outcome: Outcome
    curves: dict[str, NDArray[np.float64]]
    """By name, (epochs + 1,); NaN after the outcome's epoch."""
    filter_epochs: NDArray[np.int64]
    """(F,): the epochs at which the filters were kept, spaced by powers of two, and the last."""
    filters: NDArray[Any]
    """(F, L, I, J)"""
    parameters: dict[str, NDArray[Any]]
    """The last: filters (L, I, J), filter_biases (L,), weights (C, K), biases (C,)."""
    confusion: NDArray[np.int64]
    """(C, C): test digits by true class (row) and decision (column), at the end."""

    def final(self, curve: str) -> float:
        """Return a curve's value at the last epoch, NaN for a run that diverged."""
        return float(self.curves[curve][-1])


def snapshot_epochs(epochs: int) -> list[int]:
    """Return 0, 1, 2, 4, 8, … and the last epoch."""
    powers = [1 << k for k in range(epochs.bit_length())]
    return sorted({0, *(e for e in powers if e <= epochs), epochs})
