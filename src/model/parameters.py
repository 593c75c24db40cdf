"""The stacked network: the parameters of R runs, their learning rates and their gradients.

Owns the parameters; `network.py` computes with them, and the equations stand in `layers.py`.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from src.arrays import Array, Indices
from src.model.activations import Act
from src.model.arena import Arena


@dataclass(eq=False)
class Parameters:
    """The four parameter groups of R runs, or sums of ∂E in the same shapes."""

    filters: Array
    """(R, L, I·J+1): the filters' pixels, and their biases in the last column."""
    weights: Array
    """(R, C, K): the perceptron's weights."""
    biases: Array
    """(R, C): the perceptron's biases."""

    def of_convolution(self) -> list[Array]:
        """Return what lrA trains."""
        return [self.filters]

    def of_perceptron(self) -> list[Array]:
        """Return what lrW trains."""
        return [self.weights, self.biases]

    def rows(self, rows: Indices) -> "Parameters":
        """Return some of the runs, as contiguous copies."""
        return Parameters(self.filters[rows], self.weights[rows], self.biases[rows])

    def finite(self) -> NDArray[np.bool_]:
        """Return for each run whether all its numbers are finite: (R,)."""
        flat = [array.reshape(len(array), -1) for array in vars(self).values()]
        finite: NDArray[np.bool_] = np.all([np.isfinite(a).all(axis=1) for a in flat], axis=0)
        return finite


@dataclass(eq=False)
class Network:
    """R networks of one shape, and what each of them learns by.

    A stack either trains a layer in all its runs or in none: a rate of 0 skips the update, it never
    multiplies by it (law 2).
    """

    parameters: Parameters
    acts: tuple[Act, ...]
    """R activations of the convolution, equal ones side by side."""
    acts_out: tuple[Act, ...]
    """R activations of the perceptron."""
    lrA: Array
    """(R,): learning rates of the convolution."""
    lrW: Array
    """(R,): learning rates of the perceptron."""
    kernel: tuple[int, int]
    """(I, J)"""
    gradients: Parameters = field(init=False)

    def __post_init__(self) -> None:
        arrays = list(vars(self.parameters).values())
        arena = Arena(arrays[0].dtype, *[array.shape for array in arrays] * 2)
        self.parameters = Parameters(*(arena.array(*array.shape) for array in arrays))
        self.gradients = Parameters(*(arena.array(*array.shape) for array in arrays))
        for ours, given in zip(vars(self.parameters).values(), arrays, strict=True):
            ours[:] = given
        self.trains_convolution = bool(self.lrA.all())
        self.trains_perceptron = bool(self.lrW.all())

    def rows(self, rows: Indices) -> "Network":
        """Return the networks of some of the runs, as contiguous copies."""
        return Network(
            self.parameters.rows(rows),
            tuple(self.acts[r] for r in rows),
            tuple(self.acts_out[r] for r in rows),
            self.lrA[rows],
            self.lrW[rows],
            self.kernel,
        )

    def clear_gradients(self) -> None:
        """Start a new sum of gradients."""
        for gradient in vars(self.gradients).values():
            gradient.fill(0)

    def descend(self, samples: int) -> None:
        """Step down the mean of the gradients that were summed over so many samples."""
        p, g = self.parameters, self.gradients
        if self.trains_convolution:
            _step(p.of_convolution(), g.of_convolution(), self.lrA / samples)
        if self.trains_perceptron:
            _step(p.of_perceptron(), g.of_perceptron(), self.lrW / samples)


def _step(parameters: list[Array], gradients: list[Array], rates: Array) -> None:
    for parameter, gradient in zip(parameters, gradients, strict=True):
        np.multiply(gradient, rates.reshape(-1, *(1,) * (gradient.ndim - 1)), out=gradient)
        np.subtract(parameter, gradient, out=parameter)
