"""Each activation is its formula, safe at any input, and its slope is its derivative."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import DTypeLike

from src.arrays import Array
from src.model.activations import Act
from tests.support import formulas
from tests.support.formulas import everywhere, phi
from tests.support.strategies import acts

EXTREME = [0.0, -0.0, 1e-300, 1.0, -1.0, 30.0, -30.0, 800.0, -800.0, 1e30, -1e30, np.inf, -np.inf]


def applied(act: Act, z: Array) -> Array:
    """Return φ(z), leaving z alone."""
    x = z.copy()
    act.apply(x)
    return x


def slope(act: Act, z: Array) -> Array:
    """Return φ′(z)."""
    out = np.full_like(z, np.nan)
    act.slope(applied(act, z), out)
    return out


@pytest.mark.parametrize("act", Act, ids=lambda act: act.name)
def test_an_activation_and_its_slope_are_their_formulas(act: Act) -> None:
    z = np.linspace(-20, 20, 1001)
    of_z = everywhere(phi, act, z)
    np.testing.assert_allclose(applied(act, z), of_z, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(slope(act, z), everywhere(formulas.slope, act, z), atol=1e-14)


@given(acts, st.floats(-15, 15).filter(lambda z: abs(z) > 1e-4))
def test_a_slope_is_the_derivative(act: Act, z: float) -> None:
    h = 1e-5
    down, up = applied(act, np.array([z - h, z + h]))
    np.testing.assert_allclose(slope(act, np.array([z]))[0], (up - down) / (2 * h), atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("act", Act, ids=lambda act: act.name)
def test_no_input_overflows(act: Act, dtype: DTypeLike) -> None:
    z = np.array(EXTREME).astype(dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        x, dx = applied(act, z), slope(act, z)
    assert x.dtype == dx.dtype == dtype
    assert not np.isnan(x).any()
    assert (dx >= 0).all()
    assert (dx <= act.steepest).all()
    if act in (Act.tanh, Act.sigmoid):
        assert (np.abs(x) <= 1).all()
        assert x[-2:].tolist() == [1, -1 if act is Act.tanh else 0]


@pytest.mark.parametrize("act", Act, ids=lambda act: act.name)
def test_the_steepest_slope_is_reached_and_never_passed(act: Act) -> None:
    assert slope(act, np.linspace(-10, 10, 20_001)).max() == act.steepest


@pytest.mark.parametrize("act", Act, ids=lambda act: act.name)
def test_nan_stays_nan_and_stays_alone(act: Act) -> None:
    x = applied(act, np.array([[1.0, np.nan], [0.5, -0.5]]))
    assert np.isnan(x).tolist() == [[False, True], [False, False]]


def test_relu_has_no_slope_at_its_kink() -> None:
    z = np.array([-1.0, -0.0, 0.0, 1e-300])
    assert slope(Act.relu, z).tolist() == [0, 0, 0, 1]


def test_the_four_activations_of_the_report_are_there() -> None:
    assert {act.name for act in Act} >= {"tanh", "sigmoid", "relu", "none"}
