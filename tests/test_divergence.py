"""A run that diverges says when and where, is frozen there, warns of nothing and harms nobody."""

import contextlib
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from src.data.datasets import Dataset, load
from src.data.subsets import subset
from src.errors import ConfigError
from src.model.activations import Act
from src.model.inits import Init
from src.run import Dtype, Run, Stream
from src.run.rules import check
from src.timeline import Ending, Timeline
from src.training.trainer import train
from tests.support.strategies import different, make_run

DIGITS = load("embedded")


def wild(**overrides: Any) -> Run:
    """Return a run without activation, whose numbers can grow."""
    return make_run(**{"act": Act.none, "T": 4, "TT": 4, "epochs": 5, **overrides})


def ended(**overrides: Any) -> str:
    """Return how such a run ended, in words."""
    (timeline,) = train([wild(**overrides)], DIGITS)
    return str(timeline.outcome)


def assert_frozen(timeline: Timeline, epochs: int) -> None:
    """Check that the timeline stops at the epoch of its outcome, and says nothing after it."""
    assert timeline.outcome.ending is Ending.diverged
    epoch = timeline.outcome.epoch
    assert epoch is not None
    for name, curve in timeline.curves.items():
        assert curve.shape == (epochs + 1,)
        assert np.isnan(curve[epoch + 1 :]).all(), name
    for name in ("train_loss", "train_acc", "test_loss", "test_acc"):
        assert np.isfinite(timeline.curves[name][:epoch]).all(), name
    assert not np.isfinite(timeline.curves["train_loss"][epoch])
    assert np.isnan(timeline.curves["train_acc"][epoch])
    assert np.isnan(timeline.curves["test_acc"][epoch])
    assert timeline.filter_epochs[-1] == epoch
    assert timeline.confusion.sum() == 0


def test_a_rate_of_one_without_activation_diverges_and_its_neighbour_does_not() -> None:
    calm = make_run(act=Act.none, epochs=20)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        diverged, finished = train([replace(calm, lrA=1.0, lrW=1.0), calm], DIGITS)
    assert str(diverged.outcome) == "diverged at epoch 1 in the perceptron"
    assert_frozen(diverged, 20)
    assert str(finished.outcome) == "finished"
    assert finished.outcome.epoch == 20
    assert all(np.isfinite(curve).all() for curve in finished.curves.values())
    assert different(finished, train([calm], DIGITS)[0]) == []


def test_runs_that_diverge_one_after_the_other_leave_the_stack_one_by_one() -> None:
    rates = [1.0, 0.085, 0.07, 0.001]
    runs = [make_run(act=Act.none, lrA=rate, lrW=rate, epochs=12, batch=8) for rate in rates]
    alive: list[int] = []
    timelines = train(runs, DIGITS, lambda epoch, left, _: alive.append(left))
    ends = [timeline.outcome.epoch for timeline in timelines]
    assert [t.outcome.ending for t in timelines][::3] == [Ending.diverged, Ending.finished]
    expected = [
        sum(t.outcome.ending is Ending.finished or e < (t.outcome.epoch or 0) for t in timelines)
        for e in range(13)
    ]
    assert alive == expected
    assert len(set(ends)) > 1


def test_training_stops_when_no_run_is_left() -> None:
    epochs: list[int] = []
    train([wild(lrA=1e38)], DIGITS, lambda epoch, alive, _: epochs.append(epoch))
    assert epochs == [0, 1]


@pytest.mark.parametrize("dtype", Dtype, ids=lambda dtype: dtype.name)
def test_an_init_out_of_range_diverges_before_training(dtype: Dtype) -> None:
    scale = {Dtype.float32: 1e30, Dtype.float64: 1e250}[dtype]
    run = wild(init_scale=scale, dtype=dtype, TT=98)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (timeline,) = train([run], DIGITS)
    assert timeline.outcome.epoch == 0
    assert str(timeline.outcome).startswith("diverged at epoch 0 in the ")
    assert_frozen(timeline, 5)
    assert timeline.filters.shape == (1, 2, 28, 28)


def test_numbers_that_only_their_squares_overflow_diverge_in_the_loss() -> None:
    assert ended(init_scale=1e12) == "diverged at epoch 0 in the loss"
    # One training digit, so that the perceptron is never used again before it is measured.
    assert ended(lrA=0.0, lrW=1e20, T=1) == "diverged at epoch 1 in the loss"


