"""Loss, optimizer, decay, schedule, noise and geometry: PyTorch's numbers, law 2, exact resume."""

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import cycle, islice, pairwise
from typing import Any

import numpy as np
import pytest

from src.data.datasets import load
from src.data.orders import Order
from src.data.subsets import mislabelled, subset
from src.errors import ConfigError
from src.model.activations import Act
from src.model.inits import Init
from src.model.losses import Loss
from src.model.optimizers import Opt
from src.model.schedules import Schedule
from src.run import Dtype, Run, Stream
from src.run.rules import check
from src.storage.checkpoint import Checkpoint
from src.training.trainer import train
from tests.support.naive import start
from tests.support.strategies import different, make_dataset, make_run

DIGITS = make_dataset(6, 7, 3)
OPTS: dict[Opt, dict[str, float]] = {
    Opt.sgd: {},
    Opt.momentum: {"momentum": 0.9},
    Opt.nesterov: {"momentum": 0.8},
    Opt.rmsprop: {"beta2": 0.99, "epsilon": 1e-8},
    Opt.adam: {"momentum": 0.9, "beta2": 0.999, "epsilon": 1e-8},
    Opt.adamw: {"momentum": 0.9, "beta2": 0.999, "epsilon": 1e-8},
}
SCHEDULES: dict[Schedule, dict[str, Any]] = {
    Schedule.constant: {},
    Schedule.step: {"decay_epochs": 40, "decay_factor": 0.5},
    Schedule.cosine: {},
    Schedule.inverse: {"decay_epochs": 30},
}


def drawn(at: int, epochs: int = 200, **more: Any) -> Run:
    """Return the at-th random combination of all choices, far from diverging."""
    rng = np.random.default_rng(at)
    opt = list(Opt)[at % len(Opt)]
    loss, schedule = list(Loss)[at % 7 % len(Loss)], list(Schedule)[at % 5 % len(Schedule)]
    rate = 0.002 if opt.memory else 0.01
    stride, padding = int(rng.integers(1, 4)), int(rng.integers(0, 3))
    keys: dict[str, Any] = {"L": 2, "I": 3, "J": 4, "classes": (2, 0, 1), "T": 10, "TT": 7}
    keys |= {"opt": opt, "loss": loss, "schedule": schedule, "seed": at, "epochs": epochs}
    keys |= {**OPTS[opt], **SCHEDULES[schedule], "act": (Act.tanh, Act.sigmoid)[at % 2]}
    keys |= {"weight_decay": float(rng.choice([0.0, 0.01, 0.1])), "warmup": int(rng.integers(0, 4))}
    keys |= {"stride": stride, "padding": padding, "batch": int(rng.choice([1, 3, 4]))}
    keys |= {"label_noise": float(rng.choice([0.0, 0.3])), "dtype": Dtype.float64}
    keys |= {"lrA": rate, "lrW": 2 * rate, "init": Init.glorot, "init_scale": 1.0}
    if opt is Opt.rmsprop and at % 4:
        keys["momentum"] = 0.5
    return make_run(**keys | more)


