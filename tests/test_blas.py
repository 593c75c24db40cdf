"""An outer product is added in place, into the buffers that it was bound to, or refused."""

import numpy as np
import pytest

from src.model.blas import SMALL, Outer


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("m", [7, SMALL], ids=["small", "large"])
@pytest.mark.parametrize("b", [1, 3])
@pytest.mark.parametrize("shared", [True, False], ids=["shared", "apart"])
def test_it_adds_alpha_times_y_transposed_x_to_the_target(
    shared: bool, b: int, m: int, dtype: type[np.floating]
) -> None:
    rng = np.random.default_rng(0)
    runs, n = 2, 3
    target = rng.normal(size=(runs, n, m)).astype(dtype)
    x = rng.normal(size=(1 if shared else runs, b, m)).astype(dtype)
    y = rng.normal(size=(runs, b, n)).astype(dtype)
    expected = target.astype(np.float64)
    for r, i, j, t in np.ndindex(runs, n, m, b):
        expected[r, i, j] += 0.5 * float(y[r, t, i]) * float(x[0 if shared else r, t, j])
    Outer(target, x, y).add(0.5)
    np.testing.assert_allclose(target, expected, atol=1e-5 if dtype is np.float32 else 1e-12)


@pytest.mark.parametrize("place", [0, 1, 2], ids=["target", "x", "y"])
@pytest.mark.parametrize("fault", ["order", "dtype"])
def test_a_buffer_of_which_scipy_would_take_a_copy_is_refused(place: int, fault: str) -> None:
    shapes = ((2, 3, 4), (2, 5, 4), (2, 5, 3))
    arrays = [np.zeros(shape) for shape in shapes]
    other = np.asfortranarray(arrays[place]) if fault == "order" else np.float32(arrays[place])
    arrays[place] = other
    with pytest.raises(ValueError, match=r"^Outer takes C-contiguous buffers of one dtype$"):
        Outer(*arrays)
