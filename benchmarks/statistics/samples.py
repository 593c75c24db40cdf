"""What the simulations draw from, and how they state a rate."""

from collections.abc import Callable, Iterable

import numpy as np
from scipy.special import betaincinv
from scipy.stats import binom

from analysis.arrays import Floats

Row = tuple[str, ...]
Draw = Callable[[tuple[int, ...]], Floats]
RNG = np.random.default_rng(20_261_123)
SEEDS = (3, 5, 20)


def normal(shape: tuple[int, ...]) -> Floats:
    """Draw standard normal values."""
    return RNG.standard_normal(shape)


def skewed(shape: tuple[int, ...]) -> Floats:
    """Draw lognormal values."""
    return RNG.lognormal(0.0, 1.0, shape)


def of_98(shape: tuple[int, ...]) -> Floats:
    """Draw accuracies on 98 test digits."""
    return RNG.binomial(98, 0.95, shape) / 98


SHAPES: dict[str, tuple[Draw, float, float, float]] = {  # with mean, median and standard deviation
    "normal": (normal, 0.0, 0.0, 1.0),
    "skewed (lognormal, σ = 1)": (
        skewed,
        float(np.exp(0.5)),
        1.0,
        float(np.sqrt((np.e - 1) * np.e)),
    ),
    "k of 98 (p = 0.95)": (
        of_98,
        0.95,
        float(binom.median(98, 0.95)) / 98,
        float(np.sqrt(0.95 * 0.05 / 98)),
    ),
}


def share(hits: Iterable[bool]) -> str:
    """State a rate in percent with its 99 % Clopper-Pearson bounds."""
    flags = np.fromiter(hits, dtype=bool)
    k, n = int(flags.sum()), flags.size
    low = betaincinv(k, n - k + 1, 0.005) if k else 0.0
    high = betaincinv(k + 1, n - k, 0.995) if k < n else 1.0
    return f"{k / n:.1%} ({low:.1%} to {high:.1%})"
