"""Timeline and Outcome: what one run leaves behind.

Owns the names of the curves, which are public: they are the columns of `sweep.timelines`.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

CURVES = {
    "train_loss": "mean squared error ½‖x−p‖² over the training digits",
    "train_acc": "share of training digits decided rightly",
    "test_loss": "mean squared error ½‖x−p‖² over the test digits",
    "test_acc": "share of test digits decided rightly",
    "conv_norm": "Euclidean norm of the filters and their biases",
    "perceptron_norm": "Euclidean norm of the perceptron's weights and biases",
    "conv_grad_norm": "norm of the mean loss's gradient in the filters and their biases",
    "perceptron_grad_norm": "norm of the mean loss's gradient in the perceptron",
    "conv_saturated": "share of (feature, digit) pairs on the flat part of the activation",
    "conv_dead": "share of features on the flat part for every digit",
    "perceptron_saturated": "share of (output, digit) pairs on the flat part of the activation",
    "perceptron_dead": "share of outputs on the flat part for every digit",
    "filter_similarity": "mean cosine between two filters",
}
"""Every curve with its meaning; those after the first four are probes, on at most 1,000 digits."""


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
