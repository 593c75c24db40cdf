"""Initial weights: draw one run's parameters from its own generator.

Owns the distributions. The filters are drawn before the perceptron's weights, and in float64
whatever the run's dtype: equal `net`, `init` and `init_seed` give equal weights. Biases start at 0.
"""

from enum import Enum

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float64]


class Init(Enum):
    """How the weights start; `init_scale` is each one's factor."""

    uniform = "uniform"
    """Uniform on (−scale, scale)."""
    normal = "normal"
    """Normal with standard deviation scale."""
    glorot = "glorot"
    """Uniform on ±scale·√(6/(fan in + fan out)): Glorot and Bengio 2010, equation 16."""
    he = "he"
    """Normal with standard deviation scale·√(2/fan in): He et al. 2015, equation 10."""
    zeros = "zeros"
    """All zero."""
    identity = "identity"
    """The perceptron is scale × the identity matrix; the filters start as `glorot`, unscaled."""

    def draw(
        self,
        filters: tuple[int, int],
        perceptron: tuple[int, int],
        positions: int,
        scale: float,
        rng: np.random.Generator,
    ) -> tuple[Weights, Weights]:
        """Draw the filters (L, I·J) and the perceptron's weights (C, K).

        Parameters
        ----------
        filters, perceptron
            Their shapes (L, I·J) and (C, K).
        positions
            M·N: an input pixel reaches that many outputs of each filter, at most.
        scale
            The factor of each distribution.
        """
        L, pixels = filters
        C, K = perceptron
        if self is Init.identity:
            a = _draw(Init.glorot, filters, pixels, L, 1.0, rng)
            return a, scale * np.eye(C, K)
        a = _draw(self, filters, pixels, L * min(pixels, positions), scale, rng)
        return a, _draw(self, perceptron, K, C, scale, rng)


def _draw(
    init: Init,
    shape: tuple[int, int],
    fan_in: int,
    fan_out: int,
    scale: float,
    rng: np.random.Generator,
) -> Weights:
    match init:
        case Init.uniform:
            return scale * rng.uniform(-1, 1, shape)  # which no scale can overflow
        case Init.normal:
            return scale * rng.standard_normal(shape)
        case Init.glorot:
            bound = scale * float(np.sqrt(6 / (fan_in + fan_out)))
            return bound * rng.uniform(-1, 1, shape)
        case Init.he:
            deviation = scale * float(np.sqrt(2 / fan_in))
            return deviation * rng.standard_normal(shape)
        case _:
            return np.zeros(shape)
