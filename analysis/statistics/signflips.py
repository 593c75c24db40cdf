"""The exact paired test: had two levels done the same, any difference could have had either sign.

Sums under all sign patterns are counted: those of one half of the seeds are sorted, and for each of
the other half's a search tells how many of them reach the bar (Horowitz and Sahni 1974). Above
`EXACT` seeds a seeded random sample of patterns stands in, and p is that of a valid Monte-Carlo
test (Phipson and Smyth 2010).

Source: Fisher (1935), The Design of Experiments, section 21. On differences of -1, 0 and 1 it is
the exact McNemar test.
"""

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Floats

Side = Literal["two-sided", "greater", "less"]

EXACT = 40
"""Up to this many seeds every sign pattern is counted: 2^20 sums a half, a quarter of a second."""
LISTED = 16
"""Up to this many seeds `patterns` lists them all: 2^15 mirrored pairs."""
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
    slack = 1e-12 * np.abs(given).sum()  # equal sums must stay equal after rounding
    seen = -given.sum() if side == "less" else given.sum()  # the sums lie alike about 0
    bar = (abs(seen) if side == "two-sided" else seen) - slack
    if side == "two-sided" and bar <= 0:
        return 1.0
    return (2 if side == "two-sided" else 1) * _share(given, bar)


def _share(given: Floats, bar: float) -> float:
    """Return the share of sign patterns whose sum is at least `bar`."""
    if given.size > EXACT:
        sums = patterns(given.size) @ given
        return float((np.mean(sums >= bar) + np.mean(-sums >= bar)) / 2)
    first, second = np.sort(_sums(given[::2])), np.sort(_sums(given[1::2]))
    reach = first.size - np.searchsorted(first, bar - second)
    return float(reach.sum() / 2.0**given.size)


def _sums(given: Floats) -> Floats:
    """Return the sums under all 2^n sign patterns."""
    sums = np.zeros(1)
    for value in given:
        sums = np.concatenate([sums + value, sums - value])
    return sums


def smallest_p(n: int, side: Side = "two-sided") -> float:
    """Return the smallest p that n seeds can give, NaN for none."""
    if n == 0:
        return float("nan")
    return 1.0 / (2 ** (n - 1) if n <= EXACT else SAMPLE) / (1 if side == "two-sided" else 2)


def seeds_to_reach(p: float, side: Side = "two-sided") -> int:
    """Return the fewest seeds whose smallest p is at most p."""
    n = 1
    while 0.5 ** (n - 1) / (1 if side == "two-sided" else 2) > p:
        n += 1
    return n


@lru_cache(maxsize=4)
def patterns(n: int) -> Floats:
    """Return sign patterns (patterns, n), the observed one first, one of each mirrored pair.

    All of them up to `LISTED` seeds, a sample above.
    """
    if n <= LISTED:
        bits = (
            np.arange(2 ** (n - 1))[:, None] >> np.arange(n)
        ) & 1  # the last seed keeps its sign
        return np.asarray(1.0 - 2.0 * bits, dtype=np.float64)
    patterns = np.random.default_rng(n).choice([-1.0, 1.0], size=(SAMPLE, n))
    patterns[0] = 1.0
    return patterns
