"""What is measured beside loss and accuracy: the numbers that tell why a run learns or does not.

Owns how each probe is computed; what it means is declared in `src.timeline`. They cost a backward
pass, so they look at no more than `PROBE_DIGITS` training digits, at epoch ends.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from src.arrays import Array
from src.model.network import Block
from src.model.parameters import Network, Parameters

PROBE_DIGITS = 1000

FLAT = 0.05
"""A unit is on the flat part of its activation where its slope is below this share of the steepest:
|x| > 0.975 for tanh, x outside 0.013 … 0.987 for sigmoid, z ≤ 0 for relu; never without
activation."""


class FlatUnits:
    """Counts of units on the flat part of one layer's activation, over several blocks."""

    def __init__(self, network: Network, layer: str) -> None:
        acts = network.acts if layer == "conv" else network.acts_out
        units = network.parameters.weights.shape[2 if layer == "conv" else 1]
        self.threshold = np.array([FLAT * act.steepest for act in acts]).reshape(-1, 1, 1)
        self.flat = np.zeros(len(acts), dtype=np.int64)
        self.dead = np.ones((len(acts), units), dtype=bool)
        self.digits = 0

    def add(self, slope: Array) -> None:
        """Count one block's slopes (R, b, units)."""
        flat = slope < self.threshold.astype(slope.dtype)
        self.flat += np.count_nonzero(flat, axis=(1, 2))
        self.dead &= flat.all(axis=1)
        self.digits += slope.shape[1]

    def add_columns(self, slope: Array) -> None:
        """Count the slopes of one pass, runs last: (n, units, R), or of one sample (units, R)."""
        R, units = self.dead.shape
        flat = (slope < self.threshold.astype(slope.dtype)[:, 0, 0]).reshape(
            -1, units, slope.shape[-1]
        )
        flat = flat[:, :, :R]
        self.flat += np.count_nonzero(flat, axis=(0, 1))
        self.dead &= flat.all(axis=0).T
        self.digits += len(flat)

    def saturated_share(self) -> NDArray[np.float64]:
        """Return the share of saturated (unit, digit) pairs: (R,)."""
        return self.flat / (self.dead.shape[1] * self.digits)

    def dead_share(self) -> NDArray[np.float64]:
        """Return the share of dead units: (R,)."""
        shares: NDArray[np.float64] = np.count_nonzero(self.dead, axis=1) / self.dead.shape[1]
        return shares


def norm(arrays: list[Array]) -> NDArray[np.float64]:
    """Return the Euclidean norm of each run's numbers over several (R, …) arrays: (R,).

    In float64, where no square of a finite float32 overflows.
    """
    squares = np.zeros(len(arrays[0]))
    for array in arrays:
        flat = array.reshape(len(array), -1).astype(np.float64)
        squares += np.vecdot(flat, flat)
    return np.sqrt(squares)


def filter_similarity(parameters: Parameters) -> NDArray[np.float64]:
    """Return the mean cosine between two different filters, without their biases: (R,).

    NaN where there is one filter, or where one is zero.
    """
    a = parameters.filters[:, :, :-1].astype(np.float64)
    return mean_cosine(np.matmul(a, a.mT))


def mean_cosine(products: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean cosine between two different filters, from their products (R, L, L): (R,)."""
    L = products.shape[1]
    if L == 1:
        return np.full(len(products), np.nan)
    length = np.sqrt(np.diagonal(products, axis1=1, axis2=2))
    cosines = products / (length[:, :, np.newaxis] * length[:, np.newaxis])
    pairs = (1 - np.eye(L)).reshape(-1)
    similarity: NDArray[np.float64] = np.vecdot(cosines.reshape(-1, L * L), pairs) / pairs.sum()
    return similarity


class Probe(ABC):
    """What the probes of a stack are computed from, after its training digits went through it."""

    network: Network
    layers: dict[str, FlatUnits]

    @property
    @abstractmethod
    def parameters(self) -> Parameters:
        """The network's parameters as they are now."""

    @property
    def digits(self) -> int:
        """How many digits were looked at."""
        return self.layers["conv"].digits

    @abstractmethod
    def convolution_norm(self) -> NDArray[np.float64]:
        """Return the norm of filters and biases: (R,)."""

    @abstractmethod
    def perceptron_norm(self) -> NDArray[np.float64]:
        """Return the norm of weights and biases: (R,)."""

    @abstractmethod
    def convolution_gradient_norm(self) -> NDArray[np.float64]:
        """Return the norm of the summed gradient of the filters and their biases: (R,)."""

    @abstractmethod
    def perceptron_gradient_norm(self) -> NDArray[np.float64]:
        """Return the norm of the summed gradient of the perceptron: (R,)."""

    @abstractmethod
    def filter_similarity(self) -> NDArray[np.float64]:
        """Return the mean cosine between two filters, without their biases: (R,)."""

    def values(self) -> dict[str, NDArray[np.float64]]:
        """Return every probe by its curve's name, (R,) each."""
        return {name: compute(self) for name, compute in PROBES.items()}


class DirectProbe(Probe):
    """Sums the gradients and flat units of a network over blocks of training digits."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.layers = {layer: FlatUnits(network, layer) for layer in ("conv", "perceptron")}
        network.clear_gradients()

    def add(self, block: Block) -> None:
        """Add a block that has been forward."""
        block.backward()
        block.accumulate()
        self.layers["conv"].add(block.slope1)
        self.layers["perceptron"].add(block.slope2)

    @property
    def parameters(self) -> Parameters:
        """The network's parameters."""
        return self.network.parameters

    def convolution_norm(self) -> NDArray[np.float64]:
        """Return the norm of filters and biases: (R,)."""
        return norm(self.network.parameters.of_convolution())

    def perceptron_norm(self) -> NDArray[np.float64]:
        """Return the norm of weights and biases: (R,)."""
        return norm(self.network.parameters.of_perceptron())

    def convolution_gradient_norm(self) -> NDArray[np.float64]:
        """Return the norm of the summed gradient of the filters and their biases: (R,)."""
        return norm(self.network.gradients.of_convolution())

    def perceptron_gradient_norm(self) -> NDArray[np.float64]:
        """Return the norm of the summed gradient of the perceptron: (R,)."""
        return norm(self.network.gradients.of_perceptron())

    def filter_similarity(self) -> NDArray[np.float64]:
        """Return the mean cosine between two filters, without their biases: (R,)."""
        return filter_similarity(self.network.parameters)


PROBES: dict[str, Callable[[Probe], NDArray[np.float64]]] = {
    "conv_norm": lambda probe: probe.convolution_norm(),
    "perceptron_norm": lambda probe: probe.perceptron_norm(),
    "conv_grad_norm": lambda probe: probe.convolution_gradient_norm() / probe.digits,
    "perceptron_grad_norm": lambda probe: probe.perceptron_gradient_norm() / probe.digits,
    "conv_saturated": lambda probe: probe.layers["conv"].saturated_share(),
    "conv_dead": lambda probe: probe.layers["conv"].dead_share(),
    "perceptron_saturated": lambda probe: probe.layers["perceptron"].saturated_share(),
    "perceptron_dead": lambda probe: probe.layers["perceptron"].dead_share(),
    "filter_similarity": lambda probe: probe.filter_similarity(),
}
"""How every curve is computed that is a probe: from a probe to (R,), by the curve's name."""
