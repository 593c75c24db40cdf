"""Time over runs, epochs and samples, two decades each. `python -m benchmarks.growth`.

Everything is in it that `train` does: stacks, steps, evaluation, probes. A slope of 1 is
proportional; below 1 the fixed part of a small job shows.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.figures import growth_figure
from benchmarks.machine import pin
from benchmarks.networks import A, variations
from benchmarks.stopwatch import race
from benchmarks.table import Table, parser, publish
from src.data.datasets import load
from src.run import Run
from src.training.trainer import train

STACK = 72
"""Runs that train together; more make more stacks."""

AXES: dict[str, tuple[Callable[[int], list[Run]], Sequence[int]]] = {
    "runs": (lambda n: variations(replace(A, epochs=10), n), (72, 216, 720, 2160, 7200)),
    "epochs": (lambda n: variations(replace(A, epochs=n), 36), (10, 30, 100, 300, 1000)),
    "training samples": (
        lambda n: variations(replace(A, classes=tuple(range(10)), T=n, epochs=8), 12),
        (40, 120, 400, 1200, 4000),
    ),
}
"""How a number becomes runs, and the numbers."""


def main() -> None:
    """Measure the three axes and publish table and figure."""
    arguments = parser(__doc__)
    arguments.add_argument("--figure", type=Path, help="draw the growth into this PNG file")
    given = arguments.parse_args()
    pin()
    table = Table(
        "Growth: seconds of training network A, one core", ["axis", "number", "s", "slope"]
    )
    panels, slopes = {}, {}
    for axis, (runs_of, numbers) in AXES.items():
        seconds = _measure([runs_of(n) for n in numbers])
        panels[axis] = numbers, seconds
        slopes[axis] = float(np.polyfit(np.log(numbers), np.log(seconds), 1)[0])
        for number, took in zip(numbers, seconds, strict=True):
            last = f"{slopes[axis]:.3f}" if number == numbers[-1] else ""
            table.add(axis, f"{number:,}", f"{took:.3f}", last)
    publish("Growth", [table], given.out)
    if given.figure:
        growth_figure(panels, slopes).savefig(given.figure)


def _measure(sizes: list[list[Run]]) -> list[float]:
    dataset = load("embedded")

    def call(runs: list[Run]) -> None:
        for start in range(0, len(runs), STACK):
            train(runs[start : start + STACK], dataset)

    call(sizes[0])
    contestants = {i: partial(call, runs) for i, runs in enumerate(sizes)}
    return list(race(contestants, turns=2).values())


if __name__ == "__main__":
    main()
