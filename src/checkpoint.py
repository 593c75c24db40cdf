"""Checkpoint: a run between two epochs, with all that the rest of it depends on.

The random state is the epoch: the order stream is stepped to it again (`orders.py`).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(eq=False)
class Checkpoint:
    """One run after an epoch."""

    epoch: int
    curves: dict[str, NDArray[np.float64]]
    """By name, (epochs + 1,); NaN after the epoch."""
    kept: dict[int, NDArray[Any]]
    """The filters (L, I, J) that were kept so far, by epoch."""
    filters: NDArray[Any]
    """(L, I·J+1), with the biases."""
    weights: NDArray[Any]
    """(C, K)"""
    biases: NDArray[Any]
    """(C,)"""
