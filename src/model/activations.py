"""Activation functions, each with its slope written in terms of its own output.

Owns the nonlinearities and nothing else: where they are applied is `network.py`'s affair.
Every function writes into its argument, so that a training step allocates nothing.

To add one: a function pair here, a member of `Act`, and what README names beside them.
"""

from collections.abc import Callable
from enum import Enum

import numpy as np

from src.arrays import Array

_Apply = Callable[[Array], None]
_Slope = Callable[[Array, Array], None]


def _tanh(z: Array) -> None:
    np.tanh(z, out=z)


def _tanh_slope(x: Array, out: Array) -> None:
    """∂x/∂z = 1 − x²."""
    np.multiply(x, x, out=out)
    np.subtract(1, out, out=out)


def _sigmoid(z: Array) -> None:
    """1/(1 + e⁻ᶻ), written as (1 + tanh(z/2))/2, which no input can overflow."""
    np.multiply(z, 0.5, out=z)
    np.tanh(z, out=z)
    np.add(z, 1, out=z)
    np.multiply(z, 0.5, out=z)


def _sigmoid_slope(x: Array, out: Array) -> None:
    """∂x/∂z = x(1 − x)."""
    np.subtract(1, x, out=out)
    np.multiply(x, out, out=out)


def _relu(z: Array) -> None:
    np.maximum(z, 0, out=z)


def _relu_slope(x: Array, out: Array) -> None:
    """∂x/∂z = 1 where x > 0, else 0: the report's choice at the kink."""
    np.greater(x, 0, out=out)


def _none(z: Array) -> None:
    """Leave z as it is: the network becomes one affine map."""


def _none_slope(x: Array, out: Array) -> None:
    out.fill(1)


class Act(Enum):
    """An activation function: `act.apply(z)`, `act.slope(x, out)`, and its steepest slope."""

    tanh = (_tanh, _tanh_slope, 1.0)
    sigmoid = (_sigmoid, _sigmoid_slope, 0.25)
    relu = (_relu, _relu_slope, 1.0)
    none = (_none, _none_slope, 1.0)

    def __init__(self, apply: _Apply, slope: _Slope, steepest: float) -> None:
        self.apply = apply
        """Replace the pre-activations z by φ(z), in place."""
        self.slope = slope
        """Write φ′(z) into `out`, given the activations x = φ(z)."""
        self.steepest = steepest
        """The largest slope, by which a probe tells a flat part."""
