"""Each init is its distribution, drawn filters first, from nothing but its generator."""

import numpy as np
import pytest

from src.model.inits import Init, Weights

FILTERS, PERCEPTRON, POSITIONS = (40, 49), (10, 4000), 100


def draw(
    init: Init,
    scale: float = 1.0,
    seed: int = 0,
    filters: tuple[int, int] = FILTERS,
    perceptron: tuple[int, int] = PERCEPTRON,
    positions: int = POSITIONS,
) -> tuple[Weights, Weights]:
    """Draw filters and weights of a large net."""
    return init.draw(filters, perceptron, positions, scale, np.random.default_rng(seed))


@pytest.mark.parametrize("init", Init, ids=lambda init: init.name)
def test_equal_generators_give_equal_weights_of_the_right_shape(init: Init) -> None:
    a, w = draw(init)
    assert (a.shape, w.shape, a.dtype, w.dtype) == (FILTERS, PERCEPTRON, np.float64, np.float64)
    for one, other in zip((a, w), draw(init), strict=True):
        assert one.tobytes() == other.tobytes()
    if init is not Init.zeros:
        assert not np.array_equal(a, draw(init, seed=1)[0])


def test_uniform_fills_its_interval() -> None:
    for weights in draw(Init.uniform, 0.1):
        assert np.abs(weights).max() <= 0.1
        assert weights.min() < -0.099
        assert weights.max() > 0.099
        np.testing.assert_allclose(weights.std(), 0.1 / np.sqrt(3), rtol=0.05)


def test_normal_has_its_standard_deviation() -> None:
    for weights in draw(Init.normal, 0.3):
        np.testing.assert_allclose(weights.std(), 0.3, rtol=0.05)
        assert abs(weights.mean()) < 0.03
        assert np.abs(weights).max() > 0.9  # three deviations: not uniform


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_glorot_is_bounded_by_both_fans(scale: float) -> None:
    a, w = draw(Init.glorot, scale)
    # A filter's pixel is reached from 49 pixels and reaches 40 · min(49, 100) features.
    for weights, fans in ((a, 49 + 40 * 49), (w, 4000 + 10)):
        bound = scale * np.sqrt(6 / fans)
        assert 0.99 * bound < np.abs(weights).max() <= bound


def test_glorot_of_a_whole_image_filter_counts_its_one_position() -> None:
    a, _ = draw(Init.glorot, filters=(40, 784), perceptron=(10, 40), positions=1)
    bound = np.sqrt(6 / (784 + 40))
    assert 0.99 * bound < np.abs(a).max() <= bound


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_he_has_the_standard_deviation_of_its_fan_in(scale: float) -> None:
    for weights, fan_in in zip(draw(Init.he, scale), (49, 4000), strict=True):
        np.testing.assert_allclose(weights.std(), scale * np.sqrt(2 / fan_in), rtol=0.05)
        assert np.abs(weights).max() > 3 * weights.std()


def test_zeros_are_zeros() -> None:
    assert not any(weights.any() for weights in draw(Init.zeros))


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_identity_is_a_scaled_identity_behind_unscaled_glorot_filters(scale: float) -> None:
    a, w = draw(Init.identity, scale, filters=(10, 784), perceptron=(10, 10), positions=1)
    np.testing.assert_array_equal(w, scale * np.eye(10))
    bound = np.sqrt(6 / (784 + 10))
    assert 0.99 * bound < np.abs(a).max() <= bound


@pytest.mark.parametrize("init", [Init.uniform, Init.normal, Init.glorot, Init.he])
def test_the_scale_is_a_factor(init: Init) -> None:
    for one, double in zip(draw(init, 1.0), draw(init, 2.0), strict=True):
        np.testing.assert_allclose(double, 2 * one, rtol=1e-12, atol=1e-15)


def test_the_filters_do_not_depend_on_the_perceptron() -> None:
    a, _ = draw(Init.uniform)
    b, _ = draw(Init.uniform, perceptron=(2, 4000))
    np.testing.assert_array_equal(a, b)
