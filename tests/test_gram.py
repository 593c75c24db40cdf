"""The Gram form is the direct form: the same trajectories, and the same laws about bits."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.data.datasets import Dataset, load
from src.data.orders import Order
from src.model import blas
from src.model.activations import Act
from src.model.blas import rowwise
from src.model.inits import Init
from src.run import Dtype, Run
from src.storage.checkpoint import Checkpoint
from src.timeline import Ending, Timeline
from src.training import gram, trainer
from src.training.direct import Direct
from src.training.gram import Gram, pays
from src.training.stack import MAY_DIFFER, Stack
from src.training.trainer import form_of, train
from tests.support.naive import learn
from tests.support.strategies import acts, different, few_seeds, make_dataset, make_run, rates

DIGITS = load("embedded")
CLOSE = {"rtol": 1e-10, "atol": 1e-10}
smooth = st.sampled_from([Act.tanh, Act.sigmoid, Act.none])
"""Outputs of relu come to rest at its kink, where 0 in one order of a sum is 1e-17 in another and
decisions and slopes differ: no trajectory of theirs is the same for two hundred epochs."""


def train_directly(runs: list[Run], dataset: Dataset) -> list[Timeline]:
    """Train runs in the direct form, whatever their structure."""
    with patch.object(trainer, "form_of", Direct):
        return train(runs, dataset)


@st.composite
def calm_runs(draw: st.DrawFn, epochs: int) -> tuple[Dataset, Run]:
    """Draw digits and a whole-image run in float64 that learns and is far from chaos."""
    H, V = draw(st.sampled_from([(5, 5), (4, 7), (6, 5)]))
    C = draw(st.integers(2, 4))
    keys: dict[str, Any] = {"I": H, "J": V, "L": draw(st.integers(1, 4))}
    keys |= {"T": draw(st.integers(1, (H * V + 1) // 6)), "TT": draw(st.integers(1, 5))}
    keys |= {"batch": draw(st.sampled_from([1, 1, 2, 3, 5, 64])), "epochs": epochs}
    keys |= {"classes": tuple(range(C)), "act": draw(acts), "act_out": draw(smooth)}
    keys |= {"order": draw(st.sampled_from(Order)), "init": Init.glorot, "init_scale": 1.0}
    calm = st.floats(1e-4, 1 / (H * V))
    lrA, lrW = draw(st.sampled_from([(True, True)] * 3 + [(False, True), (True, False)]))
    keys |= {"lrA": draw(calm) if lrA else 0.0, "lrW": draw(calm) if lrW else 0.0}
    keys |= {"dtype": Dtype.float64, "seed": draw(few_seeds)}
    return make_dataset(H, V, C, seed=draw(few_seeds)), make_run(**keys)


def assert_close(one: Timeline, other: Timeline) -> None:
    """Compare all numbers of two timelines that finished."""
    assert one.outcome.ending is other.outcome.ending is Ending.finished
    for name, curve in one.curves.items():
        np.testing.assert_allclose(curve, other.curves[name], err_msg=name, **CLOSE)
    for name, found in one.parameters.items():
        np.testing.assert_allclose(found, other.parameters[name], err_msg=name, **CLOSE)
    np.testing.assert_allclose(one.filters, other.filters, **CLOSE)
    np.testing.assert_array_equal(one.confusion, other.confusion)


@settings(max_examples=15, deadline=None)
@given(calm_runs(epochs=200), st.sampled_from([1, 2, 64]))
def test_two_hundred_epochs_of_both_forms_equal_the_naive_loops(
    stack: tuple[Dataset, Run], block: int
) -> None:
    dataset, run = stack
    assert isinstance(form_of(Stack([run], dataset)), Gram)
    with patch.object(gram, "BLOCK", block):
        (found,) = train([run], dataset)
    (directly,) = train_directly([run], dataset)
    assert_close(found, directly)
    learned = learn(run, dataset)
    for name, curve in found.curves.items():
        np.testing.assert_allclose(curve, learned.curves[name], err_msg=name, **CLOSE)
    for name, array in found.parameters.items():
        expected = np.array(getattr(learned.net, name))
        np.testing.assert_allclose(array, expected, err_msg=name, **CLOSE)
    np.testing.assert_array_equal(found.confusion, learned.confusion)


@pytest.mark.parametrize("T", [1, 31, 64, 65, 130])
@pytest.mark.parametrize("batch", [1, 7, 100])
def test_both_forms_train_real_digits_alike(T: int, batch: int) -> None:
    keys = {"T": T, "TT": 20, "L": 3, "classes": (0, 4, 7), "epochs": 200 if T == 31 else 5}
    run = make_run(dtype=Dtype.float64, lrA=0.002, lrW=0.01, batch=batch, **keys)
    runs = [run, replace(run, act=Act.sigmoid, act_out=Act.sigmoid, subset_seed=1, order_seed=2)]
    for found, directly in zip(train(runs, DIGITS), train_directly(runs, DIGITS), strict=True):
        assert_close(found, directly)


def test_in_float32_the_gram_form_is_no_further_from_float64_than_the_direct_form() -> None:
    runs = [
        make_run(act=act, lrA=lrA, lrW=lrW, seed=seed, epochs=100)
        for act in Act
        for lrA, lrW in ((0.001, 0.001), (0.001, 0.02), (0.01, 0.001))
        for seed in range(3)
    ]
    exact = train([replace(run, dtype=Dtype.float64) for run in runs], DIGITS)

    def far(timelines: list[Timeline]) -> float:
        """Return the mean distance of the losses from those in float64."""
        pairs = zip(timelines, exact, strict=True)
        return float(
            np.mean([np.abs(a.curves["test_loss"] - b.curves["test_loss"]).max() for a, b in pairs])
        )

    assert far(train(runs, DIGITS)) <= far(train_directly(runs, DIGITS))


RATES = [0.001, 0.05, 0.07, 0.085, 0.1, 0.3, 1.0, 30.0, 1e4, 1e25, 3e38]


def test_both_forms_find_the_same_divergence() -> None:
    runs = [
        make_run(act=act, lrA=lrA, lrW=lrW or lrA, epochs=12, batch=batch, TT=20)
        for batch in (1, 8)
        for act in (Act.none, Act.relu, Act.tanh)
        for lrA in RATES
        for lrW in (0.01, 1.0, 3e38, None)
    ]
    by_structure = [[run for run in runs if run.batch == batch] for batch in (1, 8)]
    found = [t.outcome for some in by_structure for t in train(some, DIGITS)]
    expected = [t.outcome for some in by_structure for t in train_directly(some, DIGITS)]
    assert [each.epoch for each in found] == [each.epoch for each in expected]
    assert len({each.epoch for each in found}) > 3
    assert {each.place for each in found} >= {None, "convolution", "perceptron"}


def many(R: int, **structural: object) -> list[Run]:
    """Return R runs with few or many sets of digits; every seventh diverges."""
    runs = []
    for r in range(R):
        keys: dict[str, Any] = {"act": list(Act)[r % 4], "act_out": list(Act)[r // 4 % 4]}
        keys |= {"order": list(Order)[r % 3], "seed": r % 11, "subset_seed": r % 5}
        keys |= {"lrA": 0.001 * (1 + r % 13), "lrW": 0.002 * (1 + r % 7) + 1e-7 * r}
        if r % 7 == 3:
            keys |= {"act": Act.none, "act_out": Act.none, "lrA": 30.0, "lrW": 30.0}
        runs.append(make_run(**keys, **structural))
    return runs


@pytest.mark.parametrize("block", [5, 64])
@pytest.mark.parametrize("structural", [{}, {"batch": 3}, {"L": 5, "classes": (0, 4, 7)}], ids=str)
def test_no_stack_of_2_to_300_changes_a_row(structural: dict[str, Any], block: int) -> None:
    runs = many(300, **{"T": 13, "TT": 9, "epochs": 3, **structural})
    with patch.object(gram, "BLOCK", block):
        together = train(runs, DIGITS)
        assert {t.outcome.ending for t in together} == {Ending.finished, Ending.diverged}
        for first, n in ((0, 2), (1, 3), (3, 1), (4, 7), (11, 16), (30, 17), (60, 65), (100, 150)):
            part = train(runs[first : first + n], DIGITS)
            for row, timeline in enumerate(part):
                assert different(timeline, together[first + row]) == []
        for row in (0, 3, 150, 299):
            assert different(train([runs[row]], DIGITS)[0], together[row]) == []


@pytest.mark.parametrize("block", [5, 64])
def test_a_run_that_is_resumed_at_any_epoch_ends_with_the_same_bits(block: int) -> None:
    runs = [run for r, run in enumerate(many(12, T=13, TT=9, epochs=9)) if r % 7 != 3]
    kept: dict[int, dict[Run, Checkpoint]] = {}

    def keep(epoch: int, alive: int, checkpoints: Callable[[], dict[Run, Checkpoint]]) -> None:
        copies = {run: each.to_arrays() for run, each in checkpoints().items()}
        kept[epoch] = {
            run: Checkpoint.of_arrays({name: array.copy() for name, array in arrays.items()})
            for run, arrays in copies.items()
        }

    with patch.object(gram, "BLOCK", block):
        timelines = train(runs, DIGITS, keep)
        assert [different(a, b) for a, b in zip(train(runs, DIGITS), timelines, strict=True)] == [
            [] for _ in runs
        ]
        for epoch in range(9):
            some = runs[epoch % 3 :: 2]
            resumed = train(some, DIGITS, resumed={run: kept[epoch][run] for run in some})
            for run, timeline in zip(some, resumed, strict=True):
                assert different(timeline, timelines[runs.index(run)]) == []


def test_the_form_is_a_matter_of_structure_alone() -> None:
    run, image = make_run(), (28, 28)
    assert pays(run, image)
    others: dict[str, Any] = {"act": Act.none, "act_out": Act.relu, "order": Order.fixed}
    others |= {"init": Init.he, "init_scale": 3.0, "lrA": 0.5, "lrW": 0.7}
    others |= {"seed": 5, "subset_seed": 6, "init_seed": 7, "order_seed": 8, "noise_seed": 9}
    assert set(others) == MAY_DIFFER
    assert all(pays(replace(run, **{key: value}), image) for key, value in others.items())
    assert not any(
        pays(replace(run, **keys), image)
        for keys in ({"I": 27}, {"J": 27}, {"I": 7, "J": 7}, {"T": 131}, {"L": 9}, {"TT": 785 * 16})
    )
    assert pays(replace(run, T=130), image)
    assert isinstance(form_of(Stack([replace(run, I=7, J=7)], DIGITS)), Direct)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(1, 20), st.integers(1, 40), st.integers(1, 40), few_seeds)
def test_a_rowwise_product_treats_all_runs_alike(R: int, n: int, k: int, m: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, matrix = rng.standard_normal((R, n, k)), rng.standard_normal((k, m))
    x[rng.integers(R)] = np.nan
    together = rowwise(x, matrix)
    np.testing.assert_allclose(together, x @ matrix, rtol=1e-12, atol=1e-12)
    for row in range(R):
        np.testing.assert_array_equal(rowwise(x[row : row + 1], matrix)[0], together[row])


def test_where_blas_does_not_treat_rows_alike_each_run_has_a_call_of_its_own() -> None:
    real = np.matmul

    def uneven(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        product = real(a, b)
        product[..., 3:, :] += 1e-12  # as if the last rows of a tile were summed otherwise
        return product

    rng = np.random.default_rng(0)
    x, matrix = rng.standard_normal((7, 2, 9)), rng.standard_normal((9, 4))
    blas._together.cache_clear()
    with patch.object(blas.np, "matmul", uneven):
        assert blas._together(2, 9, 4) == 1
        together = rowwise(x, matrix)
        for row in range(7):
            np.testing.assert_array_equal(rowwise(x[row : row + 1], matrix)[0], together[row])
    blas._together.cache_clear()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(rates, rates), min_size=2, max_size=6, unique=True))
def test_probes_of_both_forms_agree(pairs: list[tuple[float, float]]) -> None:
    runs = [
        make_run(lrA=lrA, lrW=lrW, dtype=Dtype.float64, T=7, TT=3, epochs=1) for lrA, lrW in pairs
    ]
    for found, directly in zip(train(runs, DIGITS), train_directly(runs, DIGITS), strict=True):
        for name in found.curves:
            np.testing.assert_allclose(
                found.curves[name], directly.curves[name], rtol=1e-7, atol=1e-9, err_msg=name
            )
