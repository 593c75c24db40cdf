"""A grid is cut into stacks: nothing lost, nothing mixed, small enough, a share for each worker."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.data.orders import Order
from src.execution import partition as room
from src.execution.partition import CACHE_BYTES, FEW, Size, partition
from src.model.activations import Act
from src.model.inits import Init
from src.run import Dtype, Run
from src.training.stack import Stack, structure
from tests.support.strategies import make_dataset, make_run

IMAGE = (28, 28)
ROOMY = 10**12

runs = st.builds(
    make_run,
    act=st.sampled_from(Act),
    order=st.sampled_from(Order),
    init=st.sampled_from([Init.he, Init.zeros]),
    lrA=st.sampled_from([0.0, 0.1, 0.2]),
    lrW=st.sampled_from([0.0, 0.1]),
    L=st.sampled_from([1, 2, 16]),
    I=st.sampled_from([7, 28]),
    T=st.sampled_from([5, 500]),
    epochs=st.sampled_from([0, 1, 50]),
    dtype=st.sampled_from(Dtype),
    seed=st.integers(0, 3),
)
grids = st.lists(runs, min_size=1, max_size=80, unique=True)


def cut(runs: list[Run], workers: int = 1, memory: int = ROOMY) -> list[list[Run]]:
    """Cut runs of MNIST's size into stacks."""
    return partition(runs, workers, IMAGE, memory)


def work(stack: list[Run]) -> int:
    """Return the work of a stack."""
    return sum(Size(run, IMAGE).work for run in stack)


@settings(max_examples=150, deadline=None)
@given(grids, st.integers(1, 5))
def test_a_partition_is_a_permutation_into_stacks_of_one_structure(
    grid: list[Run], workers: int
) -> None:
    stacks = cut(grid, workers)
    placed = [run for stack in stacks for run in stack]
    assert len(placed) == len(grid)
    assert set(placed) == set(grid)
    for stack in stacks:
        assert stack
        assert len({structure(run) for run in stack}) == 1


@settings(max_examples=100, deadline=None)
@given(grids, st.integers(1, 5))
def test_the_most_work_comes_first(grid: list[Run], workers: int) -> None:
    costs = [work(stack) for stack in cut(grid, workers)]
    assert costs == sorted(costs, reverse=True)


@settings(max_examples=100, deadline=None)
@given(grids, st.integers(1, 5), st.sampled_from([1, 10**6, 5 * 10**8]))
def test_no_stack_outgrows_cache_or_memory_but_a_run_always_has_one(
    grid: list[Run], workers: int, memory: int
) -> None:
    for stack in cut(grid, workers, memory):
        size = Size(stack[0], IMAGE)
        if len(stack) > 1:
            assert len(stack) * size.step_bytes <= CACHE_BYTES
            assert len(stack) * size.stack_bytes <= memory


def test_a_large_network_fills_the_cache_with_a_few_runs() -> None:
    grid = make_grid(seeds=1, L=16, I=7, J=7)
    most = CACHE_BYTES // Size(grid[0], IMAGE).step_bytes
    assert 1 < most < len(grid)
    assert max(len(stack) for stack in cut(grid)) <= most


@settings(max_examples=50, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 4))
def test_the_order_of_the_runs_changes_neither_number_nor_work_of_the_stacks(
    random: "st.DataObject", workers: int
) -> None:
    grid = make_grid(seeds=3)
    mixed = sorted(grid, key=lambda run: random.random())  # type: ignore[attr-defined]
    sizes = [sorted(map(len, cut(each, workers))) for each in (grid, mixed)]
    assert sizes[0] == sizes[1]


def make_grid(seeds: int, **keys: object) -> list[Run]:
    """Return every act and twelve pairs of rates for every seed."""
    rates = [0.001 * 2**k for k in range(6)]
    return [
        make_run(act=act, lrA=lrA, lrW=lrW, seed=seed, **keys)
        for act, lrA, lrW, seed in product(Act, rates, (0.1, 0.2), range(seeds))
    ]


@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("seeds", [1, 2, 7])
def test_every_worker_gets_a_fair_share(workers: int, seeds: int) -> None:
    stacks = cut(make_grid(seeds), workers)
    assert len(stacks) >= workers
    loads = [0] * workers
    for stack in stacks:  # each worker takes the next when it is free
        loads[loads.index(min(loads))] += work(stack)
    assert max(loads) <= 1.35 * sum(loads) / workers


def test_two_runs_are_for_two_workers() -> None:
    assert [len(stack) for stack in cut([make_run(lrA=0.1), make_run(lrA=0.2)], 2)] == [1, 1]


def test_more_workers_than_runs_leave_no_empty_stack() -> None:
    assert [len(stack) for stack in cut([make_run()], 64)] == [1]


def test_families_share_their_samples() -> None:
    sliding = make_grid(seeds=3, I=27, J=27)
    grid = [run for run in sliding if run.act in (Act.tanh, Act.relu)]
    assert len(grid) // 3 >= FEW
    dataset = make_dataset(28, 28, 4, of_each=80)
    for stack in cut(grid):
        assert len({run.seed for run in stack}) == 1
        small = [replace(run, classes=(0, 1), T=5, TT=5) for run in stack]
        assert Stack(small, dataset).shares_samples


def test_families_of_few_are_stacked_with_others() -> None:
    grid = [make_run(seed=seed, lrA=0.1 + k) for seed in range(20) for k in range(2)]
    stacks = cut(grid)
    assert len(stacks) < 20
    assert max(map(len, stacks)) > FEW


def test_runs_whose_steps_ask_for_no_pixel_make_one_large_stack() -> None:
    grid = make_grid(seeds=9)
    assert [len(stack) for stack in cut(grid)] == [len(grid)]
    assert [len(stack) for stack in cut(grid, workers=2)] == [len(grid) // 2] * 2


def test_a_smaller_cache_makes_more_stacks(monkeypatch: pytest.MonkeyPatch) -> None:
    grid = make_grid(seeds=1)
    before = len(cut(grid))
    monkeypatch.setattr(room, "CACHE_BYTES", 4 * Size(grid[0], IMAGE).step_bytes)
    assert max(map(len, cut(grid))) <= 4
    assert len(cut(grid)) >= len(grid) // 4 > before


@pytest.mark.parametrize("key", ["epochs", "T", "L"])
def test_work_grows_with_what_there_is_to_do(key: str) -> None:
    run = make_run()
    more = replace(run, **{key: 2 * getattr(run, key)})
    assert 1.5 < work([more]) / work([run]) < 2.5


def test_a_frozen_layer_is_less_work() -> None:
    run = make_run(lrA=0.1, lrW=0.1)
    costs = [work([replace(run, lrA=lrA, lrW=lrW)]) for lrA, lrW in ((0, 0), (0, 0.1), (0.1, 0.1))]
    assert costs == sorted(set(costs))
    assert costs[0] > 0


@pytest.mark.parametrize("other", [{"L": 1}, {"epochs": 3}, {"lrA": 0.0}], ids=str)
def test_runs_of_two_structures_make_no_stack(other: dict[str, float]) -> None:
    one = make_run(I=3, J=3, classes=(0, 1), T=4, TT=4)
    digits = make_dataset(4, 4, 2)
    assert len(Stack([one, replace(one, lrA=0.5)], digits).runs) == 2
    with pytest.raises(ValueError, match=r"^the runs of a stack must share their structure$"):
        Stack([one, replace(one, **other)], digits)
