"""Every order presents each sample once an epoch, in its own way."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.data.orders import Order, alternated

labellings = st.lists(st.integers(0, 4), min_size=1, max_size=40)
seeds = st.integers(0, 2**32)


def epochs(order: Order, labels: list[int], count: int, seed: int = 0) -> list[list[int]]:
    """Return the positions of some epochs."""
    presented = order.epochs(np.array(labels), np.random.default_rng(seed))
    return [epoch.tolist() for epoch in islice(presented, count)]


@given(st.sampled_from(Order), labellings, seeds)
def test_every_sample_is_presented_once_an_epoch(
    order: Order, labels: list[int], seed: int
) -> None:
    for epoch in epochs(order, labels, 4, seed):
        assert sorted(epoch) == list(range(len(labels)))


@given(st.sampled_from(Order), labellings, seeds)
def test_equal_generators_give_equal_orders(order: Order, labels: list[int], seed: int) -> None:
    assert epochs(order, labels, 3, seed) == epochs(order, labels, 3, seed)


def test_fixed_is_one_shuffle_for_ever() -> None:
    first, *others = epochs(Order.fixed, [0, 1] * 20, 6)
    assert first != list(range(40))
    assert others == [first] * 5


@pytest.mark.parametrize("order", [Order.random, Order.alternate], ids=lambda order: order.name)
def test_random_and_alternate_are_shuffled_anew_every_epoch(order: Order) -> None:
    found = epochs(order, [0, 1] * 20, 6)
    assert len({tuple(epoch) for epoch in found}) == 6


@pytest.mark.parametrize("order", Order, ids=lambda order: order.name)
def test_another_seed_gives_another_order(order: Order) -> None:
    assert epochs(order, [0, 1] * 20, 1, 0) != epochs(order, [0, 1] * 20, 1, 1)


def test_the_first_epoch_of_fixed_is_that_of_random() -> None:
    labels = [0, 1] * 20
    assert epochs(Order.fixed, labels, 1) == epochs(Order.random, labels, 1)


@given(labellings, seeds)
def test_alternate_takes_classes_in_turn_and_skips_the_exhausted(
    labels: list[int], seed: int
) -> None:
    for epoch in epochs(Order.alternate, labels, 3, seed):
        left = {label: labels.count(label) for label in sorted(set(labels))}
        expected = []
        while left:
            expected += list(left)
            left = {label: count - 1 for label, count in left.items() if count > 1}
        assert [labels[at] for at in epoch] == expected


def test_alternate_keeps_the_shuffled_order_within_a_class() -> None:
    order = np.array([4, 0, 5, 1, 3, 2])
    labels = np.array([1, 0, 0, 1, 1, 0])
    assert alternated(order, labels).tolist() == [5, 4, 1, 0, 2, 3]


def test_the_samples_of_a_class_are_shuffled_in_alternate_too() -> None:
    firsts = {epoch[0] for epoch in epochs(Order.alternate, [0] * 10 + [1] * 10, 30)}
    assert firsts <= set(range(10))
    assert len(firsts) > 5
