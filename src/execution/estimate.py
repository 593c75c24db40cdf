"""Preflight: what a partition will take, in seconds and bytes, before anything runs.

Owns the estimate. Its constants are measured on this machine each time, in hundredths of a
second, by training a small network and a larger one on noise.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from src.arrays import Array
from src.execution.partition import Size
from src.model.activations import Act
from src.model.blas import one_thread
from src.model.columns import Columns
from src.model.network import Block
from src.model.parameters import Network, Parameters
from src.run import Run
from src.timeline import CURVES, snapshot_epochs

EVALUATION_STEPS = 12
"""An epoch's evaluation and probes cost about as many calls as so many steps."""

WRITE_SECONDS = 0.002
"""A run's share of composing, and of writing its folder; see benchmarks."""

FILE_BYTES = 6000
"""Of a run's small files: records, log, and the arrays' headers."""


@dataclass(frozen=True)
class Estimate:
    """What a sweep will take."""

    seconds: float
    bytes: int
    of: str = ""
    """Whose seconds they are, where that is not this machine."""

    def __str__(self) -> str:
        seconds, size = _in_units(self.seconds, _TIMES), _in_units(self.bytes, _SIZES)
        return f"about {seconds}{self.of} and {size} of disk"


_TIMES = [(86400.0, "days"), (3600.0, "hours"), (60.0, "minutes"), (1.0, "s")]
_SIZES = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")]


def _in_units(value: float, units: list[tuple[float, str]]) -> str:
    for size, name in units:
        if value >= 2 * size or name == units[-1][1]:
            return f"{max(value / size, 1):.0f} {name}"
    raise AssertionError("the last unit fits every value")


def estimate(stacks: Sequence[Sequence[Run]], workers: int, image: tuple[int, int]) -> Estimate:
    """Estimate what stacks take on so many worker processes.

    Parameters
    ----------
    stacks
        The partition.
    workers
        Processes, each on a core.
    image
        The pixels (H, V) of the digits.
    """
    seconds = [0.0] * workers
    for cost in stack_seconds(stacks, image):  # the most work first, each to whom is free first
        least = min(range(workers), key=seconds.__getitem__)
        seconds[least] += cost
    return Estimate(max(seconds), disk_bytes(stacks, image))


def stack_seconds(stacks: Sequence[Sequence[Run]], image: tuple[int, int]) -> list[float]:
    """Estimate the seconds of each stack on one core of this machine."""
    costs = calibrate()
    seconds = []
    for stack in stacks:
        run, size = stack[0], Size(stack[0], image)
        steps = run.epochs * (-(-run.T // run.batch) + EVALUATION_STEPS)
        cost = steps * costs.step + len(stack) * WRITE_SECONDS
        if size.gram:  # a digit, trained or looked at, costs about two bare steps
            samples = 2 * len(stack) * run.epochs * (2 * run.T + run.TT)
            cost += samples * size.step_bytes / size.itemsize * costs.gram
        else:
            work = sum(Size(each, image).work for each in stack)
            cost += work * (costs.whole if size.positions == 1 else costs.sliding)
        seconds.append(cost)
    return seconds


def disk_bytes(stacks: Sequence[Sequence[Run]], image: tuple[int, int]) -> int:
    """Estimate what the runs of stacks will take on the disk."""
    return sum(_disk(run, image) for stack in stacks for run in stack)


def _disk(run: Run, image: tuple[int, int]) -> int:
    size = Size(run, image)
    filters = len(snapshot_epochs(run.epochs)) + 1
    numbers = filters * size.filters + size.perceptron
    return len(CURVES) * (run.epochs + 1) * 8 + numbers * size.itemsize + FILE_BYTES


@dataclass(frozen=True)
class Costs:
    """Seconds on this machine."""

    step: float
    """Of a step, however small."""
    whole: float
    """Of a multiplication, where filters are as large as the image and memory is the limit."""
    sliding: float
    """Of a multiplication, where filters slide and arithmetic is the limit."""
    gram: float
    """Of a number that a step of the Gram form touches."""


def calibrate() -> Costs:
    """Measure the costs by training networks on noise for some hundredths of a second."""
    step = _step_seconds(1, 2, 28)
    whole = _step_seconds(64, 2, 28) - step
    sliding = _step_seconds(1, 16, 7) - step
    passes = 3  # forward, backward, update
    columns, gram = 256, (2 * 31 * 2 + 3 * 2 * 10 + 9 * 2)
    of_columns = _column_seconds(columns) - _column_seconds(2)
    return Costs(
        step,
        max(whole, 1e-6) / (passes * 64 * (2 * 785 + 20)),
        max(sliding, 1e-6) / (passes * (16 * 50 * 484 + 7744 * 10)),
        max(of_columns, 1e-6) / (columns * gram),
    )


def _column_seconds(R: int) -> float:
    """Return the time of a step of two filters in the Gram form, with half of 31 digits to come."""
    filters, weights, biases = (np.zeros(n, np.float32) for n in ((R, 2, 2), (R, 10, 2), (R, 10)))
    rates = np.full(R, 1e-3, np.float32)
    acts = (Act.tanh,) * R
    network = Network(Parameters(filters, weights, biases), acts, acts, rates, rates, (1, 1))
    columns = Columns(network, 31)
    columns.load()
    columns.maps.fill(0.1)
    columns.target.fill(0)
    (one,) = columns.pieces(0, 1)
    moved = np.empty_like(columns.maps[15:])
    factors = np.zeros((len(moved), 1, 1), np.float32)
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(10):
            one.forward()
            one.backward()
            one.perceptron_gradient()
            np.multiply(factors, columns.delta[0], out=moved)
            np.subtract(columns.maps[15:], moved, out=columns.maps[15:])
        best = min(best, (time.perf_counter() - start) / 10)
    return best


def _step_seconds(R: int, L: int, kernel: int) -> float:
    rng = np.random.default_rng(0)

    def noise(*shape: int) -> Array:
        drawn: Array = rng.uniform(-0.1, 0.1, shape).astype(np.float32)
        return drawn

    K = L * (29 - kernel) ** 2
    parameters = Parameters(noise(R, L, kernel**2 + 1), noise(R, 10, K), noise(R, 10))
    rates = np.full(R, 1e-3, np.float32)
    acts = (Act.tanh,) * R
    network = Network(parameters, acts, acts, rates, rates, (kernel, kernel))
    samples = np.zeros((1, 1), np.intp)
    with one_thread():
        block = Block(network, noise(1, 28, 28), noise(1, 10), True, 1)
        best = float("inf")
        for _ in range(5):
            start = time.perf_counter()
            for _ in range(10):
                block.gather(samples)
                block.forward()
                block.backward()
                block.descend()
            best = min(best, (time.perf_counter() - start) / 10)
    return best
