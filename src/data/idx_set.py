"""The four IDX files of a set: how they are called, and whether they fit each other.

MNIST, Fashion-MNIST and KMNIST share their names; EMNIST puts the name of a set before them
(`emnist-letters-train-images-idx3-ubyte.gz`); QMNIST says `test` for `t10k`, and its labels have
eight columns, of which the first is the class (`qmnist-train-labels-idx2-int.gz`).

Sources: Y. LeCun, C. Cortes and C. J. C. Burges (MNIST); G. Cohen et al., "EMNIST: an extension of
MNIST to handwritten letters", 2017; C. Yadav and L. Bottou, "Cold case: the lost MNIST digits",
2019.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from src.data.idx import BYTES, INTEGERS, Bytes, read_idx, read_shape
from src.errors import DataError

MAX_LABEL = 61
"""EMNIST, the largest of MNIST's relatives, has 62 classes."""

Stamp = tuple[Path, int, int]
"""A file, its size in bytes and its time of change in ns: what a cache of it must know."""

_NAMES = {
    "train-images-idx3-ubyte": r"train-images([-.])idx3-ubyte(\.gz)?",
    "train-labels-idx1-ubyte": r"train-labels([-.])(?:idx1-ubyte|idx2-int)(\.gz)?",
    "t10k-images-idx3-ubyte": r"(?:t10k|test)-images([-.])idx3-ubyte(\.gz)?",
    "t10k-labels-idx1-ubyte": r"(?:t10k|test)-labels([-.])(?:idx1-ubyte|idx2-int)(\.gz)?",
}
"""MNIST's own name of each file, and the pattern of its relatives' names after their prefix."""


def find_set(folder: str) -> list[Stamp]:
    """Find training images and labels, test images and labels, in this order.

    Of a file that lies there raw and packed, the raw one is taken.

    Raises
    ------
    DataError
        The folder or a file is not there, cannot be looked at, or there are several sets.
    """
    try:
        root = Path(folder).expanduser().resolve()
        if not root.is_dir():
            raise DataError(f"{root} is not a folder: the IDX files must lie in it")
        return [_stamp(path) for path in _only_set(root)]
    except (OSError, ValueError, RuntimeError) as error:  # too long, a NUL, ~nobody
        raise DataError(f"{folder!r} cannot be read: {error}") from None


def _only_set(root: Path) -> list[Path]:
    sets: dict[str, dict[str, list[tuple[bool, bool, Path]]]] = defaultdict(dict)
    for path in sorted(root.iterdir()):
        for name, pattern in _NAMES.items():
            found = re.fullmatch(f"(.*?){pattern}", path.name)
            if found is not None and path.is_file():
                rank = found[2] == ".", found[3] is not None, path
                sets[found[1]].setdefault(name, []).append(rank)
    whole = [prefix for prefix, files in sets.items() if len(files) == len(_NAMES)]
    if len(whole) > 1:
        names = ", ".join(f"{prefix}*" for prefix in whole)
        raise DataError(f"{root} must hold one set of IDX files, and holds several: {names}")
    if not whole:
        prefix = max(sets, key=lambda prefix: len(sets[prefix]), default="")
        name = next(name for name in _NAMES if name not in sets[prefix])
        name = f"{prefix}{name}"
        raise DataError(f"{root} must hold {name} or {name}.gz, and holds neither")
    return [min(sets[whole[0]][name])[2] for name in _NAMES]


def _stamp(path: Path) -> Stamp:
    status = path.stat()
    return path, status.st_size, status.st_mtime_ns


def _forms(paths: Sequence[Path]) -> list[tuple[Path, int, int]]:
    """Return the files of a set, each with its number of dimensions and kind of elements."""
    of_labels = {True: (2, INTEGERS), False: (1, BYTES)}
    images = [(paths[i], 3, BYTES) for i in (0, 2)]
    labels = [(paths[i], *of_labels["idx2-int" in paths[i].name]) for i in (1, 3)]
    return [images[0], labels[0], images[1], labels[1]]


def read_set(paths: Sequence[Path]) -> tuple[Bytes, Bytes, Bytes, Bytes]:
    """Read the four files of `find_set` and hold them against each other.

    Returns
    -------
    Training images (n, H, V) and labels (n,), test images (m, H, V) and labels (m,).

    Raises
    ------
    DataError
        A file is damaged, or does not fit the others.
    """
    # Headers first: files that do not fit together are not unpacked.
    shapes = [read_shape(*form) for form in _forms(paths)]
    if shapes[2][1:] != shapes[0][1:]:
        raise DataError(
            f"{paths[2]} must hold images of {_size(shapes[0])} pixels like {paths[0].name}, "
            f"got {_size(shapes[2])}"
        )
    for images, labels in ((0, 1), (2, 3)):
        if shapes[images][0] != shapes[labels][0]:
            raise DataError(
                f"{paths[labels]} must hold a label for each of the {shapes[images][0]} images of "
                f"{paths[images].name}, got {shapes[labels][0]}"
            )
    train, train_labels, test, test_labels = (read_idx(*form) for form in _forms(paths))
    return train, _classes(train_labels, paths[1]), test, _classes(test_labels, paths[3])


def _classes(labels: NDArray[Any], path: Path) -> Bytes:
    """Return the class of every image, (n,), of labels (n,) or of columns whose first it is."""
    given = labels if labels.ndim == 1 else labels[:, 0]
    odd = given[(given < 0) | (given > MAX_LABEL)]
    if odd.size:
        raise DataError(f"{path} must hold labels of 0..{MAX_LABEL}, got {odd.max()}")
    return given.astype(np.uint8)


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}×{shape[2]}"
