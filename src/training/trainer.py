"""train(runs) → timelines: the only training loop.

Owns the epochs: what is recorded when, and that a run which diverges leaves the stack, so that it
is frozen at that epoch and costs nothing more. Knows neither Hydra nor files.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from src.data.datasets import Dataset
from src.model.blas import one_thread
from src.run import Run
from src.storage.checkpoint import Checkpoint
from src.timeline import CURVES, Timeline, snapshot_epochs
from src.training.divergence import place
from src.training.evaluation import Blocks, confusion, evaluate
from src.training.recorder import Recorder
from src.training.stack import Stack
from src.training.step import descend_epoch

Watch = Callable[[int, int, Callable[[], dict[Run, Checkpoint]]], None]


def _look_away(epoch: int, alive: int, checkpoints: Callable[[], dict[Run, Checkpoint]]) -> None:
    """Watch nothing."""


def train(
    runs: Sequence[Run],
    dataset: Dataset,
    watch: Watch = _look_away,
    resumed: Mapping[Run, Checkpoint] | None = None,
) -> list[Timeline]:
    """Train runs of one structure together and return their timelines, in the order of the runs.

    Parameters
    ----------
    runs
        Of one `stack.structure`, all different.
    dataset
        The digits that they name.
    watch
        Called after every epoch with its number, how many runs have not ended, and a function
        that makes a checkpoint of each of these. What it raises ends the training.
    resumed
        A checkpoint of every run, all at one epoch: training goes on from there, and ends with the
        same bits as if it had never stopped.
    """
    with one_thread(), np.errstate(all="ignore"):
        timelines = _train(Stack(runs, dataset), watch, resumed or {})
    return [timelines[run] for run in runs]


def _train(stack: Stack, watch: Watch, resumed: Mapping[Run, Checkpoint]) -> dict[Run, Timeline]:
    run = stack.runs[0]
    curves = np.full((len(stack.runs), len(CURVES), run.epochs + 1), np.nan)
    recorders = {run: Recorder(run, mine) for run, mine in zip(stack.runs, curves, strict=True)}
    rows = np.arange(len(stack.runs))  # of the runs that have not ended
    first = _resume(stack, recorders, resumed) if resumed else 0
    blocks = Blocks(stack)
    kept = set(snapshot_epochs(run.epochs))
    for epoch in range(first, run.epochs + 1):
        samples = stack.train[:, :0]
        before = {name: array.copy() for name, array in stack.network.arrays().items()}
        steps = stack.network.steps
        if epoch:
            if not run.constant_rates:
                stack.network.scale_rates(run.rate_factor(epoch))
            samples = stack.next_epoch()
            descend_epoch(stack.network, blocks, samples, run.batch)
        values = evaluate(stack, blocks)
        for i, name in enumerate(CURVES):
            curves[rows, i, epoch] = values[name]
        if epoch in kept:
            for each, filters in zip(stack.runs, stack.network.parameters.filters, strict=True):
                recorders[each].keep_filters(epoch, filters)
        losses = np.isfinite(values["train_loss"]) & np.isfinite(values["test_loss"])
        diverged = ~(stack.network.parameters.finite() & losses)
        for r in np.flatnonzero(diverged).tolist():
            recorders[stack.runs[r]].diverge(
                epoch, place(stack, r, before, steps, samples), stack, r
            )
        if diverged.all():
            watch(epoch, 0, dict)
            break
        if diverged.any():
            stack, rows = stack.rows(np.flatnonzero(~diverged)), rows[~diverged]
            blocks = Blocks(stack)
        if epoch == run.epochs:
            for r, decisions in enumerate(confusion(stack, blocks)):
                recorders[stack.runs[r]].finish(stack, r, decisions)
        watch(epoch, len(stack.runs), partial(_checkpoints, stack, recorders, epoch))
    return {run: recorder.timeline for run, recorder in recorders.items()}


def _resume(stack: Stack, recorders: dict[Run, Recorder], resumed: Mapping[Run, Checkpoint]) -> int:
    """Put a stack where its checkpoints stand, and return the next epoch."""
    arrays = stack.network.arrays()
    for r, run in enumerate(stack.runs):
        checkpoint = resumed[run]
        for name, curve in recorders[run].curves.items():
            curve[:] = checkpoint.curves[name]
        recorders[run].filters = dict(checkpoint.kept)
        for name, array in arrays.items():
            array[r] = checkpoint.arrays[name]
    (epoch,) = {checkpoint.epoch for checkpoint in resumed.values()}
    for _ in range(epoch):
        stack.next_epoch()
    stack.network.steps = epoch * -(-stack.runs[0].T // stack.runs[0].batch)
    return epoch + 1


def _checkpoints(stack: Stack, recorders: dict[Run, Recorder], epoch: int) -> dict[Run, Checkpoint]:
    arrays = stack.network.arrays()
    return {
        run: Checkpoint(
            epoch,
            recorders[run].curves,
            recorders[run].filters,
            {name: array[r] for name, array in arrays.items()},
        )
        for r, run in enumerate(stack.runs)
    }
