"""Claims that are exact or false: checked on what every run stored, without chance and without p.

    affine      the stored network maps images to outputs as a matrix and a vector do
    decoupled   the perceptron is the identity without biases, and no rate ever moved it
    unchanged   the filters of every epoch kept are those of epoch 0
    by_heart    the training loss falls below a hundredth of its start, but for runs that died
    positions   the perceptron has L·M·N inputs, M = ⌊(H + 2·padding − I)/stride⌋ + 1, N alike

Owns these checks, and a forward pass of its own in a few lines: it reads parameters, and knows
nothing of the engine, which the tests hold to the same claims.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import AnalysisError, nearest
from analysis.metrics.class_means import class_means
from analysis.metrics.diagnosis import DEAD
from src.storage.store import read_curves, read_filters, read_parameters

if TYPE_CHECKING:
    from analysis.sweep import Sweep

Floats = NDArray[np.float64]

ROUNDING = 1e-9
"""The checks compute in float64; what is larger than this, of numbers about 1, is no rounding."""
BY_HEART = 0.01
"""Of the first training loss: the sanity check of whoever writes a network by hand."""

ACTIVATIONS: dict[str, Callable[[Floats], Floats]] = {
    "none": lambda z: z,
    "tanh": np.tanh,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "relu": lambda z: np.maximum(z, 0.0),
}
"""The engine's, written a second time; the tests hold the two to each other."""


@dataclass(frozen=True)
class Exactness:
    """How far the worst run is from a claim, and of how many runs."""

    check: str
    deviation: float
    runs: int
    dead: int = 0
    """Runs of which nothing can be said, for their units had died."""

    @property
    def holds(self) -> bool:
        """Whether every run agrees to what the check allows."""
        return self.deviation <= (BY_HEART if self.check == "by_heart" else ROUNDING)

    def __str__(self) -> str:
        dead = f", {self.dead} of them dead" if self.dead else ""
        return f"{self.runs} runs{dead}; the worst is off by {self.deviation:.2g}"


def check(sweep: "Sweep", name: str) -> Exactness:
    """Check one claim on every run of a (part of a) study that finished.

    Raises
    ------
    AnalysisError
        There is no such check, no run or no class means to check it on, or an activation that is
        not known here.
    """
    if name not in CHECKS:
        raise AnalysisError(f"no check is called {name!r}: {nearest(name, CHECKS)}")
    images = np.stack(list(class_means(sweep.folder).values()))
    places = np.flatnonzero(sweep.survived)
    if not places.size:
        raise AnalysisError(f"{sweep.folder} has no finished run to check")
    rows = sweep.runs.iloc[places]
    off = [
        CHECKS[name](row, sweep.folders[i], images)
        for i, (_, row) in zip(places, rows.iterrows(), strict=True)
    ]
    dead = int(np.isnan(off).sum())
    worst = float(np.nanmax(off)) if dead < len(off) else float("inf")
    return Exactness(name, worst, len(off), dead)


def outputs(
    parameters: dict[str, NDArray[Any]],
    act: str,
    act_out: str,
    images: Floats,
    stride: int = 1,
    padding: int = 0,
) -> Floats:
    """Answer images (n, H, V) with stored parameters: (n, C), in float64.

    Raises
    ------
    AnalysisError
        Nothing is known here of an activation of the run.
    """
    for unknown in {act, act_out}.difference(ACTIVATIONS):
        known = f"act must be one of {', '.join(ACTIVATIONS)} for an exact check"
        raise AnalysisError(f"{known} (ACTIVATIONS in analysis/claims/exact.py), got {unknown!r}")
    p = {name: array.astype(np.float64) for name, array in parameters.items()}
    padded = np.pad(images, ((0, 0), (padding, padding), (padding, padding)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, p["filters"].shape[1:], axis=(1, 2))
    windows = windows[:, ::stride, ::stride]
    z = np.einsum("nmvij,lij->nlmv", windows, p["filters"], optimize=True)
    x = ACTIVATIONS[act](z + p["filter_biases"][:, np.newaxis, np.newaxis])
    answers = x.reshape(len(images), -1) @ p["weights"].T + p["biases"]
    return ACTIVATIONS[act_out](answers)


def _affine(row: pd.Series, folder: Path, images: Floats) -> float:
    """Mix pairs of images: an affine map mixes their answers alike, and nothing else does."""
    share = np.linspace(-1.0, 2.0, len(images))  # beyond the two images as well as between them
    other = np.roll(images, 1, axis=0)
    mixed = share[:, None, None] * images + (1 - share)[:, None, None] * other
    first, second, of_mixed = np.split(
        outputs(
            read_parameters(folder),
            str(row["act"]),
            "none" if row["loss"] == "cross_entropy" else str(row["act_out"]),  # its outputs are z
            np.concatenate([images, other, mixed]),
            int(row["stride"]),
            int(row["padding"]),
        ),
        3,
    )
    meant = share[:, None] * first + (1 - share)[:, None] * second
    return float(np.abs(of_mixed - meant).max() / np.abs(of_mixed).max())


def _decoupled(row: pd.Series, folder: Path, images: Floats) -> float:
    parameters = read_parameters(folder)
    if row["lrW"] != 0:
        return float("inf")
    identity = float(row["init_scale"]) * np.eye(*parameters["weights"].shape)
    off = np.abs(parameters["weights"] - identity).max()
    return float(max(off, np.abs(parameters["biases"]).max()))


def _unchanged(row: pd.Series, folder: Path, images: Floats) -> float:
    _, kept = read_filters(folder)
    return float(np.abs(kept - kept[0]).max())


def _by_heart(row: pd.Series, folder: Path, images: Floats) -> float:
    loss = read_curves(folder)["train_loss"]
    share = float(loss.min() / loss[0])
    dead = row["act"] == "relu" and (row["perceptron_dead"] > 0 or row["conv_dead"] >= DEAD)
    return float("nan") if share >= BY_HEART and dead else share


def _positions(row: pd.Series, folder: Path, images: Floats) -> float:
    H, V = images.shape[1:]
    padding, stride = int(row.get("padding", 0)), int(row.get("stride", 1))
    M, N = ((n + 2 * padding - int(row[key])) // stride + 1 for n, key in ((H, "I"), (V, "J")))
    features = int(row["L"]) * M * N
    return float(abs(read_parameters(folder)["weights"].shape[1] - features))


CHECKS: dict[str, Callable[[pd.Series, Path, Floats], float]] = {
    "affine": _affine,
    "decoupled": _decoupled,
    "unchanged": _unchanged,
    "by_heart": _by_heart,
    "positions": _positions,
}
