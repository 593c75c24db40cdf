"""What one core can do: its rate of sgemm, by which the share of useful operations is told."""

from functools import partial

import numpy as np

from benchmarks.stopwatch import race
from src.model.blas import one_thread

SIZES = (384, 768, 1152)


def sgemm_rate(seconds: float = 2.0) -> float:
    """Return this core's best float32 matrix products in operations a second."""
    rng = np.random.default_rng(0)
    best = 0.0
    for n in SIZES:
        a, b = rng.random((2, n, n), dtype=np.float32)
        out = np.empty_like(a)
        with one_thread():
            took = race({n: partial(np.matmul, a, b, out=out)}, 50, seconds / len(SIZES))
        best = max(best, 2 * n**3 / took[n])
    return best
