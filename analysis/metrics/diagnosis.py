"""Why did this run fail? A label for every run, from its probes, with the evidence.

Owns the thresholds with their reasons, and the order of the labels: a cause (dead,
saturated) goes before its effect (vanished), and that before what it looks like from outside
(stuck at chance). A run that learned is not blamed for what its probes look like: only a run
that failed to learn its training digits can be frozen, dead, saturated, vanished or stuck.

Shapes: n runs, E+1 epochs.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from analysis.arrays import Flags, Floats
from analysis.metrics.curve_tests import Signs, late, signs
from analysis.study.data import StudyData

Rule = tuple[str, Flags, Callable[[int], str]]
"""A label, which runs it fits (n,), and the evidence for one of them."""

LEARNED = 0.8
"""A run learned if it decides 80 % of what guessing leaves open: 90 % of two classes, 82 of ten."""
GUESSING = 2.0
"""Standard errors above chance within which an accuracy on T digits says nothing."""
FLAT = 0.8
"""Saturated: four of five (unit, digit) pairs pass no gradient, so most digits teach nothing."""
DEAD = 0.5
"""Dead: half of the features, or any output, are off for every digit and cannot come back, …"""
ANY = 1e-9
"""… for a class whose output is off is never decided."""
REACHES = 1e-3
"""Vanished: a layer's gradient is below a thousandth of the error √(2·loss) that causes it.

