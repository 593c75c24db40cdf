"""Simulated coverage of shares of variance and of variance components."""

import numpy as np
import pandas as pd

from analysis.arrays import Floats
from analysis.statistics.components import components
from analysis.statistics.effects import effects
from benchmarks.statistics.samples import SHAPES, Row, normal, share

A, B = np.array([-1.0, 0.0, 1.0]), np.array([-0.3, 0.0, 0.0, 0.3])
EFFECTS = ("a", "b", "a × b")
STREAMS = ("subset_seed", "init_seed", "order_seed")


def shares(repeats: int = 500) -> list[Row]:
    """Share out a 3 × 4 design with a strong, a weak and no effect.

    The spread of seeds and runs is 0.5 and 1.
    """
    parts = np.array([(A**2).mean(), (B**2).mean(), 0.0])
    true = parts / (parts.sum() + 1.25)
    rows: list[Row] = []
    for shape, (draw, mean, _, sd) in SHAPES.items():
        for n in (5, 20):
            noise = (draw((repeats, n, 3, 4)) - mean) / sd
            tables = [
                effects(
                    _tidy(y + A[:, None] + B + 0.5 * normal((n, 1, 1)), ("seed", "a", "b")),
                    ["a", "b"],
                    "y",
                )[0]
                for y in noise
            ]
            for i, effect in enumerate(EFFECTS):
                held = share(t["low"][i] <= true[i] <= t["high"][i] for t in tables)
                rows.append(
                    (
                        shape,
                        f"{n} seeds",
                        effect,
                        f"{true[i]:.3f}",
                        f"{np.mean([t['share'][i] for t in tables]):.3f}",
                        held,
                    )
                )
    return rows


def variances(repeats: int = 500) -> list[Row]:
    """Split 4 × 4 × 4 crossed streams with the variances 4, 1 and 0, and 1 for the rest."""
    true = (4.0, 1.0, 0.0)
    rows: list[Row] = []
    for shape, (draw, mean, _, sd) in SHAPES.items():
        tables = []
        for noise in (draw((repeats, 4, 4, 4)) - mean) / sd:
            subset, init = (draw((4, 1, 1)) - mean) / sd, (draw((1, 4, 1)) - mean) / sd
            tables.append(
                components(_tidy(noise + 2 * subset + init, STREAMS), "y", streams=STREAMS)[0]
            )
        for i, stream in enumerate(STREAMS):
            held = share(t["low"][i] <= true[i] <= t["high"][i] for t in tables)
            rows.append(
                (
                    shape,
                    "4³ runs",
                    stream,
                    f"{true[i]:.3f}",
                    f"{np.mean([t['variance'][i] for t in tables]):.3f}",
                    held,
                )
            )
    return rows


def _tidy(values: Floats, names: tuple[str, ...]) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([range(size) for size in values.shape], names=names)
    return pd.Series(values.ravel(), index=index, name="y").reset_index()
