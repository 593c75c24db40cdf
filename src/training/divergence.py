"""Where a run diverged: its last epoch replayed, alone, until its numbers leave their range.

Owns the search. It rests on law 2: a run alone repeats its row of the stack bit for bit, so that
training itself need not look at every step.
"""

from collections.abc import Mapping
from copy import deepcopy

import numpy as np

from src.arrays import Array, Indices
from src.model.parameters import Parameters
from src.training.evaluation import Blocks
from src.training.stack import Stack
from src.training.step import descend, minibatches


def place(stack: Stack, row: int, before: Mapping[str, Array], steps: int, epoch: Indices) -> str:
    """Return which of `convolution`, `perceptron` and `loss` was the first to become non-finite.

    Parameters
    ----------
    stack, row
        The stack that holds the run, and its row there.
    before
        All that training changes, of the whole stack, at the start of the epoch.
    steps
        How many steps were taken until then.
    epoch : (S, T)
        The digits of the epoch as they were presented; (S, 0) before training.
    """
    alone = stack.rows(np.array([row]))
    network = alone.network
    network.steps = steps
    for name, array in network.arrays().items():
        array[0] = before[name][row]
    if not network.parameters.finite().all():
        return _overflowed(network.parameters)
    blocks = Blocks(alone)
    mine = epoch[:1] if len(epoch) == 1 else epoch[row : row + 1]
    for samples in minibatches(mine, alone.runs[0].batch):
        last = deepcopy(network.parameters)
        descend(network, blocks, samples)
        if not network.parameters.finite().all():
            after, network.parameters = network.parameters, last
            return _first(alone, samples) or _overflowed(after)
    digits = np.concatenate([alone.train, alone.test], axis=1)
    return _first(alone, digits) or "loss"


def _first(alone: Stack, samples: Indices) -> str | None:
    """Return the first layer with a non-finite activation when digits (1, n) go forward."""
    blocks = Blocks(alone)
    for piece in blocks.cut(samples):
        block = blocks.of(piece)
        block.forward()
        for layer, x in (("convolution", block.x1), ("perceptron", block.x2)):
            if not np.isfinite(x).all():
                return layer
    return None


def _overflowed(parameters: Parameters) -> str:
    """Return the layer, the later one first, that the step itself pushed out of range."""
    perceptron = all(np.isfinite(p).all() for p in parameters.of_perceptron())
    return "convolution" if perceptron else "perceptron"
