"""Schedules: the factor on both learning rates, by epoch.

With k = 0, 1, 2, … the epochs since the warm-up, of which there are n, and D `decay_epochs`:

    constant   1
    step       decay_factor^⌊k/D⌋           as PyTorch's StepLR
    cosine     (1 + cos(π k/n)) / 2         as PyTorch's CosineAnnealingLR, Loshchilov & Hutter 2017
    inverse    1 / (1 + k/D)                half after D epochs; Robbins & Monro 1951

A warm-up of w epochs comes first, in which the factor rises by equal steps: e/(w+1) in the e-th.
"""

import math
from collections.abc import Callable
from enum import Enum

_Factor = Callable[[int, int, int, float], float]


def _constant(k: int, n: int, D: int, factor: float) -> float:
    return 1.0


def _step(k: int, n: int, D: int, factor: float) -> float:
    return float(factor ** (k // D))


def _cosine(k: int, n: int, D: int, factor: float) -> float:
    return (1 + math.cos(math.pi * k / n)) / 2


def _inverse(k: int, n: int, D: int, factor: float) -> float:
    return 1 / (1 + k / D)


class Schedule(Enum):
    """How the learning rates change from epoch to epoch."""

    constant = (_constant, ())
    step = (_step, ("decay_epochs", "decay_factor"))
    cosine = (_cosine, ())
    inverse = (_inverse, ("decay_epochs",))

    def __init__(self, factor: _Factor, keys: tuple[str, ...]) -> None:
        self._factor = factor
        self.keys = keys
        """The keys that it heeds; the others must be 0."""

    def factor(self, epoch: int, epochs: int, warmup: int, D: int, decay_factor: float) -> float:
        """Return the factor in an epoch, 1 … epochs."""
        if epoch <= warmup:
            return epoch / (warmup + 1)
        return self._factor(epoch - warmup - 1, epochs - warmup, D, decay_factor)
