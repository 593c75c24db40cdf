"""The seed report's exact claims, held against the engine itself and real digits.

`analysis.claims.exact` checks what runs stored; here the engine answers, and plain loops that train
one filter alone.
"""

import numpy as np
import pytest

from analysis.claims.exact import ACTIVATIONS, outputs
from analysis.errors import AnalysisError
from src.data.datasets import load, pixels
from src.data.subsets import subset
from src.model.activations import Act
from src.model.inits import Init
from src.model.losses import Loss
from src.model.network import Block
from src.run import Dtype, Run, Stream
from src.training.evaluation import Blocks
from src.training.stack import Stack
from src.training.step import descend_epoch
from tests.support.formulas import phi, slope
from tests.support.strategies import make_run

DIGITS = load("embedded")


def engine(run: Run, epochs: int) -> tuple[Stack, np.ndarray]:
    """Train a run, and return its stack with the engine's answers to its test digits (TT, C)."""
    stack = Stack([run], DIGITS)
    blocks = Blocks(stack)
    for _ in range(epochs):
        descend_epoch(stack.network, blocks, stack.next_epoch(), run.batch)
    block = Block(stack.network, stack.images, stack.targets, True, run.TT)
    block.gather(stack.test)
    block.forward()
    return stack, block.x2[0].astype(np.float64)


@pytest.mark.parametrize("kernel", [28, 7])
def test_without_activation_the_engine_answers_real_digits_as_one_matrix_does(kernel: int) -> None:
    run = make_run(act=Act.none, I=kernel, J=kernel, dtype=Dtype.float64, T=20, TT=30, lrA=0.0001)
    stack, answers = engine(run, 3)
    p = stack.network.parameters
    images = stack.images[stack.test[0]].reshape(run.TT, -1)
    side = 28 - kernel + 1
    spread = np.zeros((run.L * side * side, 28 * 28))  # the convolution, written as one matrix
    for row, (f, m, n) in enumerate(np.ndindex(run.L, side, side)):
        patch = np.zeros((28, 28))
        patch[m : m + kernel, n : n + kernel] = p.filters[0, f, :-1].reshape(kernel, kernel)
        spread[row] = patch.ravel()
    biases = np.repeat(p.filters[0, :, -1], side * side)
    matrix = p.weights[0] @ spread  # W·A: (classes, pixels)
    vector = p.weights[0] @ biases + p.biases[0]
    np.testing.assert_allclose(answers, images @ matrix.T + vector, rtol=0, atol=1e-12)


@pytest.mark.parametrize("act", [act for act in Act if act is not Act.none])
def test_with_an_activation_no_matrix_answers_as_the_engine_does(act: Act) -> None:
    run = make_run(act=act, dtype=Dtype.float64, T=20, TT=900, lrA=0.01, lrW=0.01, seed=3)
    stack, answers = engine(run, 20)
    images = stack.images[stack.test[0]].reshape(run.TT, -1)
    design = np.hstack([images, np.ones((run.TT, 1))])
    best, *_ = np.linalg.lstsq(design, answers, rcond=None)  # the nearest affine map there is
    assert np.abs(design @ best - answers).max() > 1e-6  # rounding leaves 1e-12


@pytest.mark.parametrize("act", list(Act))
def test_what_analysis_reads_off_stored_parameters_is_what_the_engine_answers(act: Act) -> None:
    run = make_run(act=act, dtype=Dtype.float64, T=20, TT=30, I=9, J=7)
    stack, answers = engine(run, 2)
    p = stack.network.parameters
    stored = {
        "filters": p.filters[0, :, :-1].reshape(run.L, run.I, run.J),
        "filter_biases": p.filters[0, :, -1],
        "weights": p.weights[0],
        "biases": p.biases[0],
    }
    read = outputs(stored, act.name, act.name, stack.images[stack.test[0]])
    np.testing.assert_allclose(read, answers, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("act", "act_out"), [("gelu", "none"), ("none", "gelu")])
def test_an_activation_that_the_exact_checks_do_not_know_is_refused(act: str, act_out: str) -> None:
    with pytest.raises(AnalysisError) as error:
        outputs({}, act, act_out, np.zeros((1, 28, 28)))
    assert str(error.value) == (
        f"act must be one of {', '.join(ACTIVATIONS)} for an exact check "
        "(ACTIVATIONS in analysis/claims/exact.py), got 'gelu'"
    )


@pytest.mark.parametrize("act", list(Act))
@pytest.mark.parametrize("classes", [(3, 1), tuple(range(10))])
def test_a_frozen_identity_perceptron_trains_each_filter_as_if_it_were_alone(
    act: Act, classes: tuple[int, ...]
) -> None:
    keys = {"L": len(classes), "classes": classes, "T": 20, "TT": 20, "lrA": 0.01, "lrW": 0.0}
    run = make_run(act=act, init=Init.identity, init_scale=1.0, dtype=Dtype.float64, seed=1, **keys)
    stack, _ = engine(run, 3)
    for place, label in enumerate(classes):
        a, b = alone(run, place, label, epochs=3)
        learned = stack.network.parameters.filters[0, place]
        np.testing.assert_allclose(learned[:-1], a, rtol=0, atol=1e-12)
        np.testing.assert_allclose(learned[-1], b, rtol=0, atol=1e-12)


def alone(run: Run, place: int, label: int, epochs: int) -> tuple[np.ndarray, float]:
    """Train a network of one filter and one output, which knows nothing of the others."""
    shape = (run.L, run.I * run.J), (len(run.classes), run.L)
    a = run.init.draw(*shape, 1, run.init_scale, run.rng(Stream.init))[0][place]
    train, _ = subset(DIGITS, run.classes, run.T, run.TT, run.rng(Stream.subset))
    images = pixels(DIGITS.images[train], np.float64).reshape(run.T, -1)
    targets = (DIGITS.labels[train] == label).astype(np.float64)
    orders = run.order.epochs(DIGITS.labels[train], run.rng(Stream.order))
    b = 0.0
    for _ in range(epochs):
        for t in next(orders):
            z = a @ images[t] + b
            x1 = phi(run.act, z)
            x2 = phi(run.act, x1)
            delta = (x2 - targets[t]) * slope(run.act, x1) * slope(run.act, z)
            a, b = a - run.lrA * delta * images[t], b - run.lrA * delta
    return a, float(b)


@pytest.mark.parametrize("keys", [{"stride": 3}, {"padding": 2}, {"stride": 2, "padding": 3}])
@pytest.mark.parametrize("loss", [Loss.squared_error, Loss.cross_entropy])
def test_the_forward_pass_of_the_checks_is_the_engines_for_every_geometry_and_loss(
    keys: dict[str, int], loss: Loss
) -> None:
    run = make_run(I=7, J=7, dtype=Dtype.float64, T=20, TT=30, loss=loss, **keys)
    stack, answers = engine(run, 2)
    p, b = stack.network.parameters, run.padding
    images = stack.images[stack.test[0]]
    stored = {
        "filters": p.filters[0, :, :-1].reshape(run.L, run.I, run.J),
        "filter_biases": p.filters[0, :, -1],
        "weights": p.weights[0],
        "biases": p.biases[0],
    }
    act_out = "none" if loss is Loss.cross_entropy else run.act_out.name
    ours = outputs(stored, run.act.name, act_out, images[:, b : 28 + b, b : 28 + b], run.stride, b)
    np.testing.assert_allclose(ours, answers, rtol=1e-10)
