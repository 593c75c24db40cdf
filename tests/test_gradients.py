"""The gradients of all four parameter groups are those of central finite differences."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from src.arrays import Array, Indices
from src.model import layers
from src.model.activations import Act
from src.model.network import Block
from src.model.parameters import Parameters
from src.run import Dtype
from src.training.evaluation import Blocks
from src.training.stack import Stack
from src.training.step import descend
from tests.support.strategies import SHAPES, acts, make_dataset, make_run, seeds, small_shapes

STEP = 1e-5
KINK = 1e-3
SMOOTH = (Act.tanh, Act.sigmoid, Act.none)
"""Finite differences know the slope of these everywhere, of others only away from 0."""
"""Farther than any finite difference moves a pre-activation."""


def make_stack(
    shape: tuple[int, ...], pairs: list[tuple[Act, Act]], batch: int, seed: int, shared: bool
) -> Stack:
    """Return a stack of a run for each pair of activations, with random parameters."""
    H, V, L, rows, columns, C = shape
    dataset = make_dataset(H, V, C, of_each=6, seed=seed % 5)
    run = make_run(L=L, I=rows, J=columns, classes=tuple(range(C)), dtype=Dtype.float64)
    run = replace(run, T=5, TT=2, batch=batch, lrA=0.5, lrW=0.25)
    stack = Stack(
        [
            replace(run, act=act, act_out=act_out, subset_seed=0 if shared else r)
            for r, (act, act_out) in enumerate(pairs)
        ],
        dataset,
    )
    rng = np.random.default_rng(seed)
    for array in vars(stack.network.parameters).values():
        array[...] = rng.normal(0, 2 / np.sqrt(array.shape[-1]), array.shape)
    return stack


def losses_of(stack: Stack, block: Block) -> NDArray[np.float64]:
    """Return the mean loss over the block's samples: (R,)."""
    block.forward()
    return 0.5 * ((block.x2 - block.target) ** 2).sum(axis=(1, 2)) / block.b


def numeric_gradients(stack: Stack, samples: Indices) -> list[Array]:
    """Return ∂(mean loss) by filters with biases, weights, and biases, entry by entry."""
    block = Block(stack.network, stack.images, stack.targets, len(samples) == 1, samples.shape[1])
    block.gather(samples)
    gradients = []
    for array in vars(stack.network.parameters).values():
        gradient = np.empty_like(array)
        for entry in np.ndindex(array.shape[1:]):
            at = (slice(None), *entry)
            before = array[at].copy()
            array[at] = before + STEP
            up = losses_of(stack, block)
            array[at] = before - STEP
            gradient[at] = (up - losses_of(stack, block)) / (2 * STEP)
            array[at] = before
        gradients.append(gradient)
    return gradients


def assert_agree(found: list[Array], expected: list[Array]) -> None:
    """Compare gradients within 1e-6·max(1, ‖g‖∞) of each run."""
    for a, b in zip(found, expected, strict=True):
        for of_run, numeric in zip(a, b, strict=True):
            tolerance = 1e-6 * max(1, np.abs(numeric).max())
            np.testing.assert_allclose(of_run, numeric, rtol=0, atol=tolerance)


def is_away_from_the_kink(stack: Stack, samples: Indices) -> bool:
    """Tell whether no activation that bends at 0, as relu does, is asked for its slope there."""
    p = stack.network.parameters
    block = Block(stack.network, stack.images, stack.targets, len(samples) == 1, samples.shape[1])
    block.gather(samples)
    block.forward()
    z0 = np.empty((len(stack.runs), block.b, p.filters.shape[1], block.patches.shape[-1]))
    layers.convolve(p.filters, block.patches, z0)
    z1 = block.x1 @ p.weights.mT + p.biases[:, np.newaxis]
    return all(
        (run.act in SMOOTH or np.abs(z0[r]).min() > KINK)
        and (run.act_out in SMOOTH or np.abs(z1[r]).min() > KINK)
        for r, run in enumerate(stack.runs)
    )


def check(stack: Stack, samples: Indices) -> None:
    """Compare the summed gradients, and the step that training takes, with finite differences."""
    expected = numeric_gradients(stack, samples)
    network, b = stack.network, samples.shape[1]
    block = Blocks(stack).of(samples)
    network.clear_gradients()
    block.forward()
    block.backward()
    block.accumulate()
    assert_agree([sums / b for sums in vars(network.gradients).values()], expected)
    before = network.parameters.rows(np.arange(len(stack.runs)))
    descend(network, Blocks(stack), samples)
    moved = zip(vars(before).values(), vars(network.parameters).values(), strict=True)
    rates = Parameters(network.lrA, network.lrW, network.lrW)
    steps = [
        (old - new) / rate.reshape(-1, *(1,) * (old.ndim - 1))
        for (old, new), rate in zip(moved, vars(rates).values(), strict=True)
    ]
    assert_agree(steps, expected)


@settings(max_examples=100, deadline=None)
@given(
    small_shapes,
    st.lists(st.tuples(acts, acts), min_size=1, max_size=3),
    st.integers(1, 5),
    seeds,
    st.booleans(),
)
def test_gradients_are_those_of_finite_differences(
    shape: tuple[int, ...], pairs: list[tuple[Act, Act]], batch: int, seed: int, shared: bool
) -> None:
    stack = make_stack(shape, pairs, batch, seed, shared)
    samples = stack.train[: 1 if shared else None, :batch]
    assume(is_away_from_the_kink(stack, samples))
    check(stack, samples)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("shape", SHAPES[:7], ids=str)
@pytest.mark.parametrize("act", Act, ids=lambda act: act.name)
def test_every_activation_and_shape_has_the_right_gradient(
    act: Act, shape: tuple[int, ...], batch: int
) -> None:
    for seed in range(20):
        stack = make_stack(shape, [(act, act)], batch, seed, shared=True)
        if is_away_from_the_kink(stack, stack.train[:1, :batch]):
            check(stack, stack.train[:1, :batch])
            return
    pytest.fail("no seed of twenty is away from the kink")


def test_the_slope_of_relu_at_its_kink_is_zero() -> None:
    stack = make_stack((4, 4, 2, 3, 3, 2), [(Act.relu, Act.none)], 1, 0, shared=True)
    stack.network.parameters.filters.fill(0)
    block = Blocks(stack).of(stack.train[:1, :1])
    block.forward()
    block.backward()
    assert np.any(block.delta2)
    assert not np.any(block.delta1)
