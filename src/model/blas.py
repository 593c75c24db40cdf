"""BLAS where NumPy does not reach it: in-place outer products, and the number of its threads.

Law 2 (rows never mix) rests on this file and on `layers.py`: every call here works on the rows of
one run, or, for `ger`, column by column, so that a run's bits depend on its own numbers alone.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import get_blas_funcs
from threadpoolctl import threadpool_limits

from src.arrays import Array

SMALL = 1024
"""Entries of a target under which a broadcast product beats a BLAS call a run."""

ROWS = 16
"""Of one BLAS call in `rowwise`: two cost it hardly less, as it reads the whole matrix anyway."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold BLAS to one thread: two would change the bits of a sum, and are slower at this size."""
    with threadpool_limits(limits=1, user_api="blas"):
        yield


def rowwise(x: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the products of each run's rows (R, n, k) with one matrix (k, m): (R, n, m).

    Several runs go into one BLAS call, which always has the same number of rows, the last ones
    empty: so a run's bits do not depend on the others as long as BLAS treats all rows of a call
    alike. Whether this one does is tried once for each shape; else each run has a call of its own.
    """
    R, n, k = x.shape
    runs = _together(n, k, matrix.shape[1])
    calls = -(-R // runs)
    rows = np.zeros((calls, runs * n, k))
    rows.reshape(-1, n, k)[:R] = x
    products = np.matmul(rows, np.ascontiguousarray(matrix))
    found: NDArray[np.float64] = products.reshape(-1, n, matrix.shape[1])[:R]
    return found


@lru_cache(maxsize=256)
def _together(n: int, k: int, m: int) -> int:
    """Return how many runs with n rows of length k may share a product with a (k, m) matrix."""
    runs = max(1, ROWS // n)
    rng = np.random.default_rng(0)
    matrix, one, others = (rng.standard_normal(shape) for shape in ((k, m), (1, k), (runs * n, k)))
    expected = np.matmul(np.repeat(one, runs * n, axis=0), matrix)
    for row in range(runs * n):
        mixed = others.copy()
        mixed[row] = one
        if not np.array_equal(np.matmul(mixed, matrix)[row], expected[0]):
            return 1
    return runs if (expected == expected[0]).all() else 1


class Outer:
    """Add alpha · yᵀ x to a target, run by run and in place.

    The arrays are bound once and read at every call, so they must be C-contiguous buffers that
    stay where they are: SciPy would silently work on a copy of any other.

    Parameters
    ----------
    target : (R, n, m)
    x : (S, b, m)
    y : (R, b, n)
    """

    def __init__(self, target: Array, x: Array, y: Array) -> None:
        for array in (target, x, y):
            if not array.flags.c_contiguous or array.dtype != target.dtype:
                raise ValueError("Outer takes C-contiguous buffers of one dtype")
        runs, n, m = target.shape
        shared, b = len(x) == 1, x.shape[1]
        call: Callable[[float], None]
        if n * m <= SMALL:
            product = np.empty_like(target)

            def call(alpha: float) -> None:
                np.matmul(y.mT, x, out=product)
                np.multiply(product, alpha, out=product)
                np.add(target, product, out=target)

        elif b == 1:
            ger = get_blas_funcs("ger", dtype=target.dtype)
            # One column of the transposed target is one row of one run, and `ger` treats each
            # column alone: where the runs share x, a single call serves them all.
            rows: list[tuple[Any, Any, Any]] = (
                [(x[0, 0], y.reshape(-1), target.reshape(runs * n, m).T)]
                if shared
                else [(x[r, 0], y[r, 0], target[r].T) for r in range(runs)]
            )

            def call(alpha: float) -> None:
                for x_r, y_r, target_r in rows:
                    ger(alpha, x_r, y_r, 1, 1, target_r, 1, 1, 1)

        else:
            gemm = get_blas_funcs("gemm", dtype=target.dtype)
            rows = [(x[0 if shared else r].T, y[r].T, target[r].T) for r in range(runs)]

            def call(alpha: float) -> None:
                for x_r, y_r, target_r in rows:
                    gemm(alpha, x_r, y_r, 1.0, target_r, 0, 1, 1)

        self.add: Callable[[float], None] = call
        """Add alpha · yᵀ x to the target, with what the buffers hold now."""
