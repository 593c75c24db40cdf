"""The stacked network: the parameters of R runs, their gradients, and what they are trained by.

Owns the parameters and the optimizer's state; `network.py` computes with them, and the equations
stand in `layers.py`, `losses.py` and `optimizers.py`.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from src.arrays import Array, Indices
from src.model.activations import Act
from src.model.arena import Arena
from src.model.losses import Loss
from src.model.optimizers import PLAIN, Optimizer


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

    def clear(self) -> None:
        """Set all numbers to 0."""
        for array in vars(self).values():
            array.fill(0)

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
    stride: int = 1
    """Pixels from one position of a filter to the next."""
    loss: Loss = Loss.squared_error
    optimizer: Optimizer = PLAIN
    steps: int = 0
    """How many steps were taken: of minibatches, by all runs alike."""
    gradients: Parameters = field(init=False)
    state: dict[str, Parameters] = field(init=False)
    """What the optimizer remembers, by name, in the shapes of the parameters."""

    def __post_init__(self) -> None:
        arrays = list(vars(self.parameters).values())
        remembered = self.optimizer.opt.memory
        arena = Arena(arrays[0].dtype, *[array.shape for array in arrays] * (2 + len(remembered)))
        self.parameters = Parameters(*(arena.array(*array.shape) for array in arrays))
        self.gradients = Parameters(*(arena.array(*array.shape) for array in arrays))
        for ours, given in zip(vars(self.parameters).values(), arrays, strict=True):
            ours[:] = given
        self.state = {
            name: Parameters(*(arena.array(*array.shape) for array in arrays))
            for name in remembered
        }
        for of in self.state.values():
            of.clear()
        self._lrA, self._lrW = self.lrA.copy(), self.lrW.copy()
        self.trains_convolution = bool(self.lrA.all())
        self.trains_perceptron = bool(self.lrW.all())

    def rows(self, rows: Indices) -> "Network":
        """Return the networks of some of the runs, as contiguous copies."""
        part = Network(
            self.parameters.rows(rows),
            tuple(self.acts[r] for r in rows),
            tuple(self.acts_out[r] for r in rows),
            self._lrA[rows],
            self._lrW[rows],
            self.kernel,
            self.stride,
            self.loss,
            self.optimizer,
            self.steps,
        )
        for name, array in part.arrays().items():
            array[:] = self.arrays()[name][rows]
        part.lrA[:], part.lrW[:] = self.lrA[rows], self.lrW[rows]
        return part

    def arrays(self) -> dict[str, Array]:
        """Return all that training changes, by name: parameters, then the optimizer's state."""
        return vars(self.parameters) | {
            f"{memory}_{name}": array
            for memory, of in self.state.items()
            for name, array in vars(of).items()
        }

    def scale_rates(self, factor: float) -> None:
        """Set the learning rates to so many times those that the runs name; never to 0."""
        for rates, named in ((self.lrA, self._lrA), (self.lrW, self._lrW)):
            least = np.finfo(rates.dtype).smallest_normal
            np.multiply(named, factor, out=rates)
            np.maximum(rates, least, out=rates, where=named > 0)

    def clear_gradients(self) -> None:
        """Start a new sum of gradients."""
        self.gradients.clear()

    def descend(self, samples: int) -> None:
        """Step down the mean of the gradients that were summed over so many samples."""
        p, g = self.parameters, self.gradients
        self.steps += 1
        if self.optimizer.is_plain:
            if self.trains_convolution:
                _step(p.of_convolution(), g.of_convolution(), self.lrA / samples)
            if self.trains_perceptron:
                _step(p.of_perceptron(), g.of_perceptron(), self.lrW / samples)
            return
        if self.trains_convolution:
            self._optimize("filters", self.lrA, samples, p.filters[:, :, :-1])
        if self.trains_perceptron:
            self._optimize("weights", self.lrW, samples, p.weights)
            self._optimize("biases", self.lrW, samples, None)

    def _optimize(self, name: str, rates: Array, samples: int, decayed: Array | None) -> None:
        gradient: Array = getattr(self.gradients, name)
        if samples > 1:
            np.divide(gradient, samples, out=gradient)
        state = {memory: getattr(of, name) for memory, of in self.state.items()}
        parameter: Array = getattr(self.parameters, name)
        self.optimizer.step(parameter, gradient, state, rates, self.steps, decayed)


def _step(parameters: list[Array], gradients: list[Array], rates: Array) -> None:
    for parameter, gradient in zip(parameters, gradients, strict=True):
        np.multiply(gradient, rates.reshape(-1, *(1,) * (gradient.ndim - 1)), out=gradient)
        np.subtract(parameter, gradient, out=parameter)
