"""Sweepscope as a contestant: the engine's own epochs, without evaluation."""

import numpy as np

from benchmarks.problem import Problem, Weights, weights_of
from src.training.evaluation import Blocks
from src.training.step import descend_epoch


class Ours:
    """Trains the problem's stack in place."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.blocks = Blocks(problem.stack)

    def turn(self) -> None:
        """Present the digits `passes` times over."""
        stack, samples = self.problem.stack, self.problem.samples
        with np.errstate(all="ignore"):  # BLAS has one thread in this process from its start
            for _ in range(self.problem.passes):
                descend_epoch(stack.network, self.blocks, samples, stack.runs[0].batch)

    def weights(self) -> Weights:
        """Return the parameters as they are."""
        return weights_of(self.problem.stack)
