"""The IDX format, the one in which MNIST and its relatives are published.

Owns the reading of one file, of the four that make a set, and every lie that they can tell.
Leaves to `datasets.py` what is done with the digits.

    offset 0   two zero bytes
           2   type of the elements, 0x08 for unsigned bytes
           3   number of dimensions d
           4   d sizes, 32 bits each, big-endian
           …   the elements, the last dimension fastest

Source: http://yann.lecun.com/exdb/mnist (the format's own description).
"""

import gzip
import math
import stat
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from src.errors import DataError

MAX_BYTES = 2**30
"""Most elements a file may hold: its set of training and test files then stays within 2 GiB."""

MAX_LABEL = 61
"""EMNIST, the largest of MNIST's relatives, has 62 classes."""

Bytes = NDArray[np.uint8]
Stamp = tuple[Path, int, int]
"""A file, its size in bytes and its time of change in ns: what a cache of it must know."""

_SET = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
_UNSIGNED_BYTE = 0x08
_GZIP_MAGIC = b"\x1f\x8b"
MOST_UNPACKED = 100
"""Times its own size that a gzip file may promise: digits pack four to ten times smaller, and
nothing but a bomb a hundred times."""

_CHUNK = 2**20


def read_idx(path: Path, ndim: int) -> Bytes:
    """Read one IDX file of unsigned bytes, raw or gzipped, into an array of `ndim` dimensions.

    Its first bytes tell whether it is gzipped, not its name: browsers unpack a download and
    leave it the name. Memory grows with the bytes that really come, never with what a header
    promises, and no more is unpacked than that. No dimension is 0.

    Raises
    ------
    DataError
        The file cannot be read, is not what its name says, or is not whole.
    """
    with _opened(path) as (stream, most):
        return _elements(stream, path, _shape(stream, path, ndim, most))


def read_shape(path: Path, ndim: int) -> tuple[int, ...]:
    """Read the header of an IDX file alone; errors are those of `read_idx`."""
    with _opened(path) as (stream, most):
        return _shape(stream, path, ndim, most)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[IO[bytes] | gzip.GzipFile, int]]:
    """Open a file, unpacking it if it is packed, with the number of elements it may promise."""
    try:
        status = path.stat()
        # A pipe or a device would keep `open` or `read` waiting for ever.
        if not stat.S_ISREG(status.st_mode):
            raise DataError(f"{path} is not a file")
        with path.open("rb") as file:
            gzipped = file.read(2) == _GZIP_MAGIC
            file.seek(0)
            if not gzipped:
                yield file, MAX_BYTES
                return
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield unpacked, min(MAX_BYTES, MOST_UNPACKED * status.st_size)
    except EOFError:
        raise DataError(f"{path} is damaged: its gzip stream is truncated") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path} is damaged: its gzip stream is corrupt ({error})") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
    except ValueError as error:  # a NUL in the path
        raise DataError(f"{str(path)!r} cannot be read: {error}") from None


def _shape(stream: IO[bytes] | gzip.GzipFile, path: Path, ndim: int, most: int) -> tuple[int, ...]:
    """Check the header, and return the sizes that it promises."""
    magic = stream.read(4)
    if magic.lstrip()[:1] == b"<":
        raise DataError(f"{path} is an HTML page, not an IDX file: the download went wrong")
    sizes = stream.read(4 * ndim)
    if len(magic) < 4:
        raise DataError(f"{path} is truncated: {len(magic)} bytes are no IDX header")
    if magic[:2] != b"\0\0":
        raise DataError(f"{path} is not an IDX file: it begins with 0x{magic.hex()}")
    if magic[2] != _UNSIGNED_BYTE:
        raise DataError(f"{path} must hold unsigned bytes (IDX type 0x08), got 0x{magic[2]:02x}")
    if magic[3] != ndim:
        raise DataError(f"{path} must have {_dimensions(ndim)}, got {magic[3]}")
    if len(sizes) < 4 * ndim:
        raise DataError(f"{path} is truncated: it ends within its header")
    shape: tuple[int, ...] = struct.unpack(f">{ndim}I", sizes)
    promised = math.prod(shape)  # Python integers: this product cannot wrap round
    if promised == 0:
        raise DataError(f"{path} is empty: its header says {_written(shape)} elements")
    if promised > MAX_BYTES:
        raise DataError(
            f"{path} is too large: {_written(shape)} bytes, and the limit is {MAX_BYTES}"
        )
    if promised > most:
        raise DataError(
            f"{path} is too large: its header says {_written(shape)} = {promised} bytes, more than "
            f"{MOST_UNPACKED} times what is packed"
        )
    return shape


def _elements(stream: IO[bytes] | gzip.GzipFile, path: Path, shape: tuple[int, ...]) -> Bytes:
    """Return what follows the header, which must be all that it promises and no more."""
    promised, elements = math.prod(shape), bytearray()
    said = f"its header says {_written(shape)} = {promised} bytes"
    while len(elements) < promised:
        chunk = stream.read(min(_CHUNK, promised - len(elements)))
        if not chunk:
            raise DataError(f"{path} is truncated: {said}, {len(elements)} follow")
        elements += chunk
    # Reading past the end is also what makes gzip compare its checksum.
    if stream.read(1):
        raise DataError(f"{path} has bytes left over: {said}, more follow")
    return np.frombuffer(elements, np.uint8).reshape(shape)


def _written(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))


def _dimensions(count: int) -> str:
    return f"{count} dimension" if count == 1 else f"{count} dimensions"


def find_set(folder: str) -> list[Stamp]:
    """Find training images and labels, test images and labels, in this order.

    Raises
    ------
    DataError
        The folder or a file is not there, or cannot be looked at.
    """
    try:
        root = Path(folder).expanduser().resolve()
        if not root.is_dir():
            raise DataError(f"{root} is not a folder: the IDX files must lie in it")
        return [_find(root, name) for name in _SET]
    except (OSError, ValueError, RuntimeError) as error:  # too long, a NUL, ~nobody
        raise DataError(f"{folder!r} cannot be read: {error}") from None


def _find(root: Path, name: str) -> Stamp:
    # train-images-idx3-ubyte is MNIST's own spelling, train-images.idx3-ubyte a common other
    for spelling in (f"{name}-ubyte", f"{name.replace('-idx', '.idx')}-ubyte"):
        for path in (root / spelling, root / f"{spelling}.gz"):
            if path.is_file():
                status = path.stat()
                return path, status.st_size, status.st_mtime_ns
    raise DataError(f"{root} must hold {name}-ubyte or {name}-ubyte.gz, and holds neither")


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
    shapes = [read_shape(path, ndim) for path, ndim in zip(paths, (3, 1, 3, 1), strict=True)]
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
    train, train_labels, test, test_labels = (
        read_idx(path, ndim) for path, ndim in zip(paths, (3, 1, 3, 1), strict=True)
    )
    for given, path in ((train_labels, paths[1]), (test_labels, paths[3])):
        if given.max() > MAX_LABEL:
            raise DataError(f"{path} must hold labels of 0..{MAX_LABEL}, got {given.max()}")
    return train, train_labels, test, test_labels


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}×{shape[2]}"
