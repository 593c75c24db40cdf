"""Arena: one piece of memory for arrays that are used together.

Owns where the engine's arrays lie. Pieces of 4 MB and more get large pages from the system (NumPy
asks for them), which saves a network of a few hundred kB a tenth of its time in address look-ups.
"""

import math

import numpy as np
from numpy.typing import DTypeLike

from src.arrays import Array

LINE = 64
"""Bytes of a cache line: no two arrays share one."""

LEAST_BYTES = 4 << 20


class Arena:
    """Hands out uninitialised arrays from one allocation.

    Parameters
    ----------
    dtype
        Of all its arrays.
    shapes
        The shapes that it will be asked for, in any order; more may be asked for.
    """

    def __init__(self, dtype: DTypeLike, *shapes: tuple[int, ...]) -> None:
        self.dtype = np.dtype(dtype)
        room = sum(self._bytes(shape) for shape in shapes)
        self._memory = np.empty(max(room, LEAST_BYTES) + LINE, np.uint8)
        self._next = -self._memory.ctypes.data % LINE

    def _bytes(self, shape: tuple[int, ...]) -> int:
        return -(-math.prod(shape) * self.dtype.itemsize // LINE) * LINE

    def array(self, *shape: int) -> Array:
        """Return an array of the arena's memory, or of its own where that is used up."""
        start, end = self._next, self._next + math.prod(shape) * self.dtype.itemsize
        if end > len(self._memory):
            own: Array = np.empty(shape, self.dtype)
            return own
        self._next += self._bytes(shape)
        array: Array = self._memory[start:end].view(self.dtype).reshape(shape)
        return array
