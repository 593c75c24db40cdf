"""Simulated coverage of what is said about one group: mean, median, share, spread, curve."""

import numpy as np
from scipy.stats import binom

from analysis.arrays import Floats
from analysis.statistics.bands import band
from analysis.statistics.intervals import (
    Interval,
    mean_interval,
    median_interval,
    wilson_interval,
)
from analysis.statistics.power import sd_interval
from analysis.statistics.student import factor
from benchmarks.statistics.samples import SEEDS, SHAPES, Row, normal, share


def holds(interval: Interval, truth: float) -> bool:
    """Tell whether an interval holds the truth."""
    return interval.low <= truth <= interval.high


def intervals(repeats: int = 10_000) -> list[Row]:
    """Cover a mean, six means at once, a median and a standard deviation."""
    rows: list[Row] = []
    for shape, (draw, mean, median, sd) in SHAPES.items():
        for n in SEEDS:
            samples = draw((repeats, n))
            t = share(
                holds(i, mean) for i in map(mean_interval, samples) if i.coverage
            )  # where all are equal it is refused
            sets = [
                [i for i in (mean_interval(values, 1 - 0.05 / 6) for values in x) if i.coverage]
                for x in draw((repeats // 5, 6, n))
            ]
            six = share(all(holds(i, mean) for i in made) for made in sets)
            medians = [median_interval(x) for x in samples]
            order = share(holds(i, median) for i in medians)
            low, high = np.array(
                [sd_interval(spread, n) for spread in samples.std(axis=1, ddof=1)]
            ).T
            rows.append(
                (
                    shape,
                    str(n),
                    t,
                    six,
                    f"{order}, labelled {medians[0].coverage:.1%}",
                    share((low <= sd) & (sd <= high)),
                )
            )
    return rows


def wilson() -> list[Row]:
    """Coverage without simulation: the binomial sum, over 999 true rates."""
    rates = np.linspace(0.001, 0.999, 999)
    rows: list[Row] = []
    for n in (5, 20, 100):
        made = [wilson_interval(k, n) for k in range(n + 1)]
        inside = np.array([[holds(i, rate) for i in made] for rate in rates])
        cover = (inside * binom.pmf(np.arange(n + 1), n, rates[:, None])).sum(axis=1)
        rows.append((str(n), f"{cover.mean():.1%}", f"{cover.min():.1%}"))
    return rows


def bands(repeats: int = 2_000, epochs: int = 101) -> list[Row]:
    """Cover a whole mean curve."""
    at = np.arange(epochs)
    rows: list[Row] = []
    for name, likeness in (("smooth", 0.999), ("jumping", 0.8)):
        root = np.linalg.cholesky(
            likeness ** (np.abs(at[:, None] - at) ** (2 if likeness > 0.99 else 1))
            + 1e-9 * np.eye(epochs)
        )
        rows += [
            (f"{name}, normal", str(n), *_bands(normal((repeats, n, epochs)) @ root.T, 0.0))
            for n in SEEDS
        ]
    for shape, (draw, mean, *_) in SHAPES.items():
        rows += [
            (f"white noise, {shape}", str(n), *_bands(draw((repeats, n, epochs)), mean))
            for n in SEEDS
        ]
    return rows


def _bands(studies: Floats, mean: float) -> Row:
    made = [band(curves, np.arange(studies.shape[2])) for curves in studies]
    everywhere = share(bool(((b.low <= mean) & (b.high >= mean)).all()) for b in made)
    n = studies.shape[1]
    half = factor(0.95, n - 1) * studies.std(axis=1, ddof=1) / np.sqrt(n)
    return everywhere, share((np.abs(studies.mean(axis=1) - mean) <= half).all(axis=1))
