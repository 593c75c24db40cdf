"""The rules that the values of a run must keep, each with its sentence.

Owns what a value may be beyond its type, and what goes with what.
"""

from typing import Any

import numpy as np

from src.data.datasets import Dataset
from src.errors import ConfigError
from src.model.inits import Init
from src.model.optimizers import Opt
from src.model.schedules import Schedule
from src.run.run import Run, Stream

MOST_EPOCHS = 1_000_000
MOST_SEED = 2**63 - 1
MOST_PARAMETERS = 50_000_000
"""Bounds that no study of this network needs, so that a slip of the keyboard is a sentence."""


def check(run: Run, dataset: Dataset) -> None:
    """Raise ConfigError with key, rule and value for the first rule that the run breaks.

    The numbers of digits are checked where the subsets are drawn (`datasets.subset`).
    """
    H, V = dataset.images.shape[1:]
    for key, most in (("L", 4096), ("I", H), ("J", V), ("batch", 1_000_000)):
        rule = f"at least 1 and at most {most}"
        if key in ("I", "J"):
            rule += f" (a filter fits into the image of {H}×{V} pixels)"
        _check(key, 1 <= getattr(run, key) <= most, rule, getattr(run, key))
    _check("epochs", 0 <= run.epochs <= MOST_EPOCHS, f"0 to {MOST_EPOCHS:,}", run.epochs)
    numbers = np.finfo(run.dtype.name)
    least, most = float(numbers.smallest_normal), float(numbers.max)
    rule = f"0, or {least:.2g} to {most:.2g} ({run.dtype.name})"
    for key in ("lrA", "lrW", "init_scale"):
        value = getattr(run, key)
        _check(key, value == 0 or least <= value <= most, rule, value)
    _check_descent(run, least)
    _check_geometry(run, (H, V))
    for key in ("seed", *(stream.value for stream in Stream)):
        value = getattr(run, key)
        _check(key, 0 <= value <= MOST_SEED, f"0 to {MOST_SEED}", value)
    _check("classes", len(run.classes) >= 2, "two classes or more", list(run.classes))
    K, C = run.features(dataset), len(run.classes)
    size = run.L * run.I * run.J + K * C
    _check("L", size <= MOST_PARAMETERS, f"small enough for {MOST_PARAMETERS:,} weights", run.L)
    if run.init is Init.identity and K != C:
        rule = "another choice where the perceptron is not square"
        raise ConfigError(
            f"init must be {rule} (it has C={C} outputs and K=L·M·N={K} features), got 'identity'"
        )


def _check_descent(run: Run, least: float) -> None:
    """Check loss, optimizer and schedule: a key that is not heeded must be 0."""
    if run.loss.of_z and run.act_out is not run.act:
        rule = f"left to follow act where loss={run.loss.name}: its softmax takes the outputs' z"
        raise ConfigError.of("act_out", rule, run.act_out.name)
    shares, positive = "at least 0 and below 1", f"{least:.2g} to 1"
    for key, value, holds, rule in (
        ("momentum", run.momentum, 0 <= run.momentum < 1, shares),
        ("beta2", run.beta2, 0 <= run.beta2 < 1, shares),
        ("epsilon", run.epsilon, least <= run.epsilon <= 1, positive),
    ):
        _check_heeded(key, value, run.opt, holds, rule)
    for name, count, holds, rule in (
        ("decay_epochs", run.decay_epochs, 1 <= run.decay_epochs <= MOST_EPOCHS, "1 or more"),
        ("decay_factor", run.decay_factor, 0 < run.decay_factor <= 1, "above 0 and at most 1"),
    ):
        _check_heeded(name, count, run.schedule, holds, rule)
    _check("weight_decay", 0 <= run.weight_decay <= 1000, "0 to 1,000", run.weight_decay)
    _check("warmup", 0 <= run.warmup <= run.epochs, f"0 to epochs={run.epochs}", run.warmup)
    _check("label_noise", 0 <= run.label_noise <= 1, "a share from 0 to 1", run.label_noise)


def _check_heeded(key: str, value: float, choice: Opt | Schedule, holds: bool, rule: str) -> None:
    if key in choice.keys:
        _check(key, holds, rule, value)
    else:
        group = "opt" if isinstance(choice, Opt) else "schedule"
        _check(key, value == 0, f"0 where {group}={choice.name}, which does not heed it", value)


def _check_geometry(run: Run, image: tuple[int, int]) -> None:
    _check("stride", 1 <= run.stride <= max(image), f"1 to {max(image)}", run.stride)
    most = min(run.I, run.J) - 1
    rule = f"0 to {most}, smaller than a filter of {run.I}×{run.J}"
    _check("padding", 0 <= run.padding <= most, rule, run.padding)


def _check(key: str, holds: bool, rule: str, value: Any) -> None:
    if not holds:
        raise ConfigError.of(key, rule, value)
