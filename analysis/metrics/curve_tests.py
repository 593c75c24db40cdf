"""What the curves of runs look like at their end: the numbers that a diagnosis rests on.

Shapes: n runs of one length, E+1 epochs.
"""

from dataclasses import dataclass

import numpy as np

from analysis.arrays import Floats, Indices
from analysis.metrics.measures import scatter

LATE = 0.25
"""What is late: the last quarter of the epochs, long enough to average out single jumps."""


@dataclass(frozen=True, eq=False)
class Signs:
    """The end of every run, (n,) each.

    Attributes
    ----------
    loss, accuracy : of training, late means
    test_accuracy : late mean
    fall, drop : by what share, and by how much, the training loss fell over the late epochs
    jump : how far the training loss jumps from epoch to epoch about its late trend
    first_loss, last_loss : of training
    lowest_test, lowest_epoch : the lowest test loss, and when
    last_test : the last test loss
    loss_at_lowest : the training loss at that epoch
    """

    loss: Floats
    accuracy: Floats
    test_accuracy: Floats
    fall: Floats
    drop: Floats
    jump: Floats
    first_loss: Floats
    last_loss: Floats
    lowest_test: Floats
    lowest_epoch: Indices
    last_test: Floats
    loss_at_lowest: Floats


def late(curve: Floats) -> Floats:
    """Return the late columns of a curve, two at least where there are two."""
    columns = curve.shape[1]
    return curve[:, -min(columns, max(2, round(LATE * (columns - 1)))) :]


def signs(curves: dict[str, Floats]) -> Signs:
    """Return what the curves (n, E+1) look like at their end."""
    loss, test = curves["train_loss"], curves["test_loss"]
    late_loss = late(loss)
    known = np.where(np.isnan(test), np.inf, test)
    lowest = known.argmin(axis=1)
    rows = np.arange(len(loss))
    before = late_loss[:, 0]
    return Signs(
        loss=late_loss.mean(axis=1),
        accuracy=late(curves["train_acc"]).mean(axis=1),
        test_accuracy=late(curves["test_acc"]).mean(axis=1),
        fall=(before - late_loss[:, -1]) / np.maximum(before, np.finfo(float).tiny),
        drop=before - late_loss[:, -1],
        jump=_jump(late_loss),
        first_loss=loss[:, 0],
        last_loss=loss[:, -1],
        lowest_test=known[rows, lowest],
        lowest_epoch=lowest,
        last_test=test[:, -1],
        loss_at_lowest=loss[rows, lowest],
    )


def _jump(curve: Floats) -> Floats:
    """Return the spread of the steps as `measures.instability` does, but of one step too.

    One step has no spread about itself, so its divisor is the count alone: never 0, and biased.
    """
    steps = np.diff(curve, axis=1)
    count = steps.shape[1]
    return np.asarray(np.sqrt(scatter(steps) / count / 2)) if count else np.zeros(len(curve))
