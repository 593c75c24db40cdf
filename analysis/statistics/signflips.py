"""The exact paired test: had two levels done the same, any difference could have had either sign.

Sums under all sign patterns are counted; they come in mirrored pairs, so half of them are
enumerated. Above `EXACT` seeds a seeded random sample of patterns stands in, and p is that of a
valid Monte-Carlo test (Phipson and Smyth 2010).

Source: Fisher (1935), The Design of Experiments, section 21. On differences of -1, 0 and 1 it is
the exact McNemar test.
"""

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Floats

Side = Literal["two-sided", "greater", "less"]

EXACT = 16
"""Up to this many seeds every sign pattern is counted: 2^15 mirrored pairs, some milliseconds a
test."""
SAMPLE = 2**16
"""Mirrored pairs of patterns above that, the observed one among them: the smallest two-sided p is
1.5e-5."""


def p_value(differences: ArrayLike, side: Side = "two-sided") -> float:
    """Test that the differences are symmetric about 0.

    Parameters
    ----------
    differences : (n,), one a seed, without NaN
    side : "greater" asks whether they lie above 0

    Returns
    -------
    float
        The share of sign patterns with a sum at least as extreme; NaN without seeds.
    """
    given = np.asarray(differences, dtype=np.float64)
    if not given.size:
        return float("nan")
    flipped = patterns(given.size) @ given
    slack = 1e-12 * np.abs(given).sum()  # equal sums must stay equal after rounding
    seen = given.sum()
    if side == "two-sided":
        return float(np.mean(np.abs(flipped) >= abs(seen) - slack))
    bar = (seen if side == "greater" else -seen) - slack
    return float((np.mean(flipped >= bar) + np.mean(-flipped >= bar)) / 2)


def smallest_p(n: int, side: Side = "two-sided") -> float:
    """Return the smallest p that n seeds can give, NaN for none."""
    if n == 0:
        return float("nan")
    return 1.0 / _half(n) / (1 if side == "two-sided" else 2)


def seeds_to_reach(p: float, side: Side = "two-sided") -> int:
    """Return the fewest seeds whose smallest p is at most p."""
    n = 1
    while 0.5 ** (n - 1) / (1 if side == "two-sided" else 2) > p:
        n += 1
    return n


def _half(n: int) -> int:
    return 2 ** (n - 1) if n <= EXACT else SAMPLE


@lru_cache(maxsize=4)
def patterns(n: int) -> Floats:
    """Return sign patterns (patterns, n), the observed one first, one of each mirrored pair."""
    if n <= EXACT:
        bits = (np.arange(_half(n))[:, None] >> np.arange(n)) & 1  # the last seed keeps its sign
        return np.asarray(1.0 - 2.0 * bits, dtype=np.float64)
    patterns = np.random.default_rng(n).choice([-1.0, 1.0], size=(SAMPLE, n))
    patterns[0] = 1.0
    return patterns
