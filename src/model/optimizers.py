"""Optimizers: one step of the parameters, given their gradient.

Owns the update rules. Their meaning is that of PyTorch's `torch.optim`, so that what is known of
them there holds here. With the gradient g of a minibatch's mean loss, the rate r, momentum μ:

    sgd        a ← a − r g
    momentum   v ← μ v + g                   a ← a − r v
    nesterov   v ← μ v + g                   a ← a − r (g + μ v)
    rmsprop    s ← β₂ s + (1−β₂) g²          a ← a − r d, d = g / (√s + ε); with μ > 0
                                             v ← μ v + d, a ← a − r v
    adam       m ← μ m + (1−μ) g             a ← a − r m̂ / (√ŝ + ε),
               s ← β₂ s + (1−β₂) g²          m̂ = m / (1−μᵗ), ŝ = s / (1−β₂ᵗ), t steps so far
    adamw      a ← (1 − r λ) a, then as adam

A weight decay λ adds λ a to g before all that, but for adamw, where it acts as shown. It is on
filters and weights and never on biases.

Everything is done entry by entry and in place, so a run's bits do not depend on its neighbours.
To add one: a function and a member of `Opt` here, and a file in `conf/opt/`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np

from src.arrays import Array

State = dict[str, Array]
"""An optimizer's memory of one parameter array, by name, in its shape."""


@dataclass(frozen=True)
class Settings:
    """The numbers of an update: those of the keys of the same names."""

    momentum: float = 0.0
    beta2: float = 0.0
    epsilon: float = 0.0
    weight_decay: float = 0.0


_Rule = Callable[[Array, State, Settings, int], None]
"""Turn a gradient into the direction of a step, in place; the number of the step is 1 or more."""


def _sgd(g: Array, state: State, numbers: Settings, t: int) -> None:
    """Leave the gradient as it is."""


def _momentum(g: Array, state: State, numbers: Settings, t: int) -> None:
    _gather(state["velocity"], g, numbers.momentum)
    np.copyto(g, state["velocity"])


def _nesterov(g: Array, state: State, numbers: Settings, t: int) -> None:
    velocity = state["velocity"]
    _gather(velocity, g, numbers.momentum)
    np.add(g, velocity * g.dtype.type(numbers.momentum), out=g)


def _rmsprop(g: Array, state: State, numbers: Settings, t: int) -> None:
    _average(state["square"], g * g, numbers.beta2)
    size = np.sqrt(state["square"])
    np.add(size, numbers.epsilon, out=size)
    np.divide(g, size, out=g)
    if numbers.momentum:
        _momentum(g, state, numbers, t)


def _adam(g: Array, state: State, numbers: Settings, t: int) -> None:
    _average(state["mean"], g, numbers.momentum)
    np.multiply(g, g, out=g)
    _average(state["square"], g, numbers.beta2)
    np.sqrt(state["square"], out=g)
    np.multiply(g, (1 - numbers.beta2**t) ** -0.5, out=g)
    np.add(g, numbers.epsilon, out=g)
    np.divide(state["mean"], g, out=g)
    np.multiply(g, 1 / (1 - numbers.momentum**t), out=g)


def _gather(velocity: Array, g: Array, keep: float) -> None:
    np.multiply(velocity, keep, out=velocity)
    np.add(velocity, g, out=velocity)


def _average(mean: Array, value: Array, keep: float) -> None:
    np.multiply(mean, keep, out=mean)
    np.add(mean, value * value.dtype.type(1 - keep), out=mean)


_MOMENTUM, _BOTH = ("momentum",), ("momentum", "beta2", "epsilon")


class Opt(Enum):
    """How a gradient becomes a step."""

    sgd = ("sgd", _sgd, (), ())
    momentum = ("momentum", _momentum, ("velocity",), _MOMENTUM)
    nesterov = ("nesterov", _nesterov, ("velocity",), _MOMENTUM)
    rmsprop = ("rmsprop", _rmsprop, ("square", "velocity"), _BOTH)
    adam = ("adam", _adam, ("mean", "square"), _BOTH)
    adamw = ("adamw", _adam, ("mean", "square"), _BOTH)

    def __init__(
        self, title: str, rule: _Rule, memory: tuple[str, ...], keys: tuple[str, ...]
    ) -> None:
        self.title = title
        self.rule = rule
        self.memory = memory
        """The names of what it remembers of every parameter."""
        self.keys = keys
        """The keys that it heeds; the others must be 0."""

    @property
    def decoupled(self) -> bool:
        """Whether weight decay shrinks the parameters themselves."""
        return self is Opt.adamw


@dataclass(frozen=True)
class Optimizer:
    """An update rule with its numbers."""

    opt: Opt = Opt.sgd
    numbers: Settings = Settings()

    @property
    def is_plain(self) -> bool:
        """Whether a step is the gradient times a rate, and nothing else."""
        return self.opt is Opt.sgd and not self.numbers.weight_decay

    def step(
        self, parameter: Array, g: Array, state: State, rates: Array, t: int, decayed: Array | None
    ) -> None:
        """Take the t-th step.

        Parameters
        ----------
        parameter, g : (R, …)
            What is changed, and the mean gradient, which is used up.
        state
            What is remembered of the parameter, changed in place.
        rates : (R,)
            Above 0.
        t
            1 at the first step.
        decayed
            The view of the parameter that weight decay is for, from its first entry on; None
            for none.
        """
        decay = self.numbers.weight_decay
        r = rates.reshape(-1, *(1,) * (g.ndim - 1))
        if decayed is not None and decay:
            if self.opt.decoupled:
                np.multiply(decayed, 1 - r * decayed.dtype.type(decay), out=decayed)
            else:
                of_decayed = g[..., : decayed.shape[-1]]
                np.add(of_decayed, decayed * decayed.dtype.type(decay), out=of_decayed)
        self.opt.rule(g, state, self.numbers, t)
        np.multiply(g, r, out=g)
        np.subtract(parameter, g, out=parameter)


PLAIN = Optimizer()
"""Gradient descent, and nothing else."""
