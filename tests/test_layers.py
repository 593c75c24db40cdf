"""The layers agree with SciPy's correlation, and with sums written out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import correlate2d

from src.arrays import Array
from src.model import layers
from tests.support.strategies import SHAPES, seeds, shapes


def lay_out(images: Array, rows: int, columns: int) -> Array:
    """Return patches (S, b, I·J+1, M·N) with their last row of ones."""
    view = layers.patch_view(images, rows, columns)
    S, b = view.shape[:2]
    patches = view.reshape(S, b, rows * columns, -1)
    return np.concatenate([patches, np.ones_like(patches[:, :, :1])], axis=2)


@settings(max_examples=60, deadline=None)
@given(shapes, st.integers(1, 3), st.integers(1, 3), st.booleans(), seeds)
def test_convolution_is_a_valid_correlation_plus_bias(
    shape: tuple[int, ...], R: int, b: int, shared: bool, seed: int
) -> None:
    H, V, L, rows, columns, _ = shape
    rng = np.random.default_rng(seed)
    images = rng.normal(size=(1 if shared else R, b, H, V))
    filters = rng.normal(size=(R, L, rows * columns + 1))
    M, N = H - rows + 1, V - columns + 1
    out = np.full((R, b, L, M * N), np.nan)
    layers.convolve(filters, lay_out(images, rows, columns), out)
    for r, s, f in np.ndindex(R, b, L):
        a = filters[r, f, :-1].reshape(rows, columns)
        expected = correlate2d(images[0 if shared else r, s], a, "valid") + filters[r, f, -1]
        np.testing.assert_allclose(out[r, s, f].reshape(M, N), expected, atol=1e-11)


@settings(max_examples=60, deadline=None)
@given(shapes, st.integers(1, 3), st.integers(1, 3), st.booleans(), seeds)
def test_the_gradient_of_a_filter_correlates_the_image_with_its_deltas(
    shape: tuple[int, ...], R: int, b: int, shared: bool, seed: int
) -> None:
    H, V, L, rows, columns, _ = shape
    rng = np.random.default_rng(seed)
    images = rng.normal(size=(1 if shared else R, b, H, V))
    M, N = H - rows + 1, V - columns + 1
    delta = rng.normal(size=(R, b, L, M * N))
    found = layers.convolution_gradient(delta, lay_out(images, rows, columns))
    assert found.shape == (R, L, rows * columns + 1)
    for r, f in np.ndindex(R, L):
        maps = delta[r, :, f].reshape(b, M, N)
        of_run = images[0 if shared else r]
        pairs = zip(of_run, maps, strict=True)
        expected = sum(correlate2d(image, one, "valid") for image, one in pairs)
        np.testing.assert_allclose(found[r, f, :-1].reshape(rows, columns), expected, atol=1e-10)
        np.testing.assert_allclose(found[r, f, -1], maps.sum(), atol=1e-10)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_patches_are_views_in_the_order_of_the_equations(shape: tuple[int, ...]) -> None:
    H, V, _, rows, columns, _ = shape
    images = np.arange(2.0 * H * V).reshape(2, H, V)
    patches = layers.patch_view(images, rows, columns)
    assert patches.shape == (2, rows, columns, H - rows + 1, V - columns + 1)
    assert np.shares_memory(patches, images)
    for s, i, j, m, n in np.ndindex(patches.shape):
        assert patches[s, i, j, m, n] == images[s, m + i, n + j]


@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 9), st.integers(2, 5), seeds)
def test_the_perceptron_is_the_sums_written_out(R: int, b: int, K: int, C: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights, biases = rng.normal(size=(R, C, K)), rng.normal(size=(R, C))
    features, delta = rng.normal(size=(R, b, K)), rng.normal(size=(R, b, C))
    out, back = np.full((R, b, C), np.nan), np.full((R, b, K), np.nan)
    layers.perceive(weights, biases, features, out)
    layers.perceptron_back(weights, delta, back)
    for r, s in np.ndindex(R, b):
        for c in range(C):
            expected = biases[r, c] + sum(weights[r, c, k] * features[r, s, k] for k in range(K))
            np.testing.assert_allclose(out[r, s, c], expected, atol=1e-12)
        for k in range(K):
            expected = sum(delta[r, s, c] * weights[r, c, k] for c in range(C))
            np.testing.assert_allclose(back[r, s, k], expected, atol=1e-12)
