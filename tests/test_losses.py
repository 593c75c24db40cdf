"""Squared error is a number a run, its gradient x − p, and ties go to the lowest class."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from src.model import losses
from tests.support.strategies import seeds


@given(seeds, st.integers(1, 5), st.integers(1, 6), st.integers(2, 10), st.booleans())
def test_the_loss_is_half_the_sum_of_squares_of_each_run(
    seed: int, R: int, b: int, C: int, shared: bool
) -> None:
    rng = np.random.default_rng(seed)
    x, p = rng.normal(size=(R, b, C)), rng.normal(size=(1 if shared else R, b, C))
    errors = np.empty_like(x)
    losses.error(x, p, errors)
    np.testing.assert_array_equal(errors, x - p)
    loss = losses.total_loss(errors)
    assert loss.shape == (R,)
    expected = [sum(0.5 * e**2 for e in run.ravel().tolist()) for run in x - p]
    np.testing.assert_allclose(loss, expected, rtol=1e-12)


def test_the_gradient_of_the_loss_is_the_error() -> None:
    rng = np.random.default_rng(1)
    errors, h = rng.normal(size=(2, 3, 4)), 1e-6
    for entry in np.ndindex(3, 4):
        up, down = errors.copy(), errors.copy()
        up[:, *entry] += h
        down[:, *entry] -= h
        numeric = (losses.total_loss(up) - losses.total_loss(down)) / (2 * h)
        np.testing.assert_allclose(numeric, errors[:, *entry], atol=1e-8)


def test_the_worked_example_costs_what_it_should() -> None:
    errors = np.empty((1, 2, 2))
    losses.error(np.array([[[1.0, 3.0], [0.0, 1.0]]]), np.array([[[1.0, 0.0], [0.0, 1.0]]]), errors)
    assert losses.total_loss(errors).tolist() == [4.5]


def test_the_decision_is_the_largest_output_and_the_lowest_class_of_a_tie() -> None:
    outputs = np.array([[[0.1, 0.9, 0.3], [0.5, 0.5, 0.2]], [[0.0, 0.0, 0.0], [-2.0, -1.0, -1.0]]])
    assert losses.decide(outputs).tolist() == [[1, 0], [0, 1]]
