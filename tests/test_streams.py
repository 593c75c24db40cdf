"""Law 3: subset, init and order are separate streams of a seed, whatever else a run chooses."""

from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.data.orders import Order
from src.model.activations import Act
from src.model.inits import Init
from src.run import Dtype, Run, Stream
from src.training.stack import Stack
from src.training.trainer import train
from tests.support.strategies import make_dataset, make_run, seeds

DIGITS = make_dataset(6, 6, 3, of_each=40)
KEYS: dict[str, Any] = {"I": 6, "J": 6, "classes": (0, 1, 2), "T": 20, "TT": 10, "epochs": 0}

others = st.fixed_dictionaries(
    {},
    optional={
        "act": st.sampled_from(Act),
        "order": st.sampled_from(Order),
        "lrA": st.sampled_from([0.0, 0.1, 1.0]),
        "lrW": st.sampled_from([0.0, 0.1, 1.0]),
        "batch": st.integers(1, 30),
        "epochs": st.integers(0, 3),
    },
)


def presented(run: Run, epochs: int = 3) -> tuple[bytes, bytes, bytes, list[bytes]]:
    """Return a run's training and test digits, its initial weights, and orders of epochs."""
    stack = Stack([run], DIGITS)
    p = stack.network.parameters
    weights = p.filters.tobytes() + p.weights.tobytes() + p.biases.tobytes()
    train_digits, test_digits = stack.images[stack.train[0]], stack.images[stack.test[0]]
    orders = [stack.next_epoch()[0] for _ in range(epochs)]
    places = [np.searchsorted(np.sort(stack.train[0]), order).tobytes() for order in orders]
    return train_digits.tobytes(), test_digits.tobytes(), weights, places


@settings(max_examples=40, deadline=None)
@given(seeds, others, st.sampled_from(Init))
def test_the_same_seed_gives_the_same_subset_whatever_else(
    seed: int, other: dict[str, Any], init: Init
) -> None:
    one = presented(make_run(**KEYS, seed=seed))
    net = {"init": init, "I": 5, "J": 4, "L": 3}
    two = presented(make_run(**{**KEYS, **net, **other}, seed=seed))
    assert one[:2] == two[:2]


@settings(max_examples=40, deadline=None)
@given(seeds, others)
def test_the_same_seed_gives_the_same_weights_for_equal_net_and_init(
    seed: int, other: dict[str, Any]
) -> None:
    one = presented(make_run(**KEYS, seed=seed))
    two = presented(make_run(**{**KEYS, "T": 7, "TT": 3, **other}, seed=seed))
    assert one[2] == two[2]


@settings(max_examples=40, deadline=None)
@given(seeds, others.map(lambda other: {k: v for k, v in other.items() if k != "order"}))
def test_the_same_seed_gives_the_same_order_for_equal_data(
    seed: int, other: dict[str, Any]
) -> None:
    one = presented(make_run(**KEYS, seed=seed))
    two = presented(make_run(**{**KEYS, "init": Init.he, "L": 3, "I": 4, **other}, seed=seed))
    assert one[3] == two[3]


@pytest.mark.parametrize("stream", Stream, ids=lambda stream: stream.value)
def test_overriding_one_stream_changes_it_alone(stream: Stream) -> None:
    run = make_run(**KEYS)
    train_digits, test_digits, weights, orders = presented(run)
    other = presented(replace(run, **{stream.value: 1}))
    assert (other[0] != train_digits) == (stream is Stream.subset)
    assert (other[1] != test_digits) == (stream is Stream.subset)
    assert (other[2] != weights) == (stream is Stream.init)
    if stream is Stream.order:
        assert other[3] != orders
    if stream is Stream.init:
        assert other[3] == orders


def test_the_order_of_positions_does_not_depend_on_the_subset() -> None:
    run = make_run(**KEYS)
    labels = np.zeros(20, np.intp)
    for order in Order:
        one, other = (
            [epoch.tolist() for epoch in islice(order.epochs(labels, each.rng(Stream.order)), 3)]
            for each in (run, replace(run, subset_seed=9))
        )
        assert one == other


@given(seeds)
def test_the_streams_of_one_seed_are_independent_and_start_afresh(seed: int) -> None:
    run = make_run(seed=seed)
    first = {stream: run.rng(stream).random(4).tobytes() for stream in Stream}
    assert len(set(first.values())) == len(Stream)
    assert first == {stream: run.rng(stream).random(4).tobytes() for stream in Stream}


@pytest.mark.parametrize("init", Init, ids=lambda init: init.name)
def test_float32_weights_are_the_rounded_float64_ones(init: Init) -> None:
    keys = {**KEYS, "init": init, "L": 3}
    single, double = (train([make_run(**keys, dtype=dtype)], DIGITS)[0] for dtype in Dtype)
    for name, array in double.parameters.items():
        assert array.dtype == np.float64
        assert single.parameters[name].tobytes() == array.astype(np.float32).tobytes()


def test_runs_that_differ_in_choices_are_paired_by_their_seed() -> None:
    acts = [make_run(**{**KEYS, "epochs": 1}, act=act, seed=3) for act in Act]
    timelines = train(acts, DIGITS)
    first = {timeline.filters[0].tobytes() for timeline in timelines}
    last = {timeline.filters[-1].tobytes() for timeline in timelines}
    assert (len(first), len(last)) == (1, len(Act))


def test_seed_itself_is_only_a_label() -> None:
    run = make_run(**KEYS)
    assert presented(run) == presented(replace(run, seed=77))
