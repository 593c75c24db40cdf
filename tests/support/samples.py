"""What the tests of statistics are fed with: numbers, p-values, and tidy frames.

The strategies of the engine's tests are in `strategies`.
"""

from itertools import product

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

finite = st.floats(-100, 100, allow_subnormal=False).map(lambda x: round(x, 6))
differences = st.integers(2, 9).flatmap(lambda n: arrays(np.float64, n, elements=finite))
p_values = st.lists(st.floats(0, 1), min_size=1, max_size=20)


def cells(
    seeds: int = 8,
    levels: tuple[str, ...] = ("fixed", "random"),
    rates: int = 3,
    shift: float = 0.0,
    key: int = 0,
) -> pd.DataFrame:
    """A tidy frame: seed × order × lrA, with acc, epochs, failed and survived; the last level is
    better by `shift`."""
    rng = np.random.default_rng(key)
    frame = pd.DataFrame(
        list(product(range(seeds), levels, range(rates))), columns=["seed", "order", "lrA"]
    )
    frame["acc"] = (
        rng.normal(size=len(frame))
        + shift * (frame["order"] == levels[-1])
        + rng.normal(size=seeds)[frame["seed"]]
    )
    frame["epochs"] = rng.integers(1, 50, len(frame)).astype(float)
    return frame.assign(survived=True, failed=0.0)
