"""Which digits a run trains and is tested on: balanced, nested, never the same.

Owns the draw. The order in which digits are presented is the affair of `orders.py`.
"""

from collections.abc import Sequence

import numpy as np

from src.arrays import Indices
from src.data.datasets import Dataset
from src.data.idx import Bytes
from src.errors import ConfigError


def subset(
    dataset: Dataset,
    classes: tuple[int, ...],
    T: int | None,
    TT: int | None,
    rng: np.random.Generator,
) -> tuple[Indices, Indices]:
    """Draw the digits that a run trains and is tested on: balanced, nested, never the same.

    Each class is shuffled once, whatever T and TT are, then the classes give in turn until
    they are exhausted; so the first digits of a larger subset are the smaller one. In one pool
    training draws from each class's front, testing from its back and the last class first:
    while classes are of one size, each is balanced and neither depends on the other's number,
    up to the last digit there is.

    Parameters
    ----------
    dataset
        The N digits to draw from.
    classes
        The C labels to draw, in the order in which they take turns.
    T, TT
        How many training and test digits; None for all there are, in one pool for all that
        the other leaves.
    rng
        The run's own stream for its subset.

    Returns
    -------
    Indices of the training digits (T,) and of the test digits (TT,) into `dataset.images`.

    Raises
    ------
    ConfigError
        What is asked for is not there.
    """
    for key, count in (("T", T), ("TT", TT)):
        if count is not None and count < 1:
            raise ConfigError.of(key, "at least 1, or null for all there are", count)
    if not classes or len(set(classes)) < len(classes):
        raise ConfigError.of("classes", "one label or more, each once", classes)
    of = "digits of class" + ("es " if len(classes) > 1 else " ") + _listed(classes)
    if dataset.test_from is None:
        return _draw_from_one(_shuffle(dataset.labels, classes, rng), T, TT, of)
    front = _shuffle(dataset.labels[: dataset.test_from], classes, rng)
    back = _shuffle(dataset.labels[dataset.test_from :], classes, rng)
    _check_most("T", T, _count(front), f"{of} in the training files")
    _check_most("TT", TT, _count(back), f"{of} in the test files")
    return _take_turns(front, T), dataset.test_from + _take_turns(back, TT)


def mislabelled(labels: Indices, classes: int, share: float, rng: np.random.Generator) -> Indices:
    """Return training labels (T,) of 0 … classes−1, of which a share is wrong.

    The number of wrong ones is the share of T, rounded; each is equally often any other class. The
    wrong labels of a smaller share are also those of a larger one.
    """
    order, step = rng.permutation(len(labels)), rng.integers(1, classes, len(labels))
    wrong = order[: round(share * len(labels))]
    noisy = labels.copy()
    noisy[wrong] = (labels[wrong] + step[wrong]) % classes
    return noisy


def _draw_from_one(
    pools: list[Indices], T: int | None, TT: int | None, of: str
) -> tuple[Indices, Indices]:
    there = _count(pools)
    if TT is None:
        if T is None:
            raise ConfigError(f"T or TT must be a number (all {there} {of} serve both), got null")
        _check_most("T", T, there - 1, f"{of}, one left to test on")
        TT = there - T
    _check_most("TT", TT, there - 1, f"{of}, one left to train on")
    _check_most("T", T, there - TT, f"{of} that remain beside TT={TT}")
    test = _take_turns([pool[::-1] for pool in reversed(pools)], TT)
    return _take_turns([pool[~np.isin(pool, test)] for pool in pools], T), test


def _shuffle(labels: Bytes, classes: tuple[int, ...], rng: np.random.Generator) -> list[Indices]:
    """Return each class's positions in `labels`, shuffled."""
    there = np.flatnonzero(np.bincount(labels)).tolist()
    if not set(classes) <= set(there):
        raise ConfigError.of(
            "classes", f"among the labels that are there, {_listed(there)}", classes
        )
    return [rng.permutation(np.flatnonzero(labels == label)) for label in classes]


def _take_turns(pools: Sequence[Indices], count: int | None) -> Indices:
    """Return the first `count` of: each pool's first, each pool's second, and so on."""
    sizes = [len(pool) for pool in pools]
    rank = np.concatenate([np.arange(size) for size in sizes])
    turn = np.repeat(np.arange(len(pools)), sizes)
    taken: Indices = np.concatenate(pools)[np.lexsort((turn, rank))[:count]]
    return taken


def _check_most(key: str, count: int | None, most: int, what: str) -> None:
    if count is not None and count > most:
        raise ConfigError.of(key, f"at most {most} ({what})", count)


def _count(pools: list[Indices]) -> int:
    return sum(map(len, pools))


def _listed(labels: Sequence[int]) -> str:
    """Return `3`, `3 and 1`, `0, 1 and 2`."""
    *first, last = map(str, labels)
    return f"{', '.join(first)} and {last}" if first else last
