"""The direct form of a step: filters meet pixels, forward and backward, sample by sample.

Owns the state of a stack whose filters slide over the image, or whose digits are too many for the
Gram form: it is the network's parameters and nothing else.
"""

import numpy as np
from numpy.typing import NDArray

from src.arrays import Array, Indices
from src.training import divergence, evaluation
from src.training.evaluation import Blocks
from src.training.form import Form
from src.training.stack import Stack
from src.training.step import descend_epoch


class Direct(Form):
    """A stack that trains by its parameters themselves."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(stack)
        self.blocks = Blocks(stack)

    def descend_epoch(self, samples: Indices) -> None:
        """Present all samples (S, T) once, in their order."""
        descend_epoch(self.stack.network, self.blocks, samples, self.stack.runs[0].batch)

    def evaluate(self) -> dict[str, NDArray[np.float64]]:
        """Return every curve's value now: (R,) each, by the curve's name."""
        return evaluation.evaluate(self.stack, self.blocks)

    def confusion(self) -> NDArray[np.int64]:
        """Count the test digits of each run by class (row) and decision (column): (R, C, C)."""
        return evaluation.confusion(self.stack, self.blocks)

    def finite(self) -> NDArray[np.bool_]:
        """Return for each run whether all its parameters are finite: (R,)."""
        return self.stack.network.parameters.finite()

    def form_filters(self) -> None:
        """Leave the filters as they are: they are always those of now."""

    def coefficients(self) -> Array:
        """Return none: a checkpoint's parameters are all there is, (R, 0, L)."""
        return np.zeros((len(self.stack.runs), 0, self.stack.runs[0].L))

    def resume(self, coefficients: Array) -> None:
        """Go on from the network's parameters: there is nothing else."""

    def before(self) -> tuple[dict[str, Array], int]:
        """Return copies of all that an epoch changes and the number of steps, for `place`."""
        network = self.stack.network
        return {name: array.copy() for name, array in network.arrays().items()}, network.steps

    def place(self, row: int, before: tuple[dict[str, Array], int], epoch: Indices) -> str:
        """Replay a run's last epoch, and return where it was first non-finite."""
        return divergence.place(self.stack, row, *before, epoch)

    def rows(self, rows: Indices) -> "Direct":
        """Return the form of some of the runs, with copies of their parameters."""
        return Direct(self.stack.rows(rows))
