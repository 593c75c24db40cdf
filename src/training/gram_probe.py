"""The probes of a stack in the Gram form: quadratic forms in the space of the digits.

Owns how they follow from κ, G and the samples' deltas; `gram.py` says why no filter is needed.
"""

import numpy as np
from numpy.typing import NDArray

from src.arrays import Array
from src.model.columns import Pass
from src.model.parameters import Network, Parameters
from src.training.probes import FlatUnits, Probe, mean_cosine, norm
from src.training.span import Span


class GramProbe(Probe):
    """Sums what the probes need over passes of all training digits."""

    def __init__(self, network: Network, span: Span) -> None:
        self.network, self.span = network, span
        self._products = span.filter_products()
        self.layers = {layer: FlatUnits(network, layer) for layer in ("conv", "perceptron")}
        R, L, T = span.kappa.shape
        self._delta = np.empty((R, L, T))
        p = network.parameters
        self._gradients: list[Array] = [np.zeros(p.weights.shape), np.zeros(p.biases.shape)]

    def add(self, each: Pass) -> None:
        """Add a pass that has been forward."""
        R, L, _ = self._delta.shape
        n = each.stop - each.start
        each.backward()
        for total, part in zip(self._gradients, each.perceptron_gradient(), strict=True):
            np.add(total, np.moveaxis(part, -1, 0)[:R], out=total)
        self._delta[:, :, each.start : each.stop] = each.delta1.T.reshape(-1, L, n)[:R]
        self.layers["conv"].add_columns(each.slope1)
        self.layers["perceptron"].add_columns(each.slope2)

    @property
    def parameters(self) -> Parameters:
        """The network's parameters; the filters are formed when it is asked for."""
        parameters = self.network.parameters
        parameters.filters[:] = self.span.filters()
        return parameters

    def convolution_norm(self) -> NDArray[np.float64]:
        """Return the norm of filters and biases: (R,)."""
        squares: NDArray[np.float64] = np.trace(self._products, axis1=1, axis2=2)
        return np.sqrt(np.maximum(squares, 0))

    def perceptron_norm(self) -> NDArray[np.float64]:
        """Return the norm of weights and biases: (R,)."""
        return norm(self.network.parameters.of_perceptron())

    def convolution_gradient_norm(self) -> NDArray[np.float64]:
        """Return the norm of the summed gradient of the filters: √(Σ δ⁰_s G_{s,t} δ⁰_t), (R,)."""
        products = self.span.times_gram(self._delta, self._delta.shape[2])
        flat = (array.reshape(len(array), -1) for array in (self._delta, products))
        squares: NDArray[np.float64] = np.vecdot(*flat)
        return np.sqrt(np.maximum(squares, 0))

    def perceptron_gradient_norm(self) -> NDArray[np.float64]:
        """Return the norm of the summed gradient of the perceptron: (R,)."""
        return norm(self._gradients)

    def filter_similarity(self) -> NDArray[np.float64]:
        """Return the mean cosine between two filters, without their biases: (R,)."""
        biases = self.span.biases()
        of_biases = biases[:, :, np.newaxis] * biases[:, np.newaxis]
        return mean_cosine(self._products - of_biases)
