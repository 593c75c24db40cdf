"""Columns: the network behind its filters, for many runs at once, each run a column.

Owns the arrays whose last axis is the runs, where every call is elementwise along that axis: one
call serves all runs, and a run's bits depend on its own column alone. Sums go over other axes,
term after term. NumPy adds in another order where the axis of runs has length 1: a single run has
two equal columns. The equations stand in `layers.py`; here z⁰ is given, whoever computed it.
"""

from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from src.arrays import Array
from src.model.activations import Act
from src.model.arena import Arena
from src.model.parameters import Network

PIECE = 1024
"""Products of weights and features that are formed at once, a run."""


class Columns:
    """b samples of every run, and its perceptron, runs last.

    Parameters
    ----------
    network
        Activations, rates and shapes; its weights and biases are read and written back.
    b
        Samples a run.
    """

    def __init__(self, network: Network, b: int) -> None:
        C, L = network.parameters.weights.shape[1:]
        self.network, self.runs = network, len(network.acts)
        R = max(self.runs, 2)
        arena = Arena(network.lrA.dtype, *[(b, L, R)] * 2, (C, L, R), (b + 1, C, R))
        self.maps = arena.array(b, L, R)
        """z⁰, and in its place x¹."""
        self.delta = arena.array(b, L, R)
        """δ⁰; after a step lrA·δ⁰, by which the filters went down along each sample."""
        self.weights, self.biases = arena.array(C, L, R), arena.array(C, R)
        self.target = arena.array(b, C, R)
        self.acts, self.acts_out = _slices(network.acts), _slices(network.acts_out)

    def load(self) -> None:
        """Fetch the perceptron from the network."""
        p = self.network.parameters
        self.weights[:] = p.weights.transpose(1, 2, 0)
        self.biases[:] = p.biases.T

    def store(self) -> None:
        """Write the perceptron back to the network."""
        p = self.network.parameters
        p.weights[:] = self.weights[:, :, : self.runs].transpose(2, 0, 1)
        p.biases[:] = self.biases[:, : self.runs].T

    def pieces(self, start: int, stop: int) -> "list[Pass]":
        """Cut some of the samples into passes: by the structure alone, as sums depend on it."""
        most = max(1, PIECE // self.weights[:, :, 0].size)
        return [Pass(self, i, min(i + most, stop)) for i in range(start, stop, most)]


class Pass:
    """The samples i … j−1 of some columns on their way through the network: buffers and views.

    Where it is a single sample the arrays have no axis of samples: calls with fewer axes cost less.
    """

    def __init__(self, columns: Columns, i: int, j: int) -> None:
        C, L, R = columns.weights.shape
        lead = () if j - i == 1 else (j - i,)
        at = i if j - i == 1 else slice(i, j)
        arena = Arena(columns.maps.dtype, (*lead, L, R), *[(*lead, C, R)] * 5, (*lead, C, L, R))
        self.start, self.stop = i, j
        self.weights, self.biases = columns.weights, columns.biases
        self.x1, self.delta1 = columns.maps[at], columns.delta[at]
        self.slope1 = arena.array(*lead, L, R)
        self.x2, self.errors = arena.array(*lead, C, R), arena.array(*lead, C, R)
        self.slope2, self.delta2 = arena.array(*lead, C, R), arena.array(*lead, C, R)
        self._scaled = arena.array(*lead, C, R)
        self._products = arena.array(*lead, C, L, R)
        self._target, self._inputs = columns.target[at], self.x1[..., np.newaxis, :, :]
        self._hidden = [
            (act, self.x1[..., runs], self.slope1[..., runs]) for act, runs in columns.acts
        ]
        self._outputs = [
            (act, self.x2[..., runs], self.slope2[..., runs]) for act, runs in columns.acts_out
        ]

    def forward(self) -> None:
        """Put x¹ in the place of z⁰, and compute x² and the errors x² − p."""
        for act, x, _ in self._hidden:
            act.apply(x)
        np.multiply(self.weights, self._inputs, out=self._products)
        np.add.reduce(self._products, axis=-2, out=self.x2)
        np.add(self.x2, self.biases, out=self.x2)
        for act, x, _ in self._outputs:
            act.apply(x)
        np.subtract(self.x2, self._target, out=self.errors)

    def backward(self, through: bool = True) -> None:
        """Compute δ¹ in `delta2` and, if `through`, δ⁰ in `delta1`."""
        for act, x, slope in self._outputs:
            act.slope(x, slope)
        np.multiply(self.errors, self.slope2, out=self.delta2)
        if through:
            np.multiply(self.weights, self.delta2[..., np.newaxis, :], out=self._products)
            np.add.reduce(self._products, axis=-3, out=self.delta1)
            for act, x, slope in self._hidden:
                act.slope(x, slope)
            np.multiply(self.delta1, self.slope1, out=self.delta1)

    def perceptron_gradient(self, rate: Array | None = None) -> tuple[Array, Array]:
        """Return Σ over the samples of ∂E/∂w (C, L, R) and ∂E/∂b (C, R), times a rate (C, R).

        They are buffers that the next call fills again.
        """
        delta = self.delta2
        if rate is not None:
            delta = np.multiply(delta, rate, out=self._scaled)
        np.multiply(delta[..., np.newaxis, :], self._inputs, out=self._products)
        if delta.ndim == 2:
            return self._products, delta
        return np.add.reduce(self._products, axis=0), np.add.reduce(delta, axis=0)

    def losses(self) -> Array:
        """Return Σ E over the samples, (R,), which is infinite where the dtype's range ends."""
        R = self.errors.shape[-1]
        squares = np.empty(self.errors.shape)
        np.multiply(
            self.errors, self.errors, out=squares
        )  # squared in the dtype, summed in float64
        half: Array = 0.5 * np.add.reduce(squares.reshape(-1, R), axis=0)
        return half.astype(self.errors.dtype)

    def decide(self) -> NDArray[np.uint8]:
        """Return the class of the largest output, ties to the lowest: (n, R)."""
        x2 = self.x2.reshape(self.stop - self.start, *self.x2.shape[-2:])
        largest = x2[:, 0].copy()
        decisions = np.zeros(largest.shape, np.uint8)  # labels are bytes, so there are 256 at most
        for c in range(1, x2.shape[1]):
            larger = (x2[:, c] > largest).view(np.uint8)
            np.maximum(decisions, np.multiply(larger, np.uint8(c), out=larger), out=decisions)
            np.maximum(largest, x2[:, c], out=largest)
        return decisions


def _slices(acts: tuple[Act, ...]) -> list[tuple[Act, slice]]:
    """Return each activation with the columns of consecutive runs that have it."""
    acts = acts if len(acts) > 1 else acts * 2
    cuts, start = [], 0
    for act, same in groupby(acts):
        end = start + len(list(same))
        cuts.append((act, slice(start, end)))
        start = end
    return cuts
