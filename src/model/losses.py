"""Squared error, its gradient, and the decision: what a network's outputs are worth.

    E(x, p) = ½ Σ_c (x_c − p_c)²,   ∂E/∂x = x − p

(the report prints E without the sum over the outputs; it is a number, so the sum belongs there).
"""

import numpy as np

from src.arrays import Array, Indices


def error(outputs: Array, targets: Array, out: Array) -> None:
    """Write ∂E/∂x = x − p into `out`: (R, b, C) − (S, b, C)."""
    np.subtract(outputs, targets, out=out)


def total_loss(errors: Array) -> Array:
    """Return Σ E over a block's samples, from x − p: (R, b, C) → (R,)."""
    flat = errors.reshape(len(errors), -1)
    loss: Array = 0.5 * np.vecdot(flat, flat)
    return loss


def decide(outputs: Array) -> Indices:
    """Return the class of the largest output, ties to the lowest: (R, b, C) → (R, b)."""
    decisions: Indices = np.argmax(outputs, axis=-1)
    return decisions
