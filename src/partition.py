"""Which runs train together: the partition of a grid into stacks.

Owns the sizes and the mixture of stacks. No result depends on it (law 2); speed and memory do: runs
that see the same digits in the same order share the reading of them, and a stack should stay in a
core's cache.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import pairwise

import numpy as np

from src.run import Run
from src.stack import structure

CACHE_BYTES = 3 << 19
"""What a step of a stack touches should fit into a core's second-level cache, about 2 MB."""

FEW = 8
"""A family of fewer runs is better stacked with others than alone: calls outweigh the reading."""


def partition(runs: Sequence[Run], workers: int, image: tuple[int, int]) -> list[list[Run]]:
    """Cut runs into stacks, the most work first.

    Parameters
    ----------
    runs
        All different.
    workers
        How many processes want a fair share.
    image
        The pixels (H, V) of the digits.
    """
    families = [
        family for same in _by(structure, runs).values() for family in _families(list(same))
    ]
    total = sum(work(run, image) for run in runs)
    stacks = []
    for family in families:
        pieces = max(
            -(-len(family) // _most(family[0], image)),
            round(workers * sum(work(run, image) for run in family) / max(total, 1)),
        )
        cuts = np.linspace(0, len(family), min(pieces, len(family)) + 1).round().astype(int)
        stacks += [family[a:b] for a, b in pairwise(cuts)]
    return sorted(stacks, key=lambda stack: -sum(work(run, image) for run in stack))


def _families(runs: list[Run]) -> list[list[Run]]:
    """Group runs of one structure by the digits that they share, where enough of them do."""
    keys: list[Callable[[Run], Hashable]] = [
        lambda run: (run.subset_seed, run.order, run.order_seed),
        lambda run: run.subset_seed,
        lambda run: None,
    ]
    families = []
    for key in keys:
        groups = _by(key, runs).values()
        families += [group for group in groups if len(group) >= FEW]
        runs = [run for group in groups if len(group) < FEW for run in group]
    return [*families, runs] if runs else families


def _by(key: Callable[[Run], Hashable], runs: Iterable[Run]) -> dict[Hashable, list[Run]]:
    groups = defaultdict(list)
    for run in runs:
        groups[key(run)].append(run)
    return groups


def _parameters(run: Run, image: tuple[int, int]) -> tuple[int, int]:
    """Return the numbers of weights in the filters and in the perceptron."""
    positions = (image[0] - run.I + 1) * (image[1] - run.J + 1)
    return run.L * (run.I * run.J + 1), run.L * positions * len(run.classes)


def _most(run: Run, image: tuple[int, int]) -> int:
    """Return the largest stack whose weights, activations and deltas stay in the cache."""
    filters, perceptron = _parameters(run, image)
    K = perceptron // len(run.classes)
    return max(
        1, CACHE_BYTES // ((filters + perceptron + 3 * K) * np.dtype(run.dtype.name).itemsize)
    )


def work(run: Run, image: tuple[int, int]) -> int:
    """Return the multiplications that a run takes, about: a measure of time among runs."""
    filters, perceptron = _parameters(run, image)
    forward = filters * (perceptron // len(run.classes) // run.L) + perceptron
    learning = (run.lrA > 0) + (run.lrW > 0)
    return forward * ((1 + learning) * run.epochs * run.T + (run.epochs + 1) * (run.T + run.TT))
