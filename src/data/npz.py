"""An npz file of images in Keras' layout: x_train, y_train, x_test, y_test.

Owns what may be in it, and that nothing is unpacked before its size is known.
"""

import io
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from src.data.idx import MAX_BYTES, MOST_UNPACKED, Bytes
from src.data.idx_set import MAX_LABEL
from src.errors import DataError

NAMES = ("x_train", "y_train", "x_test", "y_test")
_DAMAGE = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, struct.error)
"""What `zipfile` raises where a file is torn, packed in a way that it does not know, or locked."""

_LARGEST_LABELS = 8 * MAX_BYTES // 256
"""Bytes of labels: eight each, of images that are at least 16×16."""


def read_npz(path: Path) -> tuple[Bytes, Bytes, Bytes, Bytes]:
    """Read training images (n, H, V) and labels (n,), test images (m, H, V) and labels (m,).

    Raises
    ------
    DataError
        The file cannot be read, is no such file, or its arrays do not fit each other.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            x_train, y_train, x_test, y_test = (_array(archive, path, name) for name in NAMES)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
    except (*_DAMAGE, ValueError, EOFError) as error:
        raise DataError(f"{path} is not an npz file: {error}") from None
    for name, images in (("x_train", x_train), ("x_test", x_test)):
        if images.dtype != np.uint8 or images.ndim != 3 or not images.size:
            words = f"{images.dtype} of shape {images.shape}"
            raise DataError(f"{path} must hold {name} of bytes 0..255, (n, H, V), got {words}")
    if x_train.shape[1:] != x_test.shape[1:]:
        shapes = f"{x_train.shape[1:]} and {x_test.shape[1:]}"
        raise DataError(f"{path} must hold images of one size, got {shapes}")
    return (
        x_train,
        _labels(path, "y_train", y_train, x_train),
        x_test,
        _labels(path, "y_test", y_test, x_test),
    )


def _array(archive: zipfile.ZipFile, path: Path, name: str) -> NDArray[Any]:
    try:
        member = archive.getinfo(f"{name}.npy")
    except KeyError:
        there = ", ".join(each.removesuffix(".npy") for each in archive.namelist()[:8])
        raise DataError(f"{path} must hold {', '.join(NAMES)}, and holds {there}") from None
    most = min(MAX_BYTES, MOST_UNPACKED * path.stat().st_size)
    if member.file_size > (most if name.startswith("x") else min(most, _LARGEST_LABELS)):
        raise DataError(f"{path} is too large: {name} says {member.file_size} bytes")
    with archive.open(member) as stream:
        data = stream.read(member.file_size)
    array: NDArray[Any] = np.load(io.BytesIO(data), allow_pickle=False)
    if array.size > len(data):
        raise DataError(f"{path} is damaged: {name} says more than it holds")
    return array


def _labels(path: Path, name: str, labels: NDArray[Any], images: Bytes) -> Bytes:
    flat = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels  # as CIFAR's are
    if flat.dtype.kind not in "iu" or flat.shape != (len(images),):
        rule = f"a whole number for each of its {len(images)} images"
        raise DataError(f"{path} must hold {name} of {rule}, got {labels.dtype} {labels.shape}")
    if int(flat.min()) < 0 or int(flat.max()) > MAX_LABEL:
        got = f"{flat.min()}..{flat.max()}"
        raise DataError(f"{path} must hold labels of 0..{MAX_LABEL} in {name}, got {got}")
    return flat.astype(np.uint8)
