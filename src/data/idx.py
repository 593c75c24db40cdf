"""The IDX format, the one in which MNIST and its relatives are published.

Owns the reading of one file and every lie that it can tell. Which four files make a set is the
affair of `idx_set.py`.

    offset 0   two zero bytes
           2   type of the elements, 0x08 for unsigned bytes, 0x0c for 32-bit integers
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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from src.errors import DataError

MAX_BYTES = 2**30
"""Most elements a file may hold: its set of training and test files then stays within 2 GiB."""

Bytes = NDArray[np.uint8]
BYTES, INTEGERS = 0x08, 0x0C
_KINDS: dict[int, tuple[str, np.dtype[Any]]] = {
    BYTES: ("unsigned bytes", np.dtype(np.uint8)),
    INTEGERS: ("32-bit integers", np.dtype(">i4")),
}
_GZIP_MAGIC = b"\x1f\x8b"
MOST_UNPACKED = 100
"""Times its own size that a gzip file may promise: digits pack four to ten times smaller, and
nothing but a bomb a hundred times."""

_CHUNK = 2**20


def read_idx(path: Path, ndim: int, kind: int = BYTES) -> NDArray[Any]:
    """Read one IDX file of elements of a kind, raw or gzipped, into an array of `ndim` dimensions.

    Its first bytes tell whether it is gzipped, not its name: browsers unpack a download and
    leave it the name. Memory grows with the bytes that really come, never with what a header
    promises, and no more is unpacked than that. No dimension is 0.

    Raises
    ------
    DataError
        The file cannot be read, is not what its name says, or is not whole.
    """
    with _opened(path) as (stream, most):
        return _elements(stream, path, _shape(stream, path, ndim, most, kind), kind)


def read_shape(path: Path, ndim: int, kind: int = BYTES) -> tuple[int, ...]:
    """Read the header of an IDX file alone; errors are those of `read_idx`."""
    with _opened(path) as (stream, most):
        return _shape(stream, path, ndim, most, kind)


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


def _shape(
    stream: IO[bytes] | gzip.GzipFile, path: Path, ndim: int, most: int, kind: int
) -> tuple[int, ...]:
    """Check the header, and return the sizes that it promises."""
    magic = stream.read(4)
    if magic.lstrip()[:1] == b"<":
        raise DataError(f"{path} is an HTML page, not an IDX file: the download went wrong")
    sizes = stream.read(4 * ndim)
    if len(magic) < 4:
        raise DataError(f"{path} is truncated: {len(magic)} bytes are no IDX header")
    if magic[:2] != b"\0\0":
        raise DataError(f"{path} is not an IDX file: it begins with 0x{magic.hex()}")
    if magic[2] != kind:
        words = f"{_KINDS[kind][0]} (IDX type 0x{kind:02x})"
        raise DataError(f"{path} must hold {words}, got 0x{magic[2]:02x}")
    if magic[3] != ndim:
        raise DataError(f"{path} must have {_dimensions(ndim)}, got {magic[3]}")
    if len(sizes) < 4 * ndim:
        raise DataError(f"{path} is truncated: it ends within its header")
    shape: tuple[int, ...] = struct.unpack(f">{ndim}I", sizes)
    # Python integers: this product cannot wrap round.
    promised = math.prod(shape) * _KINDS[kind][1].itemsize
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


def _elements(
    stream: IO[bytes] | gzip.GzipFile, path: Path, shape: tuple[int, ...], kind: int
) -> NDArray[Any]:
    """Return what follows the header, which must be all that it promises and no more."""
    promised, elements = math.prod(shape) * _KINDS[kind][1].itemsize, bytearray()
    said = f"its header says {_written(shape)} = {promised} bytes"
    while len(elements) < promised:
        chunk = stream.read(min(_CHUNK, promised - len(elements)))
        if not chunk:
            raise DataError(f"{path} is truncated: {said}, {len(elements)} follow")
        elements += chunk
    # Reading past the end is also what makes gzip compare its checksum.
    if stream.read(1):
        raise DataError(f"{path} has bytes left over: {said}, more follow")
    array: NDArray[Any] = np.frombuffer(elements, _KINDS[kind][1]).reshape(shape)
    return array


def _written(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))


def _dimensions(count: int) -> str:
    return f"{count} dimension" if count == 1 else f"{count} dimensions"
