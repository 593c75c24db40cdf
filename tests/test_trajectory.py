"""Training is what the naive loops do, and what PyTorch's autograd does, step by step."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from src.data.datasets import Dataset
from src.data.orders import Order
from src.data.subsets import subset
from src.model.activations import Act
from src.model.inits import Init
from src.run import Dtype, Run, Stream
from src.timeline import Ending
from src.training.trainer import train
from tests.support.naive import Learned, learn, start
from tests.support.strategies import float64_runs, make_dataset, make_run

CLOSE = {"rtol": 1e-12, "atol": 1e-10}  # of numbers that may be large: the sums' orders differ
DIGITS = make_dataset(6, 5, 3)
OF_TORCH = ("tanh", "sigmoid", "relu")
"""Activations that PyTorch has under the same name."""
NETS = {"sliding": (2, 3, 2), "whole image": (3, 6, 5)}


def a_run(net: str, **overrides: Any) -> Run:
    """Return a stable run in float64 of fifty steps or more on ten small digits."""
    L, rows, columns = NETS[net]
    batch = overrides.get("batch", 1)
    steps = -(-10 // batch)  # an epoch
    keys: dict[str, Any] = {"L": L, "I": rows, "J": columns, "classes": (2, 0, 1), "T": 10, "TT": 7}
    keys |= {"init": Init.glorot, "init_scale": 1.0, "lrA": 0.05, "lrW": 0.1, "seed": 5}
    keys |= {"dtype": Dtype.float64, "epochs": -(-50 // steps)}
    return make_run(**keys | overrides)


def assert_equal_the_loops(run: Run, dataset: Dataset, learned: Learned) -> None:
    """Compare a run's timeline with what the loops learned."""
    (timeline,) = train([run], dataset)
    assert timeline.outcome.ending is Ending.finished
    assert set(timeline.curves) == set(learned.curves)
    for name, curve in timeline.curves.items():
        np.testing.assert_allclose(curve, learned.curves[name], err_msg=name, **CLOSE)
    for name, found in timeline.parameters.items():
        expected = np.array(getattr(learned.net, name))
        np.testing.assert_allclose(found, expected, err_msg=name, **CLOSE)
    np.testing.assert_array_equal(timeline.filters[-1], timeline.parameters["filters"])
    np.testing.assert_array_equal(timeline.confusion, learned.confusion)


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("order", Order, ids=lambda order: order.name)
@pytest.mark.parametrize("act", Act, ids=lambda act: act.name)
def test_fifty_steps_equal_the_naive_loops(act: Act, order: Order, batch: int, net: str) -> None:
    run = a_run(net, act=act, order=order, batch=batch)
    learned = learn(run, DIGITS)
    assert learned.curves["train_loss"][-1] < 0.9 * learned.curves["train_loss"][0]
    assert_equal_the_loops(run, DIGITS, learned)


@pytest.mark.parametrize("rates", [(0.0, 0.1), (0.1, 0.0), (0.0, 0.0)], ids=str)
@pytest.mark.parametrize("batch", [1, 4])
def test_frozen_layers_equal_the_naive_loops(rates: tuple[float, float], batch: int) -> None:
    run = a_run("sliding", lrA=rates[0], lrW=rates[1], batch=batch, act_out=Act.sigmoid)
    assert_equal_the_loops(run, DIGITS, learn(run, DIGITS))


def test_a_batch_larger_than_the_set_is_one_step_an_epoch() -> None:
    run = a_run("sliding", batch=64, epochs=12)
    assert_equal_the_loops(run, DIGITS, learn(run, DIGITS))


@settings(max_examples=50, deadline=None)
@given(float64_runs())
def test_any_calm_run_equals_the_naive_loops(stack: tuple[Dataset, Run]) -> None:
    dataset, run = stack
    assert_equal_the_loops(run, dataset, learn(run, dataset))


def learn_by_autograd(run: Run, dataset: Dataset) -> Iterator[dict[str, Any]]:
    """Yield the parameters after every epoch, trained by PyTorch."""
    torch = pytest.importorskip("torch", reason="PyTorch is an oracle of the extra [bench] alone")
    apply = {"none": lambda z: z} | {name: getattr(torch, name) for name in OF_TORCH}
    drawn, _ = subset(dataset, run.classes, run.T, run.TT, run.rng(Stream.subset))
    labels = np.array([run.classes.index(int(label)) for label in dataset.labels[drawn]])
    images = torch.tensor(dataset.images[drawn] / 255, dtype=torch.float64)[:, None]
    targets = torch.eye(len(run.classes), dtype=torch.float64)[torch.tensor(labels)]
    net = start(run, dataset)
    names = ("filters", "filter_biases", "weights", "biases")
    p = {n: torch.tensor(getattr(net, n), dtype=torch.float64).requires_grad_() for n in names}
    orders = run.order.epochs(labels, run.rng(Stream.order))
    for _ in range(run.epochs):
        for batch in torch.tensor(next(orders)).split(run.batch):
            z0 = torch.nn.functional.conv2d(
                images[batch], p["filters"][:, None], p["filter_biases"]
            )
            x1 = apply[run.act.name](z0).flatten(1)
            x2 = apply[run.act_out.name](x1 @ p["weights"].T + p["biases"])
            loss = 0.5 * ((x2 - targets[batch]) ** 2).sum(1).mean()
            gradients = torch.autograd.grad(loss, list(p.values()))
            with torch.no_grad():
                for (name, value), gradient in zip(p.items(), gradients, strict=True):
                    value -= (run.lrA if name.startswith("filter") else run.lrW) * gradient
        yield {name: value.detach().numpy().copy() for name, value in p.items()}


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize(
    ("act", "act_out"),
    [
        (act, act_out)
        for act in Act
        if act.name in OF_TORCH or act is Act.none
        for act_out in dict.fromkeys((act, Act.none))
    ],
    ids=lambda act: act.name,
)
def test_training_equals_autograd(act: Act, act_out: Act, batch: int, net: str) -> None:
    run = a_run(net, act=act, act_out=act_out, batch=batch)
    *_, last = learn_by_autograd(run, DIGITS)
    (timeline,) = train([run], DIGITS)
    for name, found in timeline.parameters.items():
        np.testing.assert_allclose(found, last[name], err_msg=name, **CLOSE)
