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
from src.training.direct import Direct
from src.training.form import Form
from src.training.gram import Gram, pays
from src.training.recorder import Recorder
from src.training.stack import Stack

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


def form_of(stack: Stack) -> Form:
    """Return a stack in the form that its structure takes."""
    image = stack.images.shape[1], stack.images.shape[2]
    return Gram(stack) if pays(stack.runs[0], image) else Direct(stack)


def _train(stack: Stack, watch: Watch, resumed: Mapping[Run, Checkpoint]) -> dict[Run, Timeline]:
    run = stack.runs[0]
    curves = np.full((len(stack.runs), len(CURVES), run.epochs + 1), np.nan)
    recorders = {run: Recorder(run, mine) for run, mine in zip(stack.runs, curves, strict=True)}
    rows = np.arange(len(stack.runs))  # of the runs that have not ended
    form = form_of(stack)
    first = _resume(form, recorders, resumed) if resumed else 0
    kept = set(snapshot_epochs(run.epochs))
    for epoch in range(first, run.epochs + 1):
        stack = form.stack
        samples = stack.train[:, :0]
        before = form.before()
        if epoch:
            if not run.constant_rates:
                stack.network.scale_rates(run.rate_factor(epoch))
            samples = stack.next_epoch()
            form.descend_epoch(samples)
        values = form.evaluate()
        for i, name in enumerate(CURVES):
            curves[rows, i, epoch] = values[name]
        losses = np.isfinite(values["train_loss"]) & np.isfinite(values["test_loss"])
        diverged = ~(form.finite() & losses)
        if epoch in kept or diverged.any():
            form.form_filters()
        if epoch in kept:
            for each, filters in zip(stack.runs, stack.network.parameters.filters, strict=True):
                recorders[each].keep_filters(epoch, filters)
        for r in np.flatnonzero(diverged).tolist():
            recorders[stack.runs[r]].diverge(epoch, form.place(r, before, samples), stack, r)
        if diverged.all():
            watch(epoch, 0, dict)
            break
        if diverged.any():
            form, rows = form.rows(np.flatnonzero(~diverged)), rows[~diverged]
        if epoch == run.epochs:
            for r, decisions in enumerate(form.confusion()):
                recorders[form.stack.runs[r]].finish(form.stack, r, decisions)
        watch(epoch, len(rows), partial(_checkpoints, form, recorders, epoch))
    return {run: recorder.timeline for run, recorder in recorders.items()}


def _resume(form: Form, recorders: dict[Run, Recorder], resumed: Mapping[Run, Checkpoint]) -> int:
    """Put a stack where its checkpoints stand, and return the next epoch."""
    stack, arrays = form.stack, form.stack.network.arrays()
    for r, run in enumerate(stack.runs):
        checkpoint = resumed[run]
        for name, curve in recorders[run].curves.items():
            curve[:] = checkpoint.curves[name]
        recorders[run].filters = dict(checkpoint.kept)
        for name, array in arrays.items():
            array[r] = checkpoint.arrays[name]
    form.resume(np.array([resumed[run].coefficients for run in stack.runs]))
    (epoch,) = {checkpoint.epoch for checkpoint in resumed.values()}
    for _ in range(epoch):
        stack.next_epoch()
    stack.network.steps = epoch * -(-stack.runs[0].T // stack.runs[0].batch)
    return epoch + 1


def _checkpoints(form: Form, recorders: dict[Run, Recorder], epoch: int) -> dict[Run, Checkpoint]:
    form.form_filters()
    arrays, coefficients = form.stack.network.arrays(), form.coefficients()
    return {
        run: Checkpoint(
            epoch,
            recorders[run].curves,
            recorders[run].filters,
            {name: array[r] for name, array in arrays.items()},
            coefficients[r],
        )
        for r, run in enumerate(form.stack.runs)
    }
