"""The order in which one run sees its training samples, epoch by epoch.

Owns the orders. Every order presents each sample once an epoch. An order is an endless iterator
over epochs that draws from the run's own generator; to stand at epoch e again, take e steps.
"""

from collections.abc import Iterator
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from src.arrays import Indices


class Order(Enum):
    """How samples are presented."""

    fixed = "fixed"
    """One shuffle, then always the same."""
    random = "random"
    """Reshuffled every epoch."""
    alternate = "alternate"
    """Classes in turn, each class reshuffled every epoch; exhausted classes are skipped."""

    def epochs(self, labels: NDArray[np.integer], rng: np.random.Generator) -> Iterator[Indices]:
        """Yield for every epoch the positions 0 … T−1 in the order of presentation.

        Parameters
        ----------
        labels : (T,)
            The class of each training sample.
        rng
            The run's order stream.
        """
        order = rng.permutation(len(labels))
        while True:
            yield alternated(order, labels) if self is Order.alternate else order
            if self is not Order.fixed:
                order = rng.permutation(len(labels))


def alternated(order: Indices, labels: NDArray[np.integer]) -> Indices:
    """Rearrange an order so that the classes come in turn, lowest label first.

    The k-th samples of all classes form round k; a class with fewer samples is absent from the
    later rounds, that is, it is skipped.
    """
    presented = labels[order]
    rounds = np.empty(len(order), dtype=np.intp)
    for label in np.unique(presented):
        of_class = presented == label
        rounds[of_class] = np.arange(of_class.sum())
    return order[np.lexsort((presented, rounds))]