def test_a_convolution_that_overflows_is_named() -> None:
    assert ended(lrA=1e38, lrW=0.0) == "diverged at epoch 1 in the convolution"
    # Its own step overflows while everything before it is finite.
    assert (
        ended(lrA=3e38, lrW=0.0, T=1, init_scale=10.0) == "diverged at epoch 1 in the convolution"
    )


def test_a_perceptron_that_overflows_is_named() -> None:
    assert ended(lrA=0.0, lrW=1e38) == "diverged at epoch 1 in the perceptron"
    assert ended(lrA=0.0, lrW=3e38, T=1, init_scale=10.0) == "diverged at epoch 1 in the perceptron"


def test_where_both_layers_overflow_in_one_step_the_later_is_named() -> None:
    assert (
        ended(lrA=3e38, lrW=3e38, T=1, init_scale=10.0) == "diverged at epoch 1 in the perceptron"
    )


def test_a_saturating_activation_is_no_divergence() -> None:
    assert ended(act=Act.tanh, init_scale=1e30) == "finished"


RATES = [(3e38, 1e-3, 10.0), (1e-3, 3e38, 0.1), (1e-3, 1e-3, 0.1), (1e4, 1e4, 0.1)]


def test_the_place_does_not_depend_on_the_neighbours() -> None:
    runs = [wild(lrA=a, lrW=w, init_scale=scale) for a, w, scale in RATES]
    together = [str(timeline.outcome) for timeline in train(runs, DIGITS)]
    assert together == [str(train([run], DIGITS)[0].outcome) for run in runs]
    assert together[:3] == [
        "diverged at epoch 1 in the convolution",
        "diverged at epoch 1 in the perceptron",
        "finished",
    ]


def test_the_place_is_found_in_minibatches_of_runs_with_their_own_samples() -> None:
    keys = {"batch": 2, "T": 5}
    others = (
        wild(**keys, lrA=3e38, init_scale=10.0, subset_seed=3),
        wild(**keys, lrW=3e38, order_seed=1),
    )
    conv, calm, perceptron = train([others[0], wild(**keys), others[1]], DIGITS)
    assert conv.outcome.place == "convolution"
    assert calm.outcome.ending is Ending.finished
    assert perceptron.outcome.place == "perceptron"


def test_the_place_is_found_with_the_digits_of_the_run_and_no_others() -> None:
    # Each class has a blank and a bright digit; only a run that is trained on bright ones learns.
    images = np.zeros((4, 4, 4), np.uint8)
    images[:2] = 255
    dataset = Dataset(images, np.array([0, 1, 0, 1], np.uint8), None, "blank and bright")
    run = wild(
        act_out=Act.relu, I=4, J=4, classes=(0, 1), T=2, TT=2, init_scale=10.0, lrA=3e38, lrW=0.0
    )
    seeds = {}
    for seed in range(30):
        drawn, _ = subset(dataset, (0, 1), 2, 2, replace(run, subset_seed=seed).rng(Stream.subset))
        seeds[tuple(sorted(drawn.tolist()))] = seed
    blank, bright = (replace(run, subset_seed=seeds[pair]) for pair in ((2, 3), (0, 1)))
    outcomes = [str(timeline.outcome) for timeline in train([blank, bright], dataset)]
    assert outcomes == ["finished", "diverged at epoch 1 in the convolution"]


def test_the_callers_numpy_settings_neither_matter_nor_change() -> None:
    with np.errstate(all="raise"):
        before = np.geterr()
        (timeline,) = train([wild(lrA=1e38)], DIGITS)
        assert np.geterr() == before
    assert timeline.outcome.ending is Ending.diverged


@pytest.mark.parametrize("key", ["lrA", "lrW", "init_scale"])
@pytest.mark.parametrize("value", [1e308, 3.5e38, 3.4e38, 1.2e-38, 1e-44, 5e-324])
def test_no_value_that_the_rules_allow_is_more_than_a_result(key: str, value: float) -> None:
    run = wild(**{key: value})
    with contextlib.suppress(ConfigError), warnings.catch_warnings():
        warnings.simplefilter("error")
        check(run, DIGITS)
        (timeline,) = train([run], DIGITS)
        assert timeline.outcome.ending in (Ending.finished, Ending.diverged)
        assert (timeline.outcome.ending is Ending.diverged) == (value > 1)


def test_weights_that_are_drawn_infinite_are_not_the_loss() -> None:
    (timeline,) = train([wild(init=Init.normal, init_scale=3e38)], DIGITS)
    assert np.isinf(timeline.parameters["filters"]).any()
    assert timeline.outcome.epoch == 0
    assert timeline.outcome.place in ("convolution", "perceptron")
