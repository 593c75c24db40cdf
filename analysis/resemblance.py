"""How much a filter is like the mean digit of a class."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Means = Mapping[int, NDArray[Any]]
"""The mean image (H, V) of every class, by its label."""


def likeness(image: Floats, means: Means | None) -> dict[str, float]:
    """Return the correlation of a filter (I, J) with each class mean, {} where sizes differ.

    Pearson's: neither the brightness of a filter nor its scale makes it like a digit.
    """
    if not means or not np.isfinite(image).all():
        return {}
    flat = image.ravel() - image.mean()
    out = {}
    for label, mean in means.items():
        if mean.shape != image.shape:
            return {}
        other = mean.ravel().astype(np.float64) - mean.mean()
        size = np.linalg.norm(flat) * np.linalg.norm(other)
        out[str(label)] = float(flat @ other / size) if size > 0 else 0.0
    return out
