"""Real digits: the embedded 5,000 of MNIST, or any MNIST-like set of IDX files.

Owns which digits there are. Leaves the bytes of files to `idx.py`, and which digits a run trains
and is tested on to `subsets.py`.
"""

import hashlib
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike, NDArray

from src.arrays import Array
from src.data.idx import Bytes, Stamp, find_set, read_set
from src.errors import ConfigError, DataError, nearest

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


def class_means(dataset: Dataset) -> tuple[Bytes, NDArray[np.float32]]:
    """Return the labels (C,) that there are, and the mean of all training images of each (C, H, V).

    In one pool, from which training digits are drawn by seed, of all images.
    """
    of_training = slice(dataset.test_from)
    images, labels = dataset.images[of_training], dataset.labels[of_training]
    there = np.unique(labels)
    means = [pixels(images[labels == label].mean(axis=0), np.float32) for label in there]
    return there, np.array(means)


def pixels(images: Bytes, dtype: DTypeLike) -> Array:
    """Scale images (n, H, V) of 0..255 to (n, H, V) of 0..1 in a floating `dtype`."""
    scaled: Array = np.divide(images, 255, dtype=dtype)
    return scaled
