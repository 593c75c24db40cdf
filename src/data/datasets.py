"""Real digits: the embedded 5,000 of MNIST, an MNIST-like set of IDX files, or an npz file.

Owns which digits there are. Leaves the bytes of files to `idx.py` and `npz.py`, and which digits a
run trains and is tested on to `subsets.py`.
"""

import hashlib
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike, NDArray

from src.arrays import Array
from src.data.idx import Bytes
from src.data.idx_set import Stamp, find_set, read_set
from src.data.npz import read_npz
from src.errors import ConfigError, DataError

SOURCES = ("embedded", "idx", "npz")

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


def load(source: str, folder: str | None = None, transpose: bool = False) -> Dataset:
    """Return a set of digits, from memory while its files are as they were.

    The source is `embedded`; `idx`: MNIST's four files or those of a relative, raw or gzipped, in
    `folder`; or `npz`: one file, which `folder` names. `transpose` turns rows of pixels into
    columns, as the files of EMNIST need it.

    Raises
    ------
    ConfigError
        The source is none of these, lacks its folder, or is not to be transposed.
    DataError
        A file is missing, damaged, or does not fit the others.
    """
    if source == "embedded":
        if transpose:
            raise ConfigError.of("transpose", "false with the embedded digits", transpose)
        return _embedded()
    if source not in SOURCES:
        raise ConfigError.one_of("source", SOURCES, source)
    if not folder:
        what = "the folder that holds the IDX files" if source == "idx" else "the npz file"
        raise ConfigError.of("folder", what, folder)
    return (
        _idx(transpose, *find_set(folder)) if source == "idx" else _npz(transpose, *_stamp(folder))
    )


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
def _idx(transpose: bool, *stamps: Stamp) -> Dataset:
    return _two_parts(*read_set([path for path, _, _ in stamps]), transpose)


@lru_cache(maxsize=2)
def _npz(transpose: bool, path: Path, size: int, changed: int) -> Dataset:
    return _two_parts(*read_npz(path), transpose)


def _stamp(file: str) -> Stamp:
    try:
        path = Path(file).expanduser().resolve()
        if not path.is_file():  # a pipe would keep `open` waiting for ever
            raise DataError(f"{path} is not a file: data=npz reads one")
        status = path.stat()
    except (OSError, ValueError, RuntimeError) as error:  # too long, a NUL, ~nobody
        raise DataError(f"{file!r} cannot be read: {error}") from None
    return path, status.st_size, status.st_mtime_ns


def _two_parts(
    train: Bytes, train_labels: Bytes, test: Bytes, test_labels: Bytes, transpose: bool
) -> Dataset:
    images = np.concatenate([train, test])
    if transpose:
        images = np.ascontiguousarray(images.transpose(0, 2, 1))
    return _dataset(images, np.concatenate([train_labels, test_labels]), len(train))


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