Only of runs on the squared error: of another loss this is not the error."""
FALLING = 0.05
"""Not converged yet: the loss falls by more than a twentieth over the late epochs alone …"""
WORTH = 0.01
"""… and by more than a hundredth of its first value: below, what is left to gain is nothing."""
JUMPS = 0.2
"""Oscillating: the late loss jumps from epoch to epoch by more than a fifth of its mean …"""
FLOOR = 0.02
"""… and by more than a fiftieth of its first value, for jumps about nothing mean nothing."""
GROWN = 10.0
"""Exploding: the training loss ends at ten times its first value, which no noise explains."""
RISEN = 0.1
"""Overfit: the test loss ends a tenth above its lowest (and by more than the floor), …"""
APART = 0.2
"""… or the test accuracy a fifth below the training accuracy."""

ONE_SIDED = ("relu",)
"""Activations whose flat part is "off": they die. Those with two flat ends saturate."""


@lru_cache(maxsize=4)  # asked again for every rate of a label
def diagnoses(sweep: StudyData) -> pd.DataFrame:
    """Label every run.

    Returns
    -------
    DataFrame
        A row a run, by run id: label (a key of `LABELS`) and evidence.
    """
    sweep.needs("probes of gradients and units, by which runs are diagnosed")
    labels = np.full(len(sweep.runs), "", dtype=object)
    evidence = np.full(len(sweep.runs), "", dtype=object)
    for rows, last in sweep.spans():
        curves = {name: sweep.curve(name)[rows, : last + 1] for name in sweep.curve_names}
        for label, fits, say in _rules(sweep.runs.iloc[rows], curves):
            for i in np.flatnonzero(fits & (labels[rows] == "")):
                labels[rows[i]], evidence[rows[i]] = label, say(int(i))
    return pd.DataFrame({"label": labels, "evidence": evidence}, index=sweep.runs.index)


def _say(template: str, **values: Any) -> Callable[[int], str]:
    """Return how to word the evidence: a template, and the values (n,) that it names."""
    return lambda i: template.format(**{name: column[i] for name, column in values.items()})


def _rules(runs: pd.DataFrame, curves: dict[str, Floats]) -> Iterator[Rule]:
    """Yield each label, which runs it fits, and its evidence; the first fit counts."""
    yield from _ends(runs)
    if curves["train_loss"].shape[1] == 0:  # no run here has a timeline that can be read
        yield "failed", np.ones(len(runs), bool), _say("its timeline cannot be read")
        return
    s = signs(curves)
    unread = np.isnan(s.last_loss)
    yield "failed", unread, _say("its timeline cannot be read")
    chance = 1.0 / runs["classes"].str.count(",").add(1).to_numpy(np.float64)
    failed = (s.accuracy - chance) < LEARNED * (1 - chance)
    grew = "train_loss grew from {first:.2g} to {last:.2g}"
    exploding = s.last_loss > GROWN * s.first_loss
    yield "exploding", exploding, _say(grew, first=s.first_loss, last=s.last_loss)
    yield from _causes(runs, curves, s, failed)
    guess = chance + GUESSING * np.sqrt(chance * (1 - chance) / runs["T"].to_numpy(np.float64))
    guessed = "train_acc {acc:.2f}, guessing gives up to {guess:.2f}"
    yield (
        "stuck at chance",
        failed & (s.accuracy <= guess),
        _say(guessed, acc=s.accuracy, guess=guess),
    )
    yield from _courses(s, ~failed)


def _ends(runs: pd.DataFrame) -> Iterator[Rule]:
    outcome = runs["outcome"].to_numpy()
    for ending in ("failed", "interrupted"):
        yield ending, outcome == ending, _say("see its folder")
    yield "not converged yet", outcome == "running", _say("it still trains")
    where = "at epoch {epoch:.0f} in the {place}"
    epoch = runs["epoch"].to_numpy(np.float64, na_value=np.nan)
    yield "diverged", outcome == "diverged", _say(where, epoch=epoch, place=runs["place"].array)


def _causes(
    runs: pd.DataFrame, curves: dict[str, Floats], s: Signs, failed: Flags
) -> Iterator[Rule]:
    """Yield why a run may have failed to learn, causes before effects."""
    still = {rate: runs[rate].to_numpy() == 0 for rate in ("lrA", "lrW")}
    yield "frozen", still["lrA"] & still["lrW"], _say("lrA = lrW = 0: nothing could learn")
    mean = {name: late(curve).mean(axis=1) for name, curve in curves.items()}
    layers = (("conv", "features", "act", DEAD), ("perceptron", "outputs", "act_out", ANY))
    for layer, units, act, least in layers:
        share = mean[f"{layer}_dead"]
        off = failed & runs[act].isin(ONE_SIDED).to_numpy() & (share >= least)
        yield "dead", off, _say(f"{{share:.0%}} of {units} are off for every digit", share=share)
    for layer, units, act, _ in layers:
        share = mean[f"{layer}_saturated"]
        flat = failed & ~runs[act].isin(ONE_SIDED).to_numpy() & (share >= FLAT)
        yield "saturated", flat, _say(f"{{share:.0%}} of {units} on the flat part", share=share)
    for layer, rate in (("convolution", "lrA"), ("perceptron", "lrW")):
        kept = f"{rate} = 0: the {layer} stayed as it began, train_acc {{acc:.2f}}"
        yield "frozen", failed & still[rate], _say(kept, acc=s.accuracy)
    squared = (runs["loss"] == "squared_error").to_numpy() if "loss" in runs else np.array(True)
    error = np.sqrt(2 * np.maximum(s.loss, np.finfo(float).tiny))
    for layer, words in (("conv", "convolution"), ("perceptron", "perceptron")):
        share = mean[f"{layer}_grad_norm"] / error
        reaches = f"{{share:.1e}} of the error reaches the {words} late"
        yield "vanished", failed & squared & (share < REACHES), _say(reaches, share=share)


def _courses(s: Signs, learned: Flags) -> Iterator[Rule]:
    """Yield how the curves of a run went that was not held up."""
    floor = FLOOR * s.first_loss
    jumps = "train_loss jumps by {jump:.3g} about {loss:.3g} late"
    yield (
        "oscillating",
        s.jump > np.maximum(JUMPS * s.loss, floor),
        _say(jumps, jump=s.jump, loss=s.loss),
    )
    risen = s.last_test - s.lowest_test > np.maximum(RISEN * s.lowest_test, floor)
    rose = "test_loss rose from {low:.3g} at epoch {epoch} to {last:.3g}"
    yield (
        "overfit",
        risen & (s.last_loss < s.loss_at_lowest),
        _say(rose, low=s.lowest_test, epoch=s.lowest_epoch, last=s.last_test),
    )
    apart = "train_acc {acc:.2f}, test_acc {test:.2f}"
    yield (
        "overfit",
        learned & (s.accuracy - s.test_accuracy > APART),
        _say(apart, acc=s.accuracy, test=s.test_accuracy),
    )
    falls = "train_loss fell by {fall:.0%} over the last quarter, to {loss:.3g}"
    falling = (s.fall > FALLING) & (s.drop > WORTH * s.first_loss)
    yield "not converged yet", falling, _say(falls, fall=s.fall, loss=s.last_loss)
    rests = "train_loss {loss:.3g}, train_acc {acc:.2f}, test_acc {test:.2f}"
    yield (
        "converged",
        np.ones(len(learned), bool),
        _say(rests, loss=s.loss, acc=s.accuracy, test=s.test_accuracy),
    )
