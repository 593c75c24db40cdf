"""JAX as a contestant: one compiled program for all digits, and for all runs.

`jit(lax.scan)` over the minibatches, `grad` of the same loss, and `vmap` over the runs. There are
several ways to write the convolution, and none is the quickest everywhere: all are in the race.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from benchmarks.problem import Problem, Weights
from src.model.activations import Act

Activation = Callable[[Array], Array]

ACTS: dict[Act, Activation] = {
    Act.tanh: jnp.tanh,
    Act.sigmoid: jax.nn.sigmoid,
    Act.relu: jax.nn.relu,
    Act.none: lambda z: z,
}

_Parameters = tuple[Array, Array, Array, Array]
Kernel = tuple[int, int]
Form = Callable[[Array, Array, Kernel], Array]


def _by_convolution(filters: Array, images: Array, kernel: Kernel) -> Array:
    """Convolve by the library's operation."""
    shaped = filters.reshape(-1, 1, *kernel)
    maps = lax.conv_general_dilated(images[:, None], shaped, (1, 1), "VALID")
    return maps.reshape(*maps.shape[:2], -1)


def _by_gathering(filters: Array, images: Array, kernel: Kernel) -> Array:
    """Gather the patches of all images as one matrix and multiply."""
    (I, J), (H, V) = kernel, images.shape[1:]
    rows = np.arange(I)[:, None, None, None] + np.arange(H - I + 1)[:, None]
    columns = np.arange(J)[:, None, None] + np.arange(V - J + 1)
    pixels = (rows * V + columns).reshape(I * J, -1)
    return _by_ready_patches(filters, images.reshape(len(images), -1)[:, pixels], kernel)


def _by_slicing(filters: Array, images: Array, kernel: Kernel) -> Array:
    """Put the patches of all images together from slices and multiply."""
    (I, J), (B, H, V) = kernel, images.shape
    M, N = H - I + 1, V - J + 1
    slices = [images[:, i : i + M, j : j + N] for i in range(I) for j in range(J)]
    maps = filters @ jnp.stack(slices).reshape(I * J, -1)
    return jnp.swapaxes(maps.reshape(len(filters), B, -1), 0, 1)


def _by_ready_patches(filters: Array, patches: Array, kernel: Kernel) -> Array:
    """Multiply patches (B, I·J, M·N) that were gathered before training."""
    B, rows, _ = patches.shape
    if B == 1:
        return (filters @ patches[0])[None]
    maps = filters @ jnp.swapaxes(patches, 0, 1).reshape(rows, -1)
    return jnp.swapaxes(maps.reshape(len(filters), B, -1), 0, 1)


def _as_perceptron(filters: Array, images: Array, kernel: Kernel) -> Array:
    """Multiply whole images (B, H, V) by filters of their size."""
    flat = images.reshape(len(images), -1)
    if len(flat) == 1:
        return (filters @ flat[0])[None, :, None]
    return (flat @ filters.T)[:, :, None]


FORMS: dict[str, Form] = {
    "matrix": _as_perceptron,
    "gather": _by_gathering,
    "slices": _by_slicing,
    "ready patches": _by_ready_patches,
    "conv op": _by_convolution,
}
"""From filters (L, I·J) and images (B, H, V) to maps (B, L, M·N).

Ready patches cost I·J·M·N numbers a digit, 95 kB in network B: no large set fits.
"""


def forms(problem: Problem) -> list[str]:
    """Return the forms that a problem may be written in."""
    run = problem.runs[0]
    if problem.images.shape[2:] == (run.I, run.J):
        return ["matrix", "conv op"]
    return ["gather", "slices", "ready patches", "conv op"]


class Jax:
    """Trains all runs in one call, or one run without `vmap`."""

    def __init__(self, problem: Problem, form: str) -> None:
        run, start, R = problem.runs[0], problem.start, len(problem.runs)
        S, T = problem.samples.shape
        inputs = problem.images
        if form == "ready patches":
            inputs = _patches(problem)
        cut = (S, T // run.batch, run.batch)
        self.inputs = jnp.asarray(inputs.reshape(*cut, *inputs.shape[2:]))
        self.targets = jnp.asarray(problem.targets.reshape(*cut, -1))
        flat = start.filters.reshape(R, run.L, -1)  # XLA is three times slower on (L, I, J)
        arrays = (flat, start.filter_biases, start.weights, start.biases)
        self.state = tuple(jnp.asarray(array) for array in arrays)
        rates = np.array([[run.lrA, run.lrW] for run in problem.runs], np.float32)
        self.rates = jnp.asarray(rates)
        kernel, acts = (run.I, run.J), (ACTS[run.act], ACTS[run.act_out])
        train = partial(_train, FORMS[form], kernel, acts, problem.passes)
        shared = S == 1
        self.one, self.shape = R == 1, start.filters.shape
        if shared:
            self.inputs, self.targets = self.inputs[0], self.targets[0]
        if self.one:
            self.state, self.rates = tuple(array[0] for array in self.state), self.rates[0]
            self.train = jax.jit(train)
        else:
            over = None if shared else 0
            self.train = jax.jit(jax.vmap(train, in_axes=(0, 0, over, over)))

    def turn(self) -> None:
        """Present the digits `passes` times over."""
        self.state = jax.block_until_ready(
            self.train(self.state, self.rates, self.inputs, self.targets)
        )

    def weights(self) -> Weights:
        """Return the parameters as they are."""
        a, b, w, c = (np.asarray(array)[np.newaxis if self.one else ...] for array in self.state)
        return Weights(a.reshape(self.shape), b, w, c)


def _train(
    convolve: Form,
    kernel: Kernel,
    acts: tuple[Activation, Activation],
    passes: int,
    start: _Parameters,
    rates: Array,
    inputs: Array,
    targets: Array,
) -> _Parameters:
    def loss(parameters: _Parameters, images: Array, target: Array) -> Array:
        a, b, w, c = parameters
        hidden = acts[0](convolve(a, images, kernel) + b[:, None]).reshape(len(images), -1)
        # a matrix of one row is twice as slow as the vector
        sums = hidden @ w.T if len(images) > 1 else (w @ hidden[0])[None]
        return 0.5 * jnp.sum((acts[1](sums + c) - target) ** 2) / len(images)

    def step(p: _Parameters, minibatch: tuple[Array, Array]) -> tuple[_Parameters, None]:
        g = jax.grad(loss)(p, *minibatch)
        lr = rates[0], rates[0], rates[1], rates[1]
        a, b, w, c = (x - rate * d for x, rate, d in zip(p, lr, g, strict=True))
        return (a, b, w, c), None

    def once(p: _Parameters, _: None) -> tuple[_Parameters, None]:
        after: tuple[_Parameters, None] = lax.scan(step, p, (inputs, targets))
        return after

    end: _Parameters = lax.scan(once, start, None, length=passes)[0]
    return end


def _patches(problem: Problem) -> np.ndarray:
    run = problem.runs[0]
    M, N = (size - k + 1 for size, k in zip(problem.images.shape[2:], (run.I, run.J), strict=True))
    windows = np.lib.stride_tricks.sliding_window_view(problem.images, (M, N), axis=(-2, -1))
    return windows.reshape(*problem.images.shape[:2], run.I * run.J, M * N)
