"""Sweepscope as a contestant: the engine's own epochs, without evaluation."""

import numpy as np

from benchmarks.problem import Problem, Weights, weights_of
from src.training.trainer import form_of


class Ours:
    """Trains the problem's stack in place."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.form = form_of(problem.stack)

    def turn(self) -> None:
        """Present the digits `passes` times over."""
        with np.errstate(all="ignore"):  # BLAS has one thread in this process from its start
            for _ in range(self.problem.passes):
                self.form.descend_epoch(self.problem.samples)

    def weights(self) -> Weights:
        """Return the parameters as they are."""
        self.form.form_filters()
        return weights_of(self.problem.stack)