def factor(run: Run, e: int) -> float:
    """Return the rates' factor in epoch e, in the words of PyTorch's documentation."""
    if e <= run.warmup:
        return e / (run.warmup + 1)
    k = e - run.warmup - 1
    if run.schedule is Schedule.step:
        return float(run.decay_factor ** (k // run.decay_epochs))
    if run.schedule is Schedule.cosine:
        return 0.5 * (1 + math.cos(k / (run.epochs - run.warmup) * math.pi))
    return 1 / (1 + k / run.decay_epochs) if run.schedule is Schedule.inverse else 1.0


def noisy(run: Run, labels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the labels with a share of them wrong."""
    rng, T, C = run.rng(Stream.noise), run.T, len(run.classes)
    order, step = rng.permutation(T), rng.integers(1, C, T)
    wrong = order[: round(run.label_noise * T)]
    labels[wrong] = (labels[wrong] + step[wrong]) % C
    return labels


def by_torch(run: Run) -> dict[str, Any]:
    """Return the last parameters of the same network, trained by PyTorch alone."""
    torch = pytest.importorskip("torch", reason="PyTorch is an oracle of the extra [bench] alone")
    torch.set_num_threads(1)
    F = torch.nn.functional
    picked, _ = subset(DIGITS, run.classes, run.T, run.TT, run.rng(Stream.subset))
    labels = noisy(run, np.array([run.classes.index(int(d)) for d in DIGITS.labels[picked]]))
    images = torch.tensor(DIGITS.images[picked] / 255, dtype=torch.float64)[:, None]
    answers = torch.tensor(labels)
    targets = torch.eye(len(run.classes), dtype=torch.float64)[answers]
    net = start(run, DIGITS)
    names = ("filters", "filter_biases", "weights", "biases")
    p = {n: torch.tensor(getattr(net, n), dtype=torch.float64).requires_grad_() for n in names}
    rates = {"filters": run.lrA, "filter_biases": run.lrA, "weights": run.lrW, "biases": run.lrW}
    groups = [
        {"params": [p[n]], "lr": rates[n], "weight_decay": 0 if "biases" in n else run.weight_decay}
        for n in names
    ]
    adam = {"betas": (run.momentum, run.beta2), "eps": run.epsilon}
    make: dict[Opt, Callable[[], Any]] = {
        Opt.sgd: lambda: torch.optim.SGD(groups),
        Opt.momentum: lambda: torch.optim.SGD(groups, momentum=run.momentum),
        Opt.nesterov: lambda: torch.optim.SGD(groups, momentum=run.momentum, nesterov=True),
        Opt.rmsprop: lambda: torch.optim.RMSprop(
            groups, alpha=run.beta2, eps=run.epsilon, momentum=run.momentum
        ),
        Opt.adam: lambda: torch.optim.Adam(groups, **adam),
        Opt.adamw: lambda: torch.optim.AdamW(groups, **adam),
    }
    optimizer, act = make[run.opt](), getattr(torch, run.act.name)
    losses = {
        Loss.squared_error: lambda z, at: 0.5 * ((act(z) - targets[at]) ** 2).sum(1).mean(),
        Loss.cross_entropy: lambda z, at: F.cross_entropy(z, answers[at]),
        Loss.hinge: lambda z, at: F.multi_margin_loss(act(z), answers[at]),
    }
    orders = run.order.epochs(labels, run.rng(Stream.order))
    for e in range(1, run.epochs + 1):
        for group, n in zip(optimizer.param_groups, names, strict=True):
            group["lr"] = rates[n] * factor(run, e)
        for at in torch.tensor(next(orders)).split(run.batch):
            z0 = F.conv2d(images[at], p["filters"][:, None], p["filter_biases"],
                          stride=run.stride, padding=run.padding)  # fmt: skip
            loss = losses[run.loss](act(z0).flatten(1) @ p["weights"].T + p["biases"], at)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return {name: value.detach().numpy() for name, value in p.items()}


@pytest.mark.parametrize("at", range(24))
def test_two_hundred_epochs_of_any_combination_equal_pytorch(at: int) -> None:
    run = drawn(at)
    check(run, DIGITS)
    (timeline,) = train([run], DIGITS)
    for name, expected in by_torch(run).items():
        found = timeline.parameters[name]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10, err_msg=f"{name} {run}")


@pytest.mark.parametrize("dtype", Dtype, ids=lambda dtype: dtype.name)
@pytest.mark.parametrize("at", range(12))
def test_a_run_with_any_choices_keeps_its_bits_among_neighbours(at: int, dtype: Dtype) -> None:
    first = drawn(at, epochs=6, dtype=dtype)
    runs = [
        replace(
            first, act=act, act_out=act, order=order, seed=s, subset_seed=s // 2, init_seed=s,
            order_seed=s, noise_seed=s // 3, lrA=first.lrA * (1 + s), lrW=1e30 if s == 4 else 0.01,
        )
        for s, (act, order) in enumerate(zip([*Act] * 2, islice(cycle(Order), 8), strict=True))
    ]  # fmt: skip
    together = train(runs, DIGITS)
    for run, timeline in zip(runs, together, strict=True):
        assert different(timeline, train([run], DIGITS)[0]) == []


@pytest.mark.parametrize("at", range(12))
def test_a_run_goes_on_from_any_epoch_to_the_same_bits(at: int) -> None:
    run = drawn(at, epochs=5, dtype=Dtype.float32)
    kept: dict[int, Checkpoint] = {}

    def watch(epoch: int, alive: int, checkpoints: Callable[[], dict[Run, Checkpoint]]) -> None:
        arrays = checkpoints()[run].to_arrays()
        kept[epoch] = Checkpoint.of_arrays({name: a.copy() for name, a in arrays.items()})

    (whole,) = train([run], DIGITS, watch)
    for epoch in range(5):
        (resumed,) = train([run], DIGITS, resumed={run: kept[epoch]})
        assert different(whole, resumed) == []


@pytest.mark.parametrize("opt", Opt, ids=lambda opt: opt.name)
def test_a_frozen_layer_does_not_move_state_and_all(opt: Opt) -> None:
    run = replace(drawn(0, epochs=3), opt=opt, **OPTS[opt], lrA=0.0, weight_decay=0.1)
    start_of = train([replace(run, epochs=0, warmup=0)], DIGITS)[0].parameters

    def watch(epoch: int, alive: int, checkpoints: Callable[[], dict[Run, Checkpoint]]) -> None:
        for name, array in checkpoints()[run].arrays.items():
            if name.endswith("_filters"):
                assert not array.any()

    (timeline,) = train([run], DIGITS, watch)
    assert timeline.parameters["filters"].tobytes() == start_of["filters"].tobytes()
    assert not np.array_equal(timeline.parameters["weights"], start_of["weights"])


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"opt": Opt.momentum, "momentum": 1.0},
         "momentum must be at least 0 and below 1, got 1.0"),
        ({"momentum": 0.9}, "momentum must be 0 where opt=sgd, which does not heed it, got 0.9"),
        ({"opt": Opt.adam}, "epsilon must be 1.2e-38 to 1, got 0.0"),
        ({"weight_decay": -0.1}, "weight_decay must be 0 to 1,000, got -0.1"),
        ({"schedule": Schedule.step}, "decay_epochs must be 1 or more, got 0"),
        ({"decay_factor": 0.5},
         "decay_factor must be 0 where schedule=constant, which does not heed it, got 0.5"),
        ({"warmup": 201}, "warmup must be 0 to epochs=200, got 201"),
        ({"label_noise": 1.5}, "label_noise must be a share from 0 to 1, got 1.5"),
        ({"stride": 0}, "stride must be 1 to 28, got 0"),
        ({"I": 7, "J": 5, "padding": 5},
         "padding must be 0 to 4, smaller than a filter of 7×5, got 5"),
        ({"loss": Loss.cross_entropy, "act_out": Act.none},
         "act_out must be left to follow act where loss=cross_entropy: its softmax takes the "
         "outputs' z, got 'none'"),
    ],
)  # fmt: skip
def test_a_bad_value_is_one_sentence(keys: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check(make_run(**keys), load("embedded"))
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    "keys",
    [
        {"loss": Loss.hinge},
        {"opt": Opt.momentum},
        {"momentum": 0.5},
        {"beta2": 0.5},
        {"epsilon": 0.1},
        {"weight_decay": 0.1},
        {"schedule": Schedule.cosine},
        {"decay_epochs": 3},
        {"decay_factor": 0.3},
        {"warmup": 2},
        {"stride": 2},
        {"padding": 1},
        {"label_noise": 0.1},
    ],
    ids=lambda keys: next(iter(keys)),
)
def test_a_choice_is_part_of_the_id_and_an_idle_seed_is_not(keys: dict[str, Any]) -> None:
    before = make_run()
    assert make_run(**keys).id() != before.id()
    assert make_run(noise_seed=7).id() == before.id()
    noise = make_run(label_noise=0.1)
    assert replace(noise, noise_seed=7).id() != noise.id()


def test_wrong_labels_are_as_many_as_asked_and_nested() -> None:
    labels = np.random.default_rng(0).integers(0, 5, 40)
    wrong = [
        np.flatnonzero(mislabelled(labels, 5, share, np.random.default_rng(1)) != labels)
        for share in (0.0, 0.1, 0.5, 1.0)
    ]
    assert [len(of) for of in wrong] == [0, 4, 20, 40]
    assert all(set(a) <= set(b) for a, b in pairwise(wrong))
