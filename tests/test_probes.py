"""Each probe is its definition, written out in NumPy on a run's own digits and parameters."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from src.data.datasets import Dataset
from src.data.subsets import subset
from src.model.activations import Act
from src.model.inits import Init
from src.model.parameters import Parameters
from src.run import Dtype, Run, Stream
from src.timeline import Timeline
from src.training.probes import PROBE_DIGITS, filter_similarity, norm
from src.training.trainer import train
from tests.support.formulas import everywhere, phi, slope
from tests.support.strategies import make_dataset, make_run

DIGITS = make_dataset(5, 4, 3, of_each=600)
Numbers = NDArray[np.float64]


def a_run(**overrides: Any) -> Run:
    """Return a run with steep weights, so that units saturate and die."""
    keys: dict[str, Any] = {"L": 3, "I": 2, "J": 3, "classes": (1, 2, 0), "T": 30, "TT": 5}
    keys |= {"init": Init.normal, "init_scale": 1.5, "dtype": Dtype.float64, "epochs": 2}
    return make_run(**{**keys, "lrA": 0.02, "lrW": 0.02, **overrides})


def forward(
    run: Run, timeline: Timeline, dataset: Dataset, most: int
) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Return patches (n, M·N, I·J), targets, z⁰ (n, L, M·N) and z¹ (n, C) of training digits."""
    train_digits, _ = subset(dataset, run.classes, run.T, run.TT, run.rng(Stream.subset))
    mine = train_digits[:most]
    images, p = dataset.images[mine] / 255, timeline.parameters
    M, N = run.positions(dataset)
    patches = np.array(
        [
            [x[m : m + run.I, n : n + run.J].ravel() for m in range(M) for n in range(N)]
            for x in images
        ]
    )
    targets = (dataset.labels[mine][:, None] == np.array(run.classes)).astype(float)
    z0 = np.einsum("npx,lx->nlp", patches, p["filters"].reshape(run.L, -1))
    z0 += p["filter_biases"][:, None]
    x1 = everywhere(phi, run.act, z0).reshape(len(mine), -1)
    return patches, targets, z0, np.einsum("nk,ck->nc", x1, p["weights"]) + p["biases"]


FLAT = 0.05
"""Of the steepest slope …"""
OFF: dict[str, Any] = {
    "tanh": lambda x: np.abs(x) > np.sqrt(0.95),
    "sigmoid": lambda x: np.abs(x - 0.5) > np.sqrt(0.95) / 2,
    "relu": lambda x: x <= 0,
    "none": lambda x: np.zeros(x.shape, bool),
}
"""… which is, worked out by hand in terms of x, this part of the report's four."""


@pytest.mark.parametrize("T", [30, 1300])
@pytest.mark.parametrize("act", Act, ids=lambda act: act.name)
def test_the_probes_are_their_definitions_on_at_most_a_thousand_digits(act: Act, T: int) -> None:
    run = a_run(act=act, T=T, epochs=2 if T < 100 else 0, lrA=0.001, lrW=0.001)
    (timeline,) = train([run], DIGITS)
    patches, targets, z0, z1 = forward(run, timeline, DIGITS, PROBE_DIGITS)
    n = len(targets)
    assert n == min(T, 1000)
    x1, x2 = everywhere(phi, act, z0), everywhere(phi, act, z1)
    slope1, slope2 = everywhere(slope, act, z0), everywhere(slope, act, z1)
    delta1 = (x2 - targets) * slope2
    back = np.einsum("nc,ck->nk", delta1, timeline.parameters["weights"])
    delta0 = back.reshape(z0.shape) * slope1
    of_perceptron = [np.einsum("nc,nk->ck", delta1, x1.reshape(n, -1)), delta1.sum(0)]
    of_convolution = [np.einsum("nlp,npx->lx", delta0, patches), delta0.sum((0, 2))]
    flat1 = (slope1 < FLAT * act.steepest).reshape(n, -1)
    flat2 = slope2 < FLAT * act.steepest
    if act.name in OFF:
        assert [flat1.tolist(), flat2.tolist()] == [
            OFF[act.name](x).tolist() for x in (x1.reshape(n, -1), x2)
        ]
    expected = {
        "conv_grad_norm": np.sqrt(sum((g**2).sum() for g in of_convolution)) / n,
        "perceptron_grad_norm": np.sqrt(sum((g**2).sum() for g in of_perceptron)) / n,
        "conv_saturated": flat1.mean(),
        "conv_dead": flat1.all(0).mean(),
        "perceptron_saturated": flat2.mean(),
        "perceptron_dead": flat2.all(0).mean(),
    }
    found = {name: timeline.final(name) for name in expected}
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-14)


