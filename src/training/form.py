"""Form: how the steps of a stack are computed. One network, computed in one way or another.

Owns what the training loop asks of a form. Which one a stack takes is a matter of its structure
alone (`trainer.form_of`), so that a run's bits do not depend on its neighbours.
"""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from src.arrays import Array, Indices
from src.training.stack import Stack


class Form(ABC):
    """A stack between two epochs, with all that its next epoch depends on.

    Parameters
    ----------
    stack
        Its network's weights and biases are always those of now; of the filters see
        `form_filters`.
    """

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    @abstractmethod
    def descend_epoch(self, samples: Indices) -> None:
        """Present all samples (S, T), among the stack's digits, once and in their order."""

    @abstractmethod
    def evaluate(self) -> dict[str, NDArray[np.float64]]:
        """Return every curve's value now: (R,) each, by the curve's name."""

    @abstractmethod
    def confusion(self) -> NDArray[np.int64]:
        """Count the test digits of each run by class (row) and decision (column): (R, C, C)."""

    @abstractmethod
    def finite(self) -> NDArray[np.bool_]:
        """Return for each run whether all its parameters are finite: (R,)."""

    @abstractmethod
    def form_filters(self) -> None:
        """Bring the filters of the stack's network to what they are now."""

    @abstractmethod
    def coefficients(self) -> Array:
        """Return what a checkpoint holds of each run beside its parameters: (R, n, L)."""

    @abstractmethod
    def resume(self, coefficients: Array) -> None:
        """Go on from the network's parameters and from coefficients (R, n, L)."""

    @abstractmethod
    def before(self) -> Any:
        """Return copies of what an epoch changes, for `place`."""

    @abstractmethod
    def place(self, row: int, before: Any, epoch: Indices) -> str:
        """Replay a run's last epoch, and return where it was first non-finite.

        Parameters
        ----------
        row
            Of the run.
        before
            What the method of that name returned at the start of the epoch.
        epoch : (S, T)
            The digits of the epoch as they were presented; (S, 0) before training.

        Returns
        -------
        One of `convolution`, `perceptron` and `loss`.
        """

    @abstractmethod
    def rows(self, rows: Indices) -> "Form":
        """Return the form of some of the runs, with copies of their state."""
