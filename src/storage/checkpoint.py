"""Checkpoint: a run between two epochs, with all that the rest of it depends on.

The random state is the epoch: the order stream is stepped to it again (`orders.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ABOUT = ("id", "epoch", "names", "curves", "kept_epochs", "kept", "coefficients")
NAMES = (*_ABOUT, "filters", "weights", "biases")
"""Of the arrays that every checkpoint is made of."""


@dataclass(eq=False)
class Checkpoint:
    """One run after an epoch."""

    epoch: int
    curves: dict[str, NDArray[np.float64]]
    """By name, (epochs + 1,); NaN after the epoch."""
    kept: dict[int, NDArray[Any]]
    """The filters (L, I, J) that were kept so far, by epoch."""
    arrays: dict[str, NDArray[Any]]
    """All that training changes, by name: filters (L, I·J+1) with their biases, weights (C, K),
    biases (C,), and what the optimizer remembers of each, as `velocity_filters`."""
    coefficients: NDArray[np.float64]
    """(T, L): what the filters have moved along each training digit, in the Gram form; (0, L) in
    the direct form, which goes on from the filters."""

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the checkpoint as arrays by name."""
        return {
            "epoch": np.array(self.epoch),
            "names": np.array(list(self.curves)),
            "curves": np.array(list(self.curves.values())),
            "kept_epochs": np.array(list(self.kept)),
            "kept": np.array(list(self.kept.values())),
            "coefficients": self.coefficients,
            **self.arrays,
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Checkpoint":
        """Make a checkpoint of arrays by name.

        Raises
        ------
        ValueError, TypeError
            They are not those of a checkpoint.
        """
        return cls(
            epoch=int(arrays["epoch"]),
            curves=dict(zip(arrays["names"].tolist(), arrays["curves"], strict=True)),
            kept=dict(zip(arrays["kept_epochs"].tolist(), arrays["kept"], strict=True)),
            arrays={name: array for name, array in arrays.items() if name not in _ABOUT},
            coefficients=arrays["coefficients"],
        )
