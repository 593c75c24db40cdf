"""Simulated promises about differences: false alarms, intervals, power, tuned levels."""

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.special import stdtr

from analysis.arrays import Floats
from analysis.statistics import Test, signflips, student
from analysis.statistics.comparison import bounds, judge
from analysis.statistics.contrasts import Contrast, Endpoint, contrast
from analysis.statistics.holm import holm
from analysis.statistics.pairing import contrasts
from analysis.statistics.power import seeds_needed
from analysis.statistics.tuning import tune
from benchmarks.statistics.samples import RNG, SEEDS, SHAPES, Row, normal, share


def false_alarms(levels: int = 12) -> list[Row]:
    """Compare all pairs of equal configurations; an alarm is any difference called real."""
    pairs = np.array(list(combinations(range(levels), 2)))
    rows: list[Row] = []
    for name, n, test, repeats in (
        ("Student's t", 3, t_values, 20_000),
        ("Student's t", 5, t_values, 20_000),
        ("sign flips", 12, flips, 2_000),
    ):
        for shape, (draw, *_) in SHAPES.items():
            alarms = []
            for values in draw((repeats, levels, n)) + (
                0.3 * normal((repeats, 1, n)) if shape == "normal" else 0
            ):  # seeds are lucky together
                alarms.append(
                    bool((holm(test(values[pairs[:, 0]] - values[pairs[:, 1]])) <= 0.05).any())
                )
            rows.append((name, str(n), shape, share(alarms)))
    return rows


def flips(differences: Floats) -> Floats:
    """Test each row by sign flips."""
    return np.array([signflips.p_value(row) for row in differences])


def t_values(differences: Floats) -> Floats:
    """Test each row as `student.p_value` does, all at once."""
    n = differences.shape[1]
    flat = np.ptp(differences, axis=1) <= 1e-12 * np.abs(differences).max(axis=1)
    t = differences.mean(axis=1) / np.where(flat, 1.0, differences.std(axis=1, ddof=1)) * np.sqrt(n)
    return np.where(
        flat, np.where(differences[:, 0] == 0, 1.0, 0.5 ** (n - 1)), 2 * stdtr(n - 1, -np.abs(t))
    )


FAMILIES: tuple[tuple[str, int, Callable[[Floats], Floats], int], ...] = (
    ("Student's t", 3, t_values, 20_000),
    ("Student's t", 5, t_values, 20_000),
    ("sign flips", 12, flips, 2_000),
)


def together(repeats: int = 1_000) -> list[Row]:
    """Count how often all intervals of a family hold at once.

    They are moved as they must be to agree with the verdicts.
    """
    scenes = {
        "none of 6 differs": (0, 0, 0, 0),
        "3 of 6 differ": (0, 0, 0, 1.5),
        "5 of 6 differ": (0, 0, 1.5, 3.0),
        "all differ": (0, 2, 4, 6),
    }
    rows: list[Row] = []
    for scene, true in scenes.items():
        for test, n in (("t", 5), ("permutation", 12)):
            hold, alarm, contradict = [], [], []
            for values in normal((repeats, 4, n)):
                rows_ = [
                    (values[i] - values[j] + true[i] - true[j], float(true[i] - true[j]))
                    for i, j in combinations(range(4), 2)
                ]
                method: Test = "t" if test == "t" else "permutation"
                table = judge([contrast(d, Endpoint("x"), test=method) for d, _ in rows_])
                truth = np.array([t for _, t in rows_])
                hold.append(bool(((table["low"] <= truth) & (truth <= table["high"])).all()))
                alarm.append(bool((table["real"] & (truth == 0)).any()))
                inside, outside = (
                    (table["low"] < 0) & (table["high"] > 0),
                    (table["low"] > 0) | (table["high"] < 0),
                )
                contradict.append(bool((np.where(table["real"], inside, outside)).any()))
            rows.append(
                (
                    scene,
                    {"t": "Student's t", "permutation": "sign flips"}[test],
                    str(n),
                    share(hold),
                    share(alarm),
                    f"{sum(contradict)}",
                )
            )
    return rows


