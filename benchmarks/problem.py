"""One problem for all contestants: the same digits, in the same order, from the same weights.

Owns what a contestant is given and what it must be able to show. A contestant that is quick and
wrong is found out here: after its first turn its parameters must be ours.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from src.arrays import Array, Indices
from src.data.datasets import load
from src.run import Run
from src.training.stack import Stack

TOLERANCE = 1e-4
"""float32 sums in another order differ by less over the steps of one turn."""

MOVED = 1e-3
"""A turn of training moves some parameter by more."""


@dataclass(eq=False)
class Weights:
    """The four parameter groups of R runs."""

    filters: Array
    """(R, L, I, J)"""
    filter_biases: Array
    """(R, L)"""
    weights: Array
    """(R, C, K)"""
    biases: Array
    """(R, C)"""

    def far(self, other: "Weights") -> float:
        """Return the largest difference to other weights of as many runs or more."""
        return max(
            float(np.abs(mine - theirs[: len(mine)]).max())
            for mine, theirs in zip(vars(self).values(), vars(other).values(), strict=True)
        )


class Contestant(Protocol):
    """Something that trains all runs of a problem, or the first of them."""

    def turn(self) -> None:
        """Present the digits `passes` times over; parameters go on from where they are."""

    def weights(self) -> Weights:
        """Return the parameters as they are."""


@dataclass(eq=False)
class Problem:
    """R runs of one structure, their digits in the order of presentation, and the first weights."""

    runs: Sequence[Run]
    passes: int
    stack: Stack
    samples: Indices
    """(S, T): which of the stack's digits, in order."""
    images: Array
    """(S, T, H, V)"""
    targets: Array
    """(S, T, C)"""
    start: Weights

    @property
    def presented(self) -> int:
        """How many samples a turn presents to each run."""
        return int(self.samples.shape[1]) * self.passes


def pose(runs: Sequence[Run], passes: int) -> Problem:
    """Make the problem of runs of one structure."""
    stack = Stack(runs, load("embedded"))
    samples = stack.next_epoch()
    return Problem(
        runs=stack.runs,
        passes=passes,
        stack=stack,
        samples=samples,
        images=stack.images[samples],
        targets=stack.targets[samples],
        start=weights_of(stack),
    )


def weights_of(stack: Stack) -> Weights:
    """Return copies of a stack's parameters in the shapes that the peers use."""
    run, p = stack.runs[0], stack.network.parameters
    filters = p.filters[:, :, :-1].reshape(len(stack.runs), run.L, run.I, run.J)
    return Weights(filters.copy(), p.filters[:, :, -1].copy(), p.weights.copy(), p.biases.copy())


def agreement(apart: float) -> str:
    """Return the sentence about how far the contestants were apart; none had a peer at NaN."""
    if apart != apart:
        return "No peer is installed: nothing was compared."
    return f"All parameters agree to {apart:.0e} after the first turn of every race."


def agree(problem: Problem, contestants: dict[str, Contestant]) -> float:
    """Let each contestant take one turn and return how far they are from the first; NaN if alone.

    Raises
    ------
    ValueError
        One did not train, or arrived elsewhere: its time would mean nothing.
    """
    turns: list[Callable[[], None]] = [contestant.turn for contestant in contestants.values()]
    for turn in turns:
        turn()
    ours, *others = (contestant.weights() for contestant in contestants.values())
    far = [other.far(ours) for other in others]
    for name, distance in zip(list(contestants)[1:], far, strict=True):
        if not distance <= TOLERANCE:
            raise ValueError(f"{name} must arrive within {TOLERANCE} of ours, got {distance}")
    if not ours.far(problem.start) >= MOVED:
        raise ValueError("the problem must move its parameters, or agreement says nothing")
    return max(far, default=float("nan"))
