"""train(runs) → timelines: the only training loop.

Owns the epochs: what is recorded when, and that a run which diverges leaves the stack, so that it
is frozen at that epoch and costs nothing more. Knows neither Hydra nor files.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from src.blas import one_thread
from src.datasets import Dataset
from src.descent import descend_epoch
from src.divergence import place
from src.evaluation import Blocks, confusion, evaluate
from src.run import Run
from src.stack import Stack
from src.timeline import CURVES, Ending, Outcome, Timeline, snapshot_epochs

OnEpoch = Callable[[int, int], None]


def train(
    runs: Sequence[Run], dataset: Dataset, on_epoch: OnEpoch = lambda epoch, alive: None
) -> list[Timeline]:
    """Train runs of one structure together and return their timelines, in the order of the runs.

    Parameters
    ----------
    runs
        Of one `stack.structure`, all different.
    dataset
        The digits that they name.
    on_epoch
        Told, after every epoch, its number and how many runs have not diverged.
    """
    with one_thread(), np.errstate(all="ignore"):
        timelines = _train(Stack(runs, dataset), on_epoch)
    return [timelines[run] for run in runs]


def _train(stack: Stack, on_epoch: OnEpoch) -> dict[Run, Timeline]:
    run = stack.runs[0]
    kept = set(snapshot_epochs(run.epochs))
    recorders = {run: Recorder(run) for run in stack.runs}
    blocks = Blocks(stack)
    for epoch in range(run.epochs + 1):
        samples = stack.train[:, :0]
        before = stack.network.parameters.rows(np.arange(len(stack.runs)))
        if epoch:
            samples = stack.next_epoch()
            descend_epoch(stack.network, blocks, samples, run.batch)
        values = evaluate(stack, blocks)
        ended = ~(
            stack.network.parameters.finite()
            & np.isfinite(values["train_loss"])
            & np.isfinite(values["test_loss"])
        )
        last = ended | (epoch == run.epochs)
        decisions = confusion(stack, blocks) if last.any() else None
        for r, each in enumerate(stack.runs):
            recorder = recorders[each]
            recorder.add(epoch, {name: curve[r] for name, curve in values.items()})
            if last[r] or epoch in kept:
                recorder.keep_filters(epoch, stack.network.parameters.filters[r])
            if last[r] and decisions is not None:
                outcome = Outcome(Ending.finished, epoch)
                if ended[r]:
                    where = place(stack, r, before, samples)
                    outcome = Outcome(Ending.diverged, epoch, where)
                recorder.end(outcome, stack, r, decisions[r])
        on_epoch(epoch, len(stack.runs) - int(ended.sum()))
        if ended.all():
            break
        if ended.any():
            stack = stack.rows(np.flatnonzero(~ended))
            blocks = Blocks(stack)
    return {run: recorder.timeline for run, recorder in recorders.items()}


class Recorder:
    """Gathers one run's timeline, epoch by epoch."""

    timeline: Timeline

    def __init__(self, run: Run) -> None:
        self.run = run
        self.curves = {name: np.full(run.epochs + 1, np.nan) for name in CURVES}
        self.filters: dict[int, NDArray[np.floating]] = {}

    def add(self, epoch: int, values: dict[str, np.float64]) -> None:
        """Record every curve's value at an epoch."""
        for name, value in values.items():
            self.curves[name][epoch] = value

    def keep_filters(self, epoch: int, filters: NDArray[np.floating]) -> None:
        """Keep a copy of the filters (L, I·J+1), without their biases."""
        shape = self.run.L, self.run.I, self.run.J
        self.filters[epoch] = filters[:, :-1].reshape(shape).copy()

    def end(self, outcome: Outcome, stack: Stack, row: int, decisions: NDArray[np.int64]) -> None:
        """Close the timeline with what the run's row of the stack holds now."""
        p = stack.network.parameters
        epochs = sorted(self.filters)
        if outcome.ending is Ending.diverged:  # a decision between NaNs says nothing
            for name in ("train_acc", "test_acc"):
                self.curves[name][outcome.epoch] = np.nan
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
