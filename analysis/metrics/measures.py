"""A curve becomes a number: pure functions from the curves of many runs to one value a run.

A curve is NaN from the epoch in which its run diverged or ended. A measure that needs the missing
part is NaN for that run; it is never filled in. Which measure goes by which name, unit and
direction is the business of `analysis.metrics.registry`.

Shapes: n runs, E+1 epochs (epoch 0 is the network before training).
"""

from dataclasses import dataclass

import numpy as np

from analysis.arrays import Flags, Floats
from analysis.errors import AnalysisError


@dataclass(frozen=True, eq=False)
class Curves:
    """One quantity of many runs over the same epochs.

    Attributes
    ----------
    values : (n, E+1) float array, NaN after a run's divergence or end
    epochs : (E+1,) float array, increasing
    rises : True where more is better (accuracy), False where less is (loss)
    """

    values: Floats
    epochs: Floats
    rises: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", np.asarray(self.values, dtype=np.float64))
        object.__setattr__(self, "epochs", np.asarray(self.epochs, dtype=np.float64))
        if (
            self.values.ndim != 2
            or self.epochs.shape != self.values.shape[1:]
            or not self.epochs.size
        ):
            raise AnalysisError(
                f"curves must have the shape (runs, epochs), "
                f"got {self.values.shape} for {self.epochs.shape} epochs"
            )
        if np.any(np.diff(self.epochs) <= 0):
            raise AnalysisError("epochs must increase from each column to the next")

    def late(self, last: int) -> Floats:
        """Return the last columns, (n, last)."""
        if not 1 <= last <= self.epochs.size:
            raise AnalysisError(
                f"last must be between 1 and the {self.epochs.size} recorded epochs, got {last!r}"
            )
        return np.asarray(self.values[:, -last:])


def final(curves: Curves) -> Floats:
    """Return the value at the last epoch, (n,)."""
    return np.array(curves.values[:, -1])


def at(curves: Curves, epoch: float) -> Floats:
    """Return the value at one epoch, (n,).

    Raises
    ------
    AnalysisError
        No value was recorded at that epoch.
    """
    place = np.flatnonzero(curves.epochs == epoch)
    if not place.size:
        first, last = curves.epochs[[0, -1]]
        raise AnalysisError(
            f"epoch of at must be a recorded one, from {first:g} to {last:g}, got {epoch:g}"
        )
    return np.array(curves.values[:, place[0]])


def tail(curves: Curves, last: int = 10) -> Floats:
    """Return the mean over the last recorded epochs, (n,): calmer than `final` when curves jump."""
    return np.asarray(curves.late(last).mean(axis=1))


def area(curves: Curves) -> Floats:
    """Return the area under the curve by trapezoids, divided by the epochs it spans, (n,).

    The division makes it the curve's mean over training, in the curve's own unit.
    """
    if curves.epochs.size == 1:
        return final(curves)
    return np.asarray(
        np.trapezoid(curves.values, curves.epochs, axis=1) / np.ptp(curves.epochs), dtype=np.float64
    )


@dataclass(frozen=True, eq=False)
class Times:
    """When each run reached a threshold.

    epochs (n,), and whether it was censored, i.e. not there by the horizon (n,).
    """

    epochs: Floats
    censored: Flags


def times_to(curves: Curves, threshold: float, horizon: float | None = None) -> Times:
    """Find the first recorded epoch at which each run is at the threshold or on its good side.

    Parameters
    ----------
    curves : (n, E+1)
        The side follows `rises`: accuracy must be at least, loss at most the threshold.
    threshold : in the unit of the curve
    horizon : the last epoch that counts, in epochs; the last recorded one unless a shorter common
        one is given

    Returns
    -------
    Times
        min(epochs, horizon), so a run that diverged, ended or never got there has the horizon and
        is censored.
    """
    end = float(curves.epochs[-1] if horizon is None else min(horizon, curves.epochs[-1]))
    there: Flags = (
        np.greater_equal(curves.values, threshold)
        if curves.rises
        else np.less_equal(curves.values, threshold)
    )
    there = there & (curves.epochs <= end)  # NaN is never there
    censored: Flags = np.logical_not(there.any(axis=1))
    return Times(np.where(censored, end, curves.epochs[there.argmax(axis=1)]), censored)


def epochs_to(curves: Curves, threshold: float) -> Floats:
    """Return min(first epoch at the threshold, last epoch), (n,).

    `times_to` tells which runs never got there.
    """
    return times_to(curves, threshold).epochs


def gap(train: Curves, test: Curves) -> Floats:
    """Return how much worse the test curve ends than the training curve, (n,).

    Below 0 it ends better.
    """
    worse = final(train) - final(test)
    return worse if train.rises else -worse


def instability(curves: Curves, last: int | None = None) -> Floats:
    """Return how sporadic the late curve is, (n,), in the unit of the curve.

    The spread of the steps from epoch to epoch about the mean step, divided by √2. A straight line,
    however steep, has 0; white noise around a line has its own standard deviation; a slow bend
    counts for little.

    Parameters
    ----------
    curves : (n, E+1)
    last : how many of the last recorded epochs are late; the last half unless given, at least 3

    Notes
    -----
    The mean square successive difference of von Neumann, Kent, Bellinson and Hart (1941), taken
    about the mean step.
    """
    late = curves.late(max(3, (curves.epochs.size + 1) // 2) if last is None else last)
    if late.shape[1] < 3:
        raise AnalysisError(f"instability must look at 3 epochs or more, got {late.shape[1]}")
    steps: Floats = np.diff(late, axis=1)
    count = steps.shape[1]
    unbiased = scatter(steps) / (count - 1 / count)  # for noise around a line
    return np.asarray(np.sqrt(unbiased / 2))


def scatter(steps: Floats) -> Floats:
    """Return the sum of squares of the steps (n, E) about each run's mean step, (n,)."""
    return np.asarray(((steps - steps.mean(axis=1, keepdims=True)) ** 2).sum(axis=1))


def best(curves: Curves) -> Floats:
    """Return the best value over the epochs a run has, (n,), NaN if it has none.

    Optimistic: it picks the luckiest epoch on the very data that score it.
    """
    worst = -np.inf if curves.rises else np.inf
    known = np.where(np.isnan(curves.values), worst, curves.values)
    peak = known.max(axis=1) if curves.rises else known.min(axis=1)
    return np.where(peak == worst, np.nan, peak)
