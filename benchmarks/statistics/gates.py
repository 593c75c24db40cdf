"""Simulated error rates of the gate: what passes, and what fails, with and without a loss."""

from collections.abc import Callable

from analysis.arrays import Floats
from analysis.gate.judgement import Asked, decide, whole
from analysis.statistics import Test
from analysis.statistics.onesided import Gain
from benchmarks.statistics.samples import SHAPES, Row, normal, share

MARGIN = 1.0
"""In standard deviations of a gain of one seed."""

Make = Callable[[Floats], Gain]


def gates(repeats: int = 1_000) -> list[Row]:
    """Judge a change without any difference, and one that loses twice the margin in one metric."""
    rows: list[Row] = []
    for how, make in _ways().items():
        for metrics in (1, 3):
            for n in (5, 10, 20):
                noise = normal((repeats, metrics, 2, n)) / 2**0.5
                none = [_verdict(sample, make) for sample in noise]
                noise[:, 0, 1] -= 2 * MARGIN
                loss = [_verdict(sample, make) for sample in noise]
                rates = [
                    share(verdict == said for verdict in verdicts)
                    for verdicts in (none, loss)
                    for said in ("worse", "not worse")
                ]
                rows.append((how, str(metrics), str(n), *rates))
    return rows


def shapes(repeats: int = 1_000) -> list[Row]:
    """Judge one metric of values that need not be normal."""
    rows: list[Row] = []
    for shape, (draw, *_, sd) in SHAPES.items():
        for how, make in _ways().items():
            for n in (5, 10, 20):
                noise = draw((repeats, 1, 2, n)) / (sd * 2**0.5)
                none = [_verdict(sample, make) for sample in noise]
                noise[:, 0, 1] -= 2 * MARGIN
                loss = [_verdict(sample, make) for sample in noise]
                errors = [
                    share(verdict == "worse" for verdict in none),
                    share(verdict == "not worse" for verdict in loss),
                ]
                rows.append((shape, how, str(n), *errors))
    return rows


def _verdict(sample: Floats, make: Make) -> str:
    """Judge a sample (metrics, sides, seeds)."""
    family = [Asked(str(i), make(sides), MARGIN) for i, sides in enumerate(sample)]
    return whole(decide(family)[0])


def _ways() -> dict[str, Make]:
    def paired(test: Test) -> Make:
        return lambda sides: Gain(sides[1] - sides[0], test=test)

    return {
        "paired, sign flips": paired("permutation"),
        "paired, Student's t": paired("t"),
        "unpaired, Welch's t": lambda sides: Gain(sides[1], sides[0]),
    }
