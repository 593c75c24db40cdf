"""Losses, each with its gradient, and the decision: what a network's outputs are worth.

Of one sample with outputs x (after the output's activation), their pre-activations z, and the
one-hot target p of class y:

    squared_error   E = ½ Σ_c (x_c − p_c)²              ∂E/∂x_c = x_c − p_c
    cross_entropy   E = log Σ_c exp(z_c) − z_y          ∂E/∂z_c = exp(z_c) / Σ_k exp(z_k) − p_c
    hinge           E = Σ_{c≠y} max(0, 1 − x_y + x_c)/C    ∂E/∂x_c = [1 − x_y + x_c > 0]/C, c ≠ y,
                                                        ∂E/∂x_y = −Σ_{c≠y} ∂E/∂x_c

(the report prints E without the sum over the outputs; it is a number, so the sum belongs there.)
Cross-entropy is that of a softmax over z: the output's activation is left out. The hinge is
`torch.nn.MultiMarginLoss`; it is here because it asks for no more than a decision does, that the
right output leads, by a margin of 1: a digit that is decided with this margin teaches nothing more.

To add one: a pair of functions and a member of `Loss` here, a file in `conf/loss/`, and its
formula in the tests.
"""

from collections.abc import Callable
from enum import Enum

import numpy as np

from src.arrays import Array, Indices

_Gradient = Callable[[Array, Array, Array], None]
_Total = Callable[[Array, Array, Array], Array]


def _squared_error(x: Array, p: Array, out: Array) -> None:
    np.subtract(x, p, out=out)


def _squared_error_total(x: Array, p: Array, gradient: Array) -> Array:
    flat = gradient.reshape(len(gradient), -1)
    loss: Array = 0.5 * np.vecdot(flat, flat)
    return loss


def _cross_entropy(z: Array, p: Array, out: Array) -> None:
    """Softmax minus target; the largest z is subtracted, so that no exponential overflows."""
    np.subtract(z, z.max(axis=-1, keepdims=True), out=out)
    np.exp(out, out=out)
    np.divide(out, _sums(out), out=out)
    np.subtract(out, p, out=out)


def _cross_entropy_total(z: Array, p: Array, gradient: Array) -> Array:
    largest = z.max(axis=-1, keepdims=True)
    lower = z - largest
    losses = np.log(_sums(np.exp(lower)))[..., 0] - np.vecdot(lower, p)  # (R, b)
    return _over_samples(losses)


def _hinge(x: Array, p: Array, out: Array) -> None:
    right = np.vecdot(x, p)[..., np.newaxis]
    np.subtract(x, right, out=out)
    np.add(out, 1, out=out)
    np.greater(out, p, out=out)  # of the right output itself the margin is 1, and p too: no
    np.divide(out, x.shape[-1], out=out)
    np.subtract(out, _sums(out) * p, out=out)


def _hinge_total(x: Array, p: Array, gradient: Array) -> Array:
    margins = np.maximum(x - np.vecdot(x, p)[..., np.newaxis] + 1, 0)
    return _over_samples((_sums(margins)[..., 0] - 1) / x.dtype.type(x.shape[-1]))


def _sums(array: Array) -> Array:
    """Sum over the last axis, a call a row, which keeps a run's bits whatever its neighbours."""
    sums: Array = np.vecdot(array, np.ones(array.shape[-1], array.dtype))[..., np.newaxis]
    return sums


def _over_samples(losses: Array) -> Array:
    """Sum (R, b) over the samples."""
    return _sums(np.ascontiguousarray(losses))[..., 0]


class Loss(Enum):
    """What is descended: `loss.gradient(x, p, out)` and `loss.total(x, p, gradient)`."""

    squared_error = (_squared_error, _squared_error_total, False)
    cross_entropy = (_cross_entropy, _cross_entropy_total, True)
    hinge = (_hinge, _hinge_total, False)

    def __init__(self, gradient: _Gradient, total: _Total, of_z: bool) -> None:
        self.gradient = gradient
        """Write ∂E/∂x into `out` (R, b, C), from outputs (R, b, C) and targets (S, b, C)."""
        self.total = total
        """Return Σ E over a block's samples: (R,), from outputs, targets and the gradient."""
        self.of_z = of_z
        """Whether its outputs are the pre-activations z: then no activation is applied to them."""


def decide(outputs: Array) -> Indices:
    """Return the class of the largest output, ties to the lowest: (R, b, C) → (R, b)."""
    decisions: Indices = np.argmax(outputs, axis=-1)
    return decisions
