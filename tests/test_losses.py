"""Every loss is its formula, its gradient that of finite differences, and ties go to the lowest."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.arrays import Array
from src.model.losses import Loss, decide
from tests.support.strategies import seeds

FORMULAS: dict[Loss, Callable[[list[float], int], float]] = {
    Loss.squared_error: lambda x, y: sum((v - (c == y)) ** 2 for c, v in enumerate(x)) / 2,
    Loss.cross_entropy: lambda x, y: math.log(sum(math.exp(v) for v in x)) - x[y],
    Loss.hinge: lambda x, y: (
        sum(max(0.0, 1 - x[y] + v) for c, v in enumerate(x) if c != y) / len(x)
    ),
}


def drawn(seed: int, R: int, b: int, C: int, S: int) -> tuple[Array, Array]:
    """Return outputs (R, b, C) and one-hot targets (S, b, C)."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(R, b, C)), np.eye(C)[rng.integers(0, C, (S, b))]


def total(loss: Loss, x: Array, p: Array) -> Array:
    """Return the loss summed over the samples of each run."""
    gradient = np.empty_like(x)
    loss.gradient(x, p, gradient)
    return loss.total(x, p, gradient)


@pytest.mark.parametrize("loss", Loss, ids=lambda loss: loss.name)
@settings(deadline=None)
@given(seeds, st.integers(1, 5), st.integers(1, 6), st.integers(2, 10), st.booleans())
def test_a_loss_is_its_formula_and_its_gradient_that_of_finite_differences(
    loss: Loss, seed: int, R: int, b: int, C: int, shared: bool
) -> None:
    x, p = drawn(seed, R, b, C, 1 if shared else R)
    of_all = np.broadcast_to(p, x.shape)
    expected = [
        sum(FORMULAS[loss](one.tolist(), int(q.argmax())) for one, q in zip(run, of, strict=True))
        for run, of in zip(x, of_all, strict=True)
    ]
    np.testing.assert_allclose(total(loss, x, p), expected, rtol=1e-12, atol=1e-12)
    margins = 1 - (x * of_all).sum(-1, keepdims=True) + x
    if loss is Loss.hinge and np.abs(margins).min() < 1e-4:
        return  # at the kink there is no derivative
    gradient, h = np.empty_like(x), 1e-6
    loss.gradient(x, p, gradient)
    for entry in np.ndindex(b, C):
        up, down = x.copy(), x.copy()
        up[:, *entry] += h
        down[:, *entry] -= h
        numeric = (total(loss, up, p) - total(loss, down, p)) / (2 * h)
        np.testing.assert_allclose(numeric, gradient[:, *entry], atol=1e-7)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_cross_entropy_of_finite_outputs_overflows(dtype: type) -> None:
    z, p = (
        np.array([[[3e38, -3e38, 0.0], [-1e4, 1e4, 0.0]]], dtype),
        np.eye(3, dtype=dtype)[[[0, 1]]],
    )
    z[0, 0] /= 1e30
    gradient = np.empty_like(z)
    Loss.cross_entropy.gradient(z, p, gradient)
    np.testing.assert_array_equal(gradient, np.zeros_like(z))
    assert total(Loss.cross_entropy, z, p).tolist() == [0.0]


def test_the_worked_example_costs_what_it_should() -> None:
    x, p = np.array([[[1.0, 3.0], [0.0, 1.0]]]), np.array([[[1.0, 0.0], [0.0, 1.0]]])
    assert total(Loss.squared_error, x, p).tolist() == [4.5]
    assert total(Loss.hinge, x, p).tolist() == [1.5]


def test_a_digit_that_leads_by_the_margin_teaches_the_hinge_nothing() -> None:
    x, gradient = np.array([[[2.0, 1.0, -5.0]]]), np.empty((1, 1, 3))
    Loss.hinge.gradient(x, np.array([[[1.0, 0.0, 0.0]]]), gradient)
    assert not gradient.any()


def test_the_decision_is_the_largest_output_and_the_lowest_class_of_a_tie() -> None:
    outputs = np.array([[[0.1, 0.9, 0.3], [0.5, 0.5, 0.2]], [[0.0, 0.0, 0.0], [-2.0, -1.0, -1.0]]])
    assert decide(outputs).tolist() == [[1, 0], [0, 1]]