def test_losses_and_accuracies_are_of_all_digits_though_probes_are_not() -> None:
    run = a_run(T=1300, epochs=0)
    (timeline,) = train([run], DIGITS)
    _, targets, _, z1 = forward(run, timeline, DIGITS, 10_000)
    assert len(targets) == 1300
    x2 = np.tanh(z1)
    np.testing.assert_allclose(
        timeline.final("train_loss"), ((x2 - targets) ** 2).sum(1).mean() / 2
    )
    right = x2.argmax(1) == targets.argmax(1)
    np.testing.assert_allclose(timeline.final("train_acc"), right.mean())


def test_norms_count_the_biases_and_similarity_does_not() -> None:
    (timeline,) = train([a_run()], DIGITS)
    p = timeline.parameters
    conv = np.concatenate([p["filters"].ravel(), p["filter_biases"]])
    perceptron = np.concatenate([p["weights"].ravel(), p["biases"]])
    assert p["filter_biases"].all()
    assert p["biases"].all()
    np.testing.assert_allclose(timeline.final("conv_norm"), np.sqrt((conv**2).sum()))
    np.testing.assert_allclose(timeline.final("perceptron_norm"), np.sqrt((perceptron**2).sum()))
    f = p["filters"].reshape(3, -1)
    f /= np.linalg.norm(f, axis=1, keepdims=True)
    cosines = [f[0] @ f[1], f[0] @ f[2], f[1] @ f[2]]
    np.testing.assert_allclose(timeline.final("filter_similarity"), np.mean(cosines))


def test_a_unit_that_is_always_flat_is_dead_and_one_that_never_is_is_not() -> None:
    # With zero weights relu has no slope anywhere, tanh has it everywhere.
    for act, share in ((Act.relu, 1.0), (Act.tanh, 0.0), (Act.sigmoid, 0.0), (Act.none, 0.0)):
        (timeline,) = train([a_run(act=act, init=Init.zeros, epochs=0)], DIGITS)
        for name in ("conv_saturated", "conv_dead", "perceptron_saturated", "perceptron_dead"):
            assert timeline.final(name) == share


def similarity(filters: Any) -> float:
    """Return the similarity of filters (L, pixels), all with another bias."""
    a = np.array(filters, dtype=np.float32)
    a = np.concatenate([a, np.arange(len(a), dtype=np.float32)[:, None]], axis=1)[None]
    with np.errstate(invalid="ignore"):
        return float(filter_similarity(Parameters(a, np.zeros((1, 2, 2)), np.zeros((1, 2))))[0])


def test_similarity_is_one_for_parallel_minus_one_for_opposite_and_zero_for_orthogonal() -> None:
    assert similarity([[1, 2], [2, 4]]) == pytest.approx(1)
    assert similarity([[1, 2], [-3, -6]]) == pytest.approx(-1)
    assert similarity([[1, 2], [2, -1]]) == pytest.approx(0)
    assert similarity([[1, 0], [1, 0], [0, 1]]) == pytest.approx(1 / 3)


def test_similarity_is_nan_for_one_filter_and_for_a_zero_filter() -> None:
    assert np.isnan(similarity([[1, 2]]))
    assert np.isnan(similarity([[1, 2], [0, 0]]))


def test_a_norm_of_large_float32_numbers_does_not_overflow() -> None:
    big = np.full((2, 4), 1e30, np.float32)
    np.testing.assert_allclose(norm([big, big]), np.sqrt(8) * 1e30, rtol=1e-6)


def test_the_probes_do_not_change_the_training() -> None:
    # One epoch more of evaluation between equal epochs leaves the same parameters.
    run = a_run(epochs=3, lrA=0.0, lrW=0.0)
    (frozen,) = train([run], DIGITS)
    (start,) = train([replace(run, epochs=0)], DIGITS)
    for name, array in frozen.parameters.items():
        assert array.tobytes() == start.parameters[name].tobytes()
    for name, curve in frozen.curves.items():
        assert len(set(curve.tolist())) == 1, name
