"""Real digits: the embedded 5,000 of MNIST, or any MNIST-like set of IDX files.

Owns which digits there are and which of them a run trains and is tested on. Leaves the bytes
of files to `idx.py`, the order in which digits are presented to `orders.py`, and the one-hot
targets to those who compute with them.
"""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from src import Array, Indices
from src.errors import ConfigError, DataError, nearest
from src.idx import Bytes, Stamp, find_set, read_set

EMBEDDED = Path(__file__).with_name("digits") / "mnist_5k.npz"
EMBEDDED_SHA256 = "e613f869dab204a63ca426b433eb82b9fbeea13c331b12de387c1c5339df8224"


@dataclass(frozen=True, eq=False)
class Dataset:
    """Labelled images that nobody can change.

    With `test_from` None they are one pool, from which training and test digits are both
    drawn; else those before `test_from` are for training and those from it on for testing.
    """

    images: Bytes  # (N, H, V), 0 background .. 255 ink
    labels: Bytes  # (N,)
    test_from: int | None
    digest: str  # SHA-256 in hex of all the above, whatever files it came from


def load(source: str, folder: str | None = None) -> Dataset:
    """Return a set of digits, from memory while its files are as they were.

    The source is `embedded`, or `idx`: MNIST's four files, raw or gzipped, in `folder`.

    Raises
    ------
    ConfigError
        The source is neither, or `idx` has no folder.
    DataError
        A file is missing, damaged, or does not fit the others.
    """
    if source == "embedded":
        return _embedded()
    if source != "idx":
        hint = nearest(source, ["embedded", "idx"])
        raise ConfigError(f"source must be one of embedded, idx, got {source!r}{hint}")
    if not folder:
        raise ConfigError.of("folder", "the folder that holds the IDX files", folder)
    return _idx(*find_set(folder))


@lru_cache(maxsize=1)
def _embedded() -> Dataset:
    try:
        content = EMBEDDED.read_bytes()
    except OSError as error:
        raise DataError(f"{EMBEDDED} cannot be read: {error.strerror}") from None
    # Compared before NumPy sees it: of the known bytes, nothing needs to be caught.
    if hashlib.sha256(content).hexdigest() != EMBEDDED_SHA256:
        raise DataError(f"{EMBEDDED} is damaged: install Sweepscope again")
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        return _dataset(file["images"], file["labels"], None)


@lru_cache(maxsize=2)  # the full MNIST is 55 MB
def _idx(*stamps: Stamp) -> Dataset:
    train, train_labels, test, test_labels = read_set([path for path, _, _ in stamps])
    return _dataset(
        np.concatenate([train, test]), np.concatenate([train_labels, test_labels]), len(train)
    )


def _dataset(images: Bytes, labels: Bytes, test_from: int | None) -> Dataset:
    digest = hashlib.sha256(repr((images.shape, labels.shape, test_from)).encode())
    for array in (images, labels):
        digest.update(np.ascontiguousarray(array).data)
        array.flags.writeable = False  # the cache hands the same arrays to everyone
    return Dataset(images, labels, test_from, digest.hexdigest())


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


def pixels(images: Bytes, dtype: DTypeLike) -> Array:
    """Scale images (n, H, V) of 0..255 to (n, H, V) of 0..1 in a floating `dtype`."""
    scaled: Array = np.divide(images, 255, dtype=dtype)
    return scaled
