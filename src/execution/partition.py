"""Which runs train together: the partition of a grid into stacks, and what it will cost.

Owns the sizes and the mixture of stacks. No result depends on it (law 2); speed and memory do: runs
that see the same digits in the same order share the reading of them, and a stack should stay in a
core's cache. In the Gram form nobody reads pixels, and the larger stack is the quicker one.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from src.run import Run
from src.training.evaluation import BLOCK_BYTES
from src.training.gram import BLOCK, pays
from src.training.stack import structure

CACHE_BYTES = 3 << 19
"""What a step of a stack touches should fit into a core's second-level cache, about 2 MB."""

FEW = 16
"""A family of fewer runs is better stacked with others than alone: calls outweigh the reading.
Measured on whole-image filters: runs with digits of their own cost 1.3 µs a sample and run in any
stack of 36 and more, runs that share them reach that at 16."""


@dataclass(frozen=True)
class Size:
    """The numbers that a run's network has, by which its time and memory are told.

    Parameters
    ----------
    run
        Any run.
    image
        The pixels (H, V) of its digits.
    """

    run: Run
    image: tuple[int, int]

    @property
    def positions(self) -> int:
        """M·N."""
        M, N = self.run.positions_in(self.image)
        return M * N

    @property
    def features(self) -> int:
        """K."""
        return self.run.L * self.positions

    @property
    def filters(self) -> int:
        """Weights and biases of the convolution."""
        return self.run.L * (self.run.I * self.run.J + 1)

    @property
    def perceptron(self) -> int:
        """Weights of the perceptron."""
        return self.features * len(self.run.classes)

    @property
    def itemsize(self) -> int:
        """Bytes of a number."""
        return np.dtype(self.run.dtype.name).itemsize

    @property
    def gram(self) -> bool:
        """Whether the run takes the Gram form, whose steps ask for no pixel."""
        return pays(self.run, self.image)

    @property
    def step_bytes(self) -> int:
        """What an online step touches: weights, activations, slopes and deltas."""
        if self.gram:  # z⁰ of a block's digits, and what a step adds to them
            block = min(BLOCK, self.run.T)
            numbers = 2 * block * self.run.L + 3 * self.perceptron + 9 * self.features
            return numbers * self.itemsize
        return (self.filters + self.perceptron + 3 * self.features) * self.itemsize

    @property
    def stack_bytes(self) -> int:
        """What a run adds to a stack at most: parameters, gradients, its part of four blocks."""
        copies = 3 + 2 * len(self.run.opt.memory)  # a state, and its copy at the epoch's start
        parameters = copies * (self.filters + self.perceptron) * self.itemsize
        if self.gram:  # products of all digits, in float64, and with every filter
            digits = self.run.T + self.run.TT
            return 2 * parameters + 8 * digits * (self.run.T + 8 * self.run.L)
        return parameters + 4 * BLOCK_BYTES

    @property
    def forward(self) -> int:
        """Multiplications of one sample on its way forward."""
        return self.filters * self.positions + self.perceptron

    @property
    def work(self) -> int:
        """Multiplications of the whole run, about: a measure of time among runs."""
        run = self.run
        learning = (run.lrA > 0) + (run.lrW > 0)
        samples = (1 + learning) * run.epochs * run.T + (run.epochs + 1) * (2 * run.T + run.TT)
        return self.forward * samples


def partition(
    runs: Sequence[Run], workers: int, image: tuple[int, int], memory: int
) -> list[list[Run]]:
    """Cut runs into stacks, the most work first.

    Parameters
    ----------
    runs
        All different.
    workers
        How many processes want a fair share.
    image
        The pixels (H, V) of the digits.
    memory
        Bytes that a stack may take beside its digits; a single run always may.
    """
    families = [
        family
        for same in _by(structure, runs).values()
        for family in ([list(same)] if Size(same[0], image).gram else _families(list(same)))
    ]
    total = _work(runs, image)
    stacks = []
    for family in families:
        size = Size(family[0], image)
        most = max(1, min(CACHE_BYTES // size.step_bytes, memory // size.stack_bytes))
        share = round(workers * _work(family, image) / total)
        pieces = min(max(-(-len(family) // most), share), len(family))
        cuts = np.linspace(0, len(family), pieces + 1).round().astype(int)
        stacks += [family[a:b] for a, b in pairwise(cuts)]
    return sorted(stacks, key=lambda stack: -_work(stack, image))


def _work(runs: Iterable[Run], image: tuple[int, int]) -> int:
    return sum(Size(run, image).work for run in runs)


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
