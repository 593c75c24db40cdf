"""Whether a run can go on from a checkpoint: it must be the run's own, and whole.

Owns what a checkpoint is held to before it is believed.
"""

import numpy as np

from src.run import Run
from src.storage.checkpoint import Checkpoint
from src.timeline import CURVES, snapshot_epochs
from src.training.gram import pays


def missing_curves(checkpoint: Checkpoint) -> str:
    """Name the curves that a checkpoint of another version does not have up to its epoch.

    They cannot be had any more. Curves that it has beyond those of today are passed over.
    """
    return ", ".join(name for name in CURVES if name not in checkpoint.curves)


def fitting(checkpoint: Checkpoint | None, run: Run) -> Checkpoint | None:
    """Return a checkpoint if it fits a run, else None: the run starts anew, and ends the same."""
    if checkpoint is None:
        return None
    dtype, C, kept = np.dtype(run.dtype.name), len(run.classes), snapshot_epochs(run.epochs)
    image = run.dataset().images.shape[1:]
    coefficients = (run.T if pays(run, (image[0], image[1])) else 0, run.L)
    parameters = {
        "filters": (run.L, run.I * run.J + 1),
        "weights": (C, run.features(run.dataset())),
        "biases": (C,),
    }
    state = {f"{m}_{name}": shape for m in run.opt.memory for name, shape in parameters.items()}
    expected: dict[str, tuple[int, ...]] = parameters | state
    if checkpoint.arrays.keys() != expected.keys():
        return None
    kept_shape = (run.L, run.I, run.J)
    shapes = [(checkpoint.arrays[name], shape) for name, shape in expected.items()]
    shapes += [(filters, kept_shape) for filters in checkpoint.kept.values()]
    numbers = [checkpoint.arrays[name] for name in parameters] + [*checkpoint.kept.values()]
    fits = (
        0 <= checkpoint.epoch < run.epochs
        and all(curve.shape == (run.epochs + 1,) for curve in checkpoint.curves.values())
        and all(curve.dtype == np.float64 for curve in checkpoint.curves.values())
        and list(checkpoint.kept) == [e for e in kept if e <= checkpoint.epoch]
        and all(array.shape == shape and array.dtype == dtype for array, shape in shapes)
        and all(np.isfinite(array).all() for array in numbers)  # else it would have diverged
        and checkpoint.coefficients.shape == coefficients
        and checkpoint.coefficients.dtype == np.float64
        and bool(np.isfinite(checkpoint.coefficients).all())
    )
    return checkpoint if fits else None
