"""Recorder: gathers one run's timeline, epoch by epoch.

Owns what a timeline is made of while it grows, and how it is closed.
"""

import numpy as np
from numpy.typing import NDArray

from src.run import Run
from src.timeline import CURVES, Ending, Outcome, Timeline
from src.training.stack import Stack


class Recorder:
    """One run's curves and filters so far; `timeline` once it has ended.

    Parameters
    ----------
    run
        The run.
    curves : (curves, epochs + 1)
        Where the trainer writes the run's values, in the order of `CURVES`.
    """

    timeline: Timeline

    def __init__(self, run: Run, curves: NDArray[np.float64]) -> None:
        self.run = run
        self.curves = dict(zip(CURVES, curves, strict=True))
        self.filters: dict[int, NDArray[np.floating]] = {}

    def keep_filters(self, epoch: int, filters: NDArray[np.floating]) -> None:
        """Keep a copy of the filters (L, I·J+1), without their biases."""
        shape = self.run.L, self.run.I, self.run.J
        self.filters[epoch] = filters[:, :-1].reshape(shape).copy()

    def finish(self, stack: Stack, row: int, decisions: NDArray[np.int64]) -> None:
        """Close the timeline of a run that has had its last epoch."""
        self._end(Outcome(Ending.finished, self.run.epochs), stack, row, decisions)

    def diverge(self, epoch: int, where: str, stack: Stack, row: int) -> None:
        """Close the timeline of a run whose numbers have left their range."""
        self.keep_filters(epoch, stack.network.parameters.filters[row])
        classes = len(self.run.classes)
        decisions = np.zeros((classes, classes), np.int64)  # between NaNs they would say nothing
        self._end(Outcome(Ending.diverged, epoch, where), stack, row, decisions)
        for name in ("train_acc", "test_acc"):
            self.curves[name][epoch] = np.nan
        # Which of its many NaNs an operation returns is the processor's whim: here is one.
        ended = self.timeline
        for array in (*self.curves.values(), *ended.parameters.values(), ended.filters):
            array[np.isnan(array)] = np.nan

    def _end(self, outcome: Outcome, stack: Stack, row: int, decisions: NDArray[np.int64]) -> None:
        """Close the timeline with what the run's row of the stack holds now."""
        p = stack.network.parameters
        epochs = sorted(self.filters)
        self.timeline = Timeline(
            outcome=outcome,
            curves=self.curves,
            filter_epochs=np.array(epochs),
            filters=np.array([self.filters[epoch] for epoch in epochs]),
            parameters={
                "filters": self.filters[epochs[-1]],
                "filter_biases": p.filters[row, :, -1].copy(),
                "weights": p.weights[row].copy(),
                "biases": p.biases[row].copy(),
            },
            confusion=decisions,
        )
