"""What the tests are fed with: runs, small synthetic digits, and stacks of both.

Owns every hypothesis strategy of the engine's tests, and how two timelines are compared.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from src.data.datasets import Dataset
from src.data.orders import Order
from src.model.activations import Act
from src.model.inits import Init
from src.model.losses import Loss
from src.model.optimizers import Opt
from src.model.schedules import Schedule
from src.run import Dtype, Run, Source
from src.timeline import Timeline

REPORT: dict[str, Any] = {
    "order": Order.random,
    "init": Init.uniform,
    "init_scale": 0.1,
    "lrA": 0.001,
    "lrW": 0.001,
    "L": 2,
    "I": 28,
    "J": 28,
    "source": Source.embedded,
    "folder": None,
    "transpose": False,
    "classes": (3, 1),
    "T": 31,
    "TT": 98,
    "batch": 1,
    "epochs": 200,
    "dtype": Dtype.float32,
    "loss": Loss.squared_error,
    "opt": Opt.sgd,
    "schedule": Schedule.constant,
    **dict.fromkeys(("momentum", "beta2", "epsilon", "weight_decay", "decay_factor"), 0.0),
    "decay_epochs": 0,
    "warmup": 0,
    "stride": 1,
    "padding": 0,
    "label_noise": 0.0,
}
"""The report's parameter list."""


def make_run(**overrides: Any) -> Run:
    """Return the report's run with some keys changed; streams follow `seed`, `act_out` `act`."""
    act, seed = overrides.pop("act", Act.tanh), overrides.pop("seed", 0)
    streams = dict.fromkeys(("seed", "subset_seed", "init_seed", "order_seed", "noise_seed"), seed)
    return Run(**{"act": act, "act_out": act, **REPORT, **streams, **overrides})


def make_dataset(
    H: int, V: int, classes: int, of_each: int = 12, seed: int = 0, test_from: int | None = None
) -> Dataset:
    """Return digits that can be learned: a bright pattern a class under noise, labels shuffled."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(classes, dtype=np.uint8), of_each))
    patterns = rng.integers(0, 200, (classes, H, V))
    noise = rng.integers(0, 56, (len(labels), H, V))
    images = (patterns[labels] + noise).astype(np.uint8)
    images[rng.random(images.shape) < 0.2] = 0  # real digits are mostly background
    return Dataset(images, labels, test_from, f"synthetic {H} {V} {classes} {of_each} {seed}")


def different(one: Timeline, other: Timeline) -> list[str]:
    """Return the names of everything in which two timelines differ, to the last bit."""
    names = [] if one.outcome == other.outcome else [f"outcome: {one.outcome}, {other.outcome}"]
    first, second = _arrays(one), _arrays(other)
    assert list(first) == list(second)
    for name, a in first.items():
        b = second[name]
        if (a.dtype, a.shape, a.tobytes()) != (b.dtype, b.shape, b.tobytes()):
            names.append(name)
    return names


def _arrays(timeline: Timeline) -> dict[str, np.ndarray[Any, Any]]:
    of_parameters = {f"final {name}": array for name, array in timeline.parameters.items()}
    others = {name: getattr(timeline, name) for name in ("filter_epochs", "filters", "confusion")}
    return {**timeline.curves, **of_parameters, **others}


# (H, V, L, I, J, C): sliding, whole-image, 1×1 and one-row filters, one filter, odd everything;
# the one but last is large enough for BLAS to be called where the others are not.
SHAPES = [
    (6, 6, 2, 3, 3, 2),
    (5, 5, 2, 5, 5, 2),
    (5, 7, 3, 5, 7, 3),
    (4, 5, 2, 1, 1, 3),
    (6, 5, 1, 3, 2, 2),
    (4, 4, 1, 4, 4, 2),
    (5, 4, 1, 1, 4, 4),
    (9, 8, 3, 5, 5, 7),
    (7, 11, 3, 5, 7, 7),
    (20, 17, 5, 5, 3, 7),
    (28, 28, 2, 28, 28, 2),
]
shapes = st.sampled_from(SHAPES)
small_shapes = st.sampled_from(SHAPES[:-2])
seeds = st.integers(0, 2**63 - 1)
few_seeds = st.integers(0, 2)
acts = st.sampled_from(Act)
rates = st.sampled_from([1e-3, 0.01, 0.1, 0.3]) | st.floats(1e-4, 1.0)
wild_rates = rates | st.sampled_from([30.0, 1e4, 1e25, 3e38])


@st.composite
def structures(draw: st.DrawFn) -> tuple[Dataset, Run]:
    """Draw digits, and a run whose structural keys are drawn; the others are the report's."""
    H, V, L, rows, columns, C = draw(shapes)
    dataset = make_dataset(H, V, C, seed=draw(few_seeds))
    T = draw(st.integers(1, 11))
    keys: dict[str, Any] = {"L": L, "I": rows, "J": columns, "T": T, "TT": draw(st.integers(1, 9))}
    keys["classes"] = tuple(draw(st.permutations(range(C))))
    keys["batch"] = draw(st.sampled_from([1, 1, 2, 3, 4, T, 64]))
    keys["epochs"] = draw(st.integers(0, 4))
    keys["dtype"] = draw(st.sampled_from(Dtype))
    return dataset, make_run(**keys)


@st.composite
def stacks(draw: st.DrawFn, most: int = 40) -> tuple[Dataset, list[Run]]:
    """Draw digits and up to `most` runs of one structure that differ in all that may differ."""
    dataset, first = draw(structures())
    square = first.features(dataset) == len(first.classes)
    inits = [init for init in Init if square or init is not Init.identity]
    trains = draw(st.sampled_from([(True, True)] * 3 + [(False, True), (True, False)]))
    # What decides the samples is shared by all runs or not, key by key: the engine tells apart.
    sampling = {"order": st.sampled_from(Order), "subset_seed": few_seeds, "order_seed": few_seeds}
    shared = {key: draw(values) for key, values in sampling.items() if draw(st.booleans())}

    def run() -> Run:
        keys: dict[str, Any] = {"act": draw(acts), "act_out": draw(acts)}
        keys["init"] = draw(st.sampled_from(inits))
        keys["init_scale"] = draw(st.sampled_from([0.1, 0.1, 1.0, 0.0, 1e30]))
        keys["lrA"], keys["lrW"] = (draw(wild_rates) if train else 0.0 for train in trains)
        keys["init_seed"] = draw(few_seeds)
        own = {key: draw(values) for key, values in sampling.items() if key not in shared}
        return replace(first, **keys, **shared, **own)

    return dataset, [run() for _ in range(draw(st.integers(1, most)))]


@st.composite
def float64_runs(draw: st.DrawFn) -> tuple[Dataset, Run]:
    """Draw digits and a run in float64 that is far from diverging."""
    dataset, run = draw(structures())
    keys: dict[str, Any] = {"act": draw(acts), "act_out": draw(acts)}
    keys |= {"order": draw(st.sampled_from(Order)), "init": Init.glorot, "init_scale": 1.0}
    # Beyond 2 / ‖input‖² a step of a linear unit overshoots: 784 pixels would diverge at 0.02.
    calm = st.floats(1e-4, min(0.02, 1 / max(run.I * run.J, run.features(dataset))))
    keys |= {"lrA": draw(calm), "lrW": draw(calm)}
    keys |= dict.fromkeys(("seed", "subset_seed", "init_seed", "order_seed"), draw(few_seeds))
    return dataset, replace(run, dtype=Dtype.float64, **keys)
