"""The types of the engine's arrays. Their axes are named in `src/__init__.py`."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.floating[Any]]
"""float32 or float64: the run's `dtype`."""
Indices: TypeAlias = NDArray[np.intp]