def differences(repeats: int = 4_000) -> list[Row]:
    """Compare two levels over seeds, as a family of one."""

    def holds(row: Contrast, truth: float) -> bool:
        low, high = bounds(row, row.p <= 0.05, False, 0.05)
        return low <= truth <= high and (truth != 0 or row.p > 0.05)

    rows: list[Row] = []
    for shape, (draw, *_) in SHAPES.items():
        for n in SEEDS:
            made = [
                contrast(d, Endpoint("x"), test="t")
                for d in draw((repeats, n)) - draw((repeats, n))
            ]
            rows.append((shape, str(n), share(holds(row, 0.0) for row in made)))
    for first, second in ((0.05, 0.05), (0.1, 0.4), (0.5, 0.95)):
        for n in SEEDS:
            draws = RNG.binomial(1, first, (repeats, n)) - RNG.binomial(1, second, (repeats, n))
            made = [contrast(d, Endpoint("failed", "rate")) for d in draws]
            rows.append(
                (
                    f"rates {first:g} and {second:g}",
                    str(n),
                    share(holds(row, first - second) for row in made),
                )
            )
    for first, second in ((0.02, 0.02), (0.05, 0.2)):
        for n in SEEDS:
            luck = (
                RNG.beta(first * 9, (1 - first) * 9, (repeats, n)),
                RNG.beta(second * 9, (1 - second) * 9, (repeats, n)),
            )
            shares = (RNG.binomial(12, luck[0]) - RNG.binomial(12, luck[1])) / 12
            made = [contrast(d, Endpoint("failed", "rate"), cells=12 * n) for d in shares]
            name = f"rates {first:g} and {second:g}, 12 cells a seed, alike at 0.1"
            rows.append((name, str(n), share(holds(row, first - second) for row in made)))
    return rows


def power(repeats: int = 20_000) -> list[Row]:
    """Find a true difference with as many seeds as were said to be needed."""
    rows: list[Row] = []
    for effect, tests in ((1.0, 1), (0.5, 1), (1.0, 6), (0.75, 15), (0.5, 66)):
        n = seeds_needed(effect, 1.0, tests=tests).n
        values = normal((repeats, n)) + effect
        t = values.mean(axis=1) / values.std(axis=1, ddof=1) * np.sqrt(n)
        rows.append(
            (
                f"{effect:g} sd",
                str(tests),
                str(n),
                share(np.abs(t) >= student.factor(1 - 0.05 / tests, n - 1)),
            )
        )
    return rows


def tuned(repeats: int = 300, seeds: int = 12) -> list[Row]:
    """Two equal levels, each at its own best of 9 rates."""
    rows: list[Row] = []
    index = pd.MultiIndex.from_product(
        [range(seeds), ["x", "y"], range(9)], names=["seed", "act", "lrA"]
    )
    scenes = {
        "rates do not matter": (0.0, (4, 4)),
        "a step of the rate costs 0.2 sd": (0.2, (4, 4)),
        "a step costs 1 sd": (1.0, (4, 4)),
        "a step costs 0.6 sd, best rates 4 steps apart": (0.6, (2, 6)),
    }
    for name, (slope, peaks) in scenes.items():
        alarms, plain = [], []
        for noise in normal((repeats, seeds, 2, 9)):
            y = noise - slope * np.abs(np.arange(9) - np.array(peaks)[:, None])
            cells = (
                pd.Series(y.ravel(), index=index, name="acc").reset_index().assign(survived=True)
            )
            tuning = tune(cells, "act", ["lrA"], "acc")
            asked, pairs = [Endpoint("acc")], [("x", "y")]
            alarms.append(tuning.contrasts(asked, pairs)[0].p <= 0.05)
            plain.append(contrasts(tuning.cells, "act", asked, pairs)[0].p <= 0.05)
        rows.append((name, share(alarms), share(plain)))
    return rows
