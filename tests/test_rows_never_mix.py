"""Law 2: a run in a stack equals the run alone, bit for bit, whatever its neighbours.

Every comparison is of exact bytes: all curves, filters, parameters, decisions, and the outcome.
"""

import os
import platform
import subprocess
import sys
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info, threadpool_limits

from src.data.datasets import Dataset, load
from src.data.orders import Order
from src.errors import ConfigError
from src.model.activations import Act
from src.model.inits import Init
from src.run import Dtype, Run
from src.run.rules import check
from src.timeline import Ending
from src.training import evaluation
from src.training.trainer import train
from tests.support.strategies import different, make_dataset, make_run, stacks

DIGITS = load("embedded")
ROOT = Path(__file__).parent.parent


def assert_rows_equal_runs_alone(runs: list[Run], dataset: Dataset, rows: list[int]) -> None:
    """Compare some rows of a stack with the same runs trained alone."""
    together = train(runs, dataset)
    for row in rows:
        (alone,) = train([runs[row]], dataset)
        assert different(together[row], alone) == [], f"row {row} of {len(runs)}: {runs[row]}"


@settings(max_examples=150, deadline=None)
@given(stacks(), st.data())
def test_a_run_in_a_stack_equals_the_run_alone(
    stack: tuple[Dataset, list[Run]], data: st.DataObject
) -> None:
    dataset, runs = stack
    some = data.draw(st.lists(st.integers(0, len(runs) - 1), min_size=1, max_size=4, unique=True))
    assert_rows_equal_runs_alone(runs, dataset, some)


@settings(max_examples=60, deadline=None)
@given(stacks(most=12), st.data())
def test_the_order_and_number_of_the_runs_do_not_matter(
    stack: tuple[Dataset, list[Run]], data: st.DataObject
) -> None:
    dataset, runs = stack
    together = dict(zip(runs, train(runs, dataset), strict=True))
    some = data.draw(st.permutations(runs))[: data.draw(st.integers(1, len(runs)))]
    for run, timeline in zip(some, train(some, dataset), strict=True):
        assert different(together[run], timeline) == []


