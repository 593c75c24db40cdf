"""Evaluation: loss, accuracy and probes of a stack at the end of an epoch.

Owns how a set of digits is cut into blocks and measured. Changes no parameter.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from src.arrays import Indices
from src.model.losses import decide
from src.model.network import Block
from src.timeline import CURVES
from src.training.probes import PROBE_DIGITS, DirectProbe
from src.training.stack import Stack

BLOCK_BYTES = 1 << 20
"""A run's buffers in a block should stay in a core's second-level cache."""


def block_size(stack: Stack) -> int:
    """Return how many samples a run may have in a block; a function of the structure alone."""
    run, p = stack.runs[0], stack.network.parameters
    K = p.weights.shape[2]
    numbers = (run.I * run.J + 1) * (K // run.L) + 3 * K
    return max(1, BLOCK_BYTES // int(numbers * p.weights.itemsize))


class Blocks:
    """The blocks of one stack by their size, made when first needed."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.most = stack, block_size(stack)
        self._made: dict[tuple[bool, int], Block] = {}

    def of(self, samples: Indices) -> Block:
        """Return a block that holds the samples (S, b)."""
        shared, b = len(samples) == 1, samples.shape[1]
        if (shared, b) not in self._made:
            s = self.stack
            self._made[shared, b] = Block(s.network, s.images, s.targets, shared, b)
        block = self._made[shared, b]
        block.gather(samples)
        return block

    def cut(self, samples: Indices) -> Iterator[Indices]:
        """Cut samples (S, n) into pieces (S, b) that fit into a block."""
        for start in range(0, samples.shape[1], self.most):
            yield samples[:, start : start + self.most]


def evaluate(stack: Stack, blocks: Blocks) -> dict[str, NDArray[np.float64]]:
    """Return every curve's value for the parameters as they are: (R,) each, by the curve's name.

    Raises
    ------
    TypeError
        A curve is declared and not computed, or the other way round: before the first step.
    """
    rows = slice(1) if stack.shares_subset else slice(None)
    probe = DirectProbe(stack.network)
    values = {}
    probed, rest = np.split(stack.train[rows], [PROBE_DIGITS], axis=1)
    parts = [*blocks.cut(probed)], [*blocks.cut(rest)]
    values["train_loss"], values["train_acc"] = _measure(stack, blocks, *parts, probe)
    test = [*blocks.cut(stack.test[rows])]
    values["test_loss"], values["test_acc"] = _measure(stack, blocks, [], test, probe)
    return complete(values | probe.values())


def complete(values: dict[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """Return an epoch's values if there is one of every declared curve.

    Raises
    ------
    TypeError
        A curve is declared and not computed, or the other way round.
    """
    if unlike := sorted(CURVES.keys() ^ values.keys()):
        raise TypeError(
            f"a curve must be declared in src.timeline and computed here or in "
            f"src.training.probes, got only one of the two for {', '.join(unlike)}"
        )
    return values


def _measure(
    stack: Stack, blocks: Blocks, probed: list[Indices], rest: list[Indices], probe: DirectProbe
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    loss = np.zeros(len(stack.runs))
    right = np.zeros(len(stack.runs))
    digits = 0
    for i, samples in enumerate([*probed, *rest]):
        block = blocks.of(samples)
        block.forward()
        loss += block.total_loss()
        right += np.count_nonzero(decide(block.x2) == stack.labels[samples], axis=1)
        digits += samples.shape[1]
        if i < len(probed):
            probe.add(block)
    return loss / digits, right / digits


def confusion(stack: Stack, blocks: Blocks) -> NDArray[np.int64]:
    """Count the test digits of each run by true class (row) and decision (column): (R, C, C)."""
    C = stack.targets.shape[1]
    counts = np.zeros((len(stack.runs), C, C), np.int64)
    runs = np.arange(len(stack.runs))[:, np.newaxis]
    rows = slice(1) if stack.shares_subset else slice(None)
    for samples in blocks.cut(stack.test[rows]):
        block = blocks.of(samples)
        block.forward()
        np.add.at(counts, (runs, stack.labels[samples], decide(block.x2)), 1)
    return counts