@settings(max_examples=60, deadline=None)
@given(stacks(most=9), st.integers(1, 12))
def test_rows_keep_their_bits_where_minibatches_and_subsets_take_many_blocks(
    stack: tuple[Dataset, list[Run]], digits: int
) -> None:
    dataset, runs = stack
    run = runs[0]
    features = run.features(dataset)
    numbers = (run.I * run.J + 1) * (features // run.L) + 3 * features
    with patch.object(evaluation, "BLOCK_BYTES", digits * numbers * 4):
        assert_rows_equal_runs_alone(runs, dataset, [0, len(runs) - 1])


def various(R: int, **structural: object) -> list[Run]:
    """Return R runs that differ in everything that may differ; every seventh diverges."""
    runs = []
    rates = cycle([0.001, 0.01, 0.1, 0.3, 0.02])
    inits = cycle([Init.uniform, Init.normal, Init.glorot, Init.he, Init.zeros])
    for r, act, order, init in zip(range(R), cycle(Act), cycle(Order), inits, strict=False):
        keys = {"act": act, "order": order, "init": init, "seed": r // 5, "act_out": Act.tanh}
        keys |= {"lrA": next(rates) + r * 1e-6, "lrW": next(rates)}
        if r % 7 == 3:
            keys |= {"act": Act.none, "act_out": Act.none, "lrA": 30.0, "lrW": 30.0}
            keys["init"] = Init.uniform
        runs.append(make_run(**keys, **structural))
    return runs


REAL = {
    "network A": {"T": 31, "TT": 20, "epochs": 3},
    "network B": {"L": 16, "I": 7, "J": 7, "classes": tuple(range(10)), "T": 20, "TT": 10},
    "odd": {"L": 3, "I": 5, "J": 5, "classes": (0, 2, 4, 5, 6, 8, 9), "T": 23, "TT": 7},
    "odd and whole": {"L": 3, "classes": (9, 0, 2, 4, 5, 6, 8), "T": 23, "TT": 7},
}


@pytest.mark.parametrize("batch", [1, 8])
@pytest.mark.parametrize("dtype", Dtype, ids=lambda dtype: dtype.name)
@pytest.mark.parametrize("net", REAL)
def test_rows_of_real_digits_never_mix(net: str, dtype: Dtype, batch: int) -> None:
    structural = {"epochs": 2, "dtype": dtype, "batch": batch, **REAL[net]}
    R = 12 if net == "network B" else 37
    runs = various(R, **structural)
    timelines = train(runs, DIGITS)
    endings = {timeline.outcome.ending for timeline in timelines}
    assert endings == {Ending.finished, Ending.diverged}
    shared = [replace(run, order=Order.random, order_seed=1, subset_seed=1) for run in runs]
    for stack in (runs, runs[:2], shared, shared[1:6]):
        together = timelines if stack is runs else train(stack, DIGITS)
        for row in {0, 1, 3, len(stack) // 2, len(stack) - 1} & {*range(len(stack))}:
            (alone,) = train([stack[row]], DIGITS)
            assert different(together[row], alone) == [], f"row {row}: {stack[row]}"


@pytest.mark.parametrize("R", [1, 2, 3, 4, 5, 7, 12, 36, 40])
def test_no_size_of_a_stack_changes_a_row(R: int) -> None:
    dataset = make_dataset(9, 8, 7)
    keys = {"L": 3, "I": 5, "J": 5, "classes": tuple(range(7)), "T": 20, "TT": 9, "epochs": 3}
    runs = list(islice(various(40, **keys), R))
    assert_rows_equal_runs_alone(runs, dataset, list(range(R)))


def test_a_neighbour_that_diverges_at_once_or_later_leaves_the_others_alone() -> None:
    calm = make_run(act=Act.none, epochs=6)
    at_once = replace(calm, init_scale=1e30)
    later = replace(calm, lrA=1.0, lrW=1.0)
    together = train([at_once, calm, later], DIGITS)
    assert [timeline.outcome.epoch for timeline in together][:2] == [0, 6]
    assert 1 <= (together[2].outcome.epoch or 0) < 6
    for run, timeline in zip([at_once, calm, later], together, strict=True):
        assert different(timeline, train([run], DIGITS)[0]) == []


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("layer", ["convolution", "perceptron"])
@pytest.mark.parametrize("I", [28, 7])
def test_a_rate_of_zero_leaves_its_layer_bit_identical_for_ever(
    layer: str, batch: int, I: int
) -> None:
    # Normal × 0 gives zeros of both signs; a neighbour and the run itself overflow.
    rate, other = ("lrA", "lrW") if layer == "convolution" else ("lrW", "lrA")
    keys = {"init": Init.normal, "init_scale": 0.0, "batch": batch, "I": I, "J": I, "T": 9}
    calm = make_run(**keys, **{rate: 0.0, other: 0.1}, epochs=3)
    wild = replace(calm, act=Act.none, act_out=Act.none, init_scale=1.0, **{other: 1e30})
    names = {"convolution": ("filters", "filter_biases"), "perceptron": ("weights", "biases")}
    signs = set()
    for run in (calm, wild):
        start = train([replace(run, epochs=0)], DIGITS)[0].parameters
        (end, _) = train([run, wild if run is calm else calm], DIGITS)
        for name in names[layer]:
            assert end.parameters[name].tobytes() == start[name].tobytes()
        if run is calm:
            signs = set(np.signbit(start[names[layer][0]]).ravel().tolist())
    assert signs == {True, False}
    assert end.outcome.ending is Ending.diverged


def test_a_layer_with_a_rate_does_learn_beside_one_without() -> None:
    frozen = make_run(lrA=0.0, lrW=0.1, epochs=1)
    (timeline,) = train([frozen], DIGITS)
    start = train([replace(frozen, epochs=0)], DIGITS)[0].parameters
    assert not np.array_equal(timeline.parameters["weights"], start["weights"])


@pytest.mark.parametrize("tiny", [1.2e-38, 1e-44, 1e-60])
def test_no_rate_that_the_rules_allow_is_rounded_to_zero_and_freezes_its_neighbours(
    tiny: float,
) -> None:
    runs = [make_run(lrA=tiny, lrW=0.1, epochs=2), make_run(lrA=0.1, lrW=0.1, epochs=2)]
    if tiny < np.finfo(np.float32).smallest_normal:
        with pytest.raises(ConfigError, match=r"^lrA must be 0, or 1\.2e-38 to "):
            check(runs[0], DIGITS)
        return
    check(runs[0], DIGITS)
    assert_rows_equal_runs_alone(runs, DIGITS, [0, 1])


# --- BLAS


def blas_threads() -> set[int]:
    """Return the numbers of threads of all loaded BLAS libraries."""
    return {int(lib["num_threads"]) for lib in threadpool_info() if lib["user_api"] == "blas"}


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core has no second thread")
def test_the_engine_holds_blas_to_one_thread_and_gives_the_callers_setting_back() -> None:
    keys = {"L": 16, "I": 7, "J": 7, "classes": tuple(range(10)), "T": 40, "TT": 10, "epochs": 1}
    runs = various(3, batch=20, **keys)
    with threadpool_limits(1, user_api="blas"):
        by_one = train(runs, DIGITS)
    seen: list[set[int]] = []
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        by_two = train(runs, DIGITS, lambda epoch, alive, _: seen.append(blas_threads()))
        after = blas_threads()
    assert before == after == {2}
    assert seen == [{1}, {1}]
    for one, two in zip(by_one, by_two, strict=True):
        assert different(one, two) == []


def wide_features() -> str:
    """Return the CPU features beyond AVX2 that this NumPy would dispatch to on this machine."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    wide = [name for name in __cpu_dispatch__ if name.startswith(("AVX512", "X86_V4"))]
    return " ".join(name for name in wide if __cpu_features__.get(name))


@pytest.mark.skipif(platform.machine() != "x86_64", reason="kernels of x86-64")
def test_rows_never_mix_with_the_kernels_of_an_older_processor_either() -> None:
    script = (
        "import sys, pytest, numpy, scipy.linalg.blas\n"
        "from threadpoolctl import threadpool_info\n"
        "libraries = [lib for lib in threadpool_info() if lib['user_api'] == 'blas']\n"
        "kernels = {lib['architecture'] for lib in libraries}\n"
        "assert kernels == {'Haswell'}, kernels\n"
        "sys.exit(pytest.main(['-o', 'addopts=', '-q', '-x', '-p', 'no:cacheprovider',\n"
        "    '-W', 'error', 'tests/test_rows_never_mix.py',\n"
        "    '-k', '(real_digits and 8) or no_size']))\n"
    )
    kernels = {"OPENBLAS_CORETYPE": "Haswell", "NPY_DISABLE_CPU_FEATURES": wide_features()}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, **kernels},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "17 passed" in done.stdout
