"""Files: written so that each is old or new, never torn; read with distrust.

Owns the bytes of arrays and JSON on disk. No pickle is written or read, and nothing is allocated
before its size is known. What the files mean is the affair of `store.py` and `study.py`.
"""

import hashlib
import io
import json
import os
import secrets
import stat
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from src.errors import StoreError

MOST_BYTES = 1 << 29
"""No file is read that is larger: the parameters of the largest network fit in."""

MOST_JSON = 1 << 20
"""Nor JSON that is: as objects it takes twenty times its size, and seconds."""


_MINE = secrets.token_hex(3)
"""In temporary names: two machines that share a folder may have processes of one number."""

ATTEMPTS = 5
"""At a file whose temporary another writer of the same run has swept away meanwhile."""


def replace(path: Path, data: bytes, durable: bool = True) -> None:
    """Write a file so that a kill at any time leaves the old one or the new one (law 7).

    What is not `durable`, such as a log, may be lost in a power cut; it is not waited for. What
    lies under the temporary name, such as a link to elsewhere, is removed and not followed.
    """
    for left in reversed(range(ATTEMPTS)):
        try:
            _replace(path, data, durable)
            return
        except FileNotFoundError:
            if not left or not path.parent.is_dir():
                raise


def _replace(path: Path, data: bytes, durable: bool) -> None:
    temporary = temporary_path(path)
    with suppress(FileNotFoundError):
        temporary.unlink()
    with open(temporary, "xb") as file:
        file.write(data)
        file.flush()
        if durable:
            os.fsync(file.fileno())
    os.replace(temporary, path)


def temporary_path(path: Path) -> Path:
    """Return the name under which this process writes a file before it is whole."""
    return path.with_name(f".{path.name}.{os.getpid()}-{_MINE}.tmp")


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut, where the system can do that."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sweep_away(folder: Path) -> None:
    """Remove what writers that were killed have left under temporary names."""
    for path in folder.glob(".*.tmp"):
        if path.is_file():
            path.unlink(missing_ok=True)


def pack(**arrays: NDArray[Any]) -> bytes:
    """Return arrays as the bytes of an npz file: the same arrays, the same bytes."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def read_arrays(
    path: Path, names: Iterable[str], checksum: str | None = None, others: bool = False
) -> dict[str, NDArray[Any]]:
    """Read named arrays of an npz file, and hold it to a checksum if one is given.

    With `others` all that it holds beside them is read too.

    Raises
    ------
    StoreError
        It is missing, damaged, too large, or holds other arrays.
    """
    data = read_bytes(path)
    if checksum is not None and hashlib.sha256(data).hexdigest() != checksum:
        raise StoreError(f"{path} is not the file that was written")
    if not data.startswith(b"PK"):
        raise StoreError(f"{path} is damaged: it is not an npz file")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():  # as `pack` writes them: what is small stays small
                if member.compress_type != zipfile.ZIP_STORED:
                    raise StoreError(f"{path} is damaged: it is packed, which no run's file is")
            held = (name.removesuffix(".npy") for name in archive.namelist() if others)
            wanted = dict.fromkeys((*names, *held))
            return {name: _member(archive.read(f"{name}.npy")) for name in wanted}
    except StoreError:
        raise
    except Exception as error:
        raise StoreError(f"{path} is damaged: {error}") from error


def _member(data: bytes) -> NDArray[Any]:
    array: NDArray[Any] = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    if array.size > len(data):  # elements of no bytes, of which any number costs nothing
        raise ValueError(f"{array.size} elements in {len(data)} bytes")
    return array


def read_json(path: Path, what: str, most: int = MOST_JSON) -> Any:
    """Read a JSON file that should be `what`, such as the record of a run.

    Raises
    ------
    StoreError
        It is missing, too large, or not JSON.
    """
    data = read_bytes(path, most)
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{path} is not {what}: {error}") from error


def to_json(fields: dict[str, Any]) -> bytes:
    """Return fields as strict JSON: no NaN, no Infinity."""
    return (json.dumps(fields, indent=1, allow_nan=False) + "\n").encode()


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """Read a file that a study may hold.

    Raises
    ------
    StoreError
        It is missing, no file, or too large.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would keep its reader waiting for ever
            raise StoreError(f"{path} is not a file")
        if status.st_size > most:
            raise StoreError(f"{path} is larger than any file of a run")
        return path.read_bytes()
    except FileNotFoundError:
        raise StoreError(f"{path} is missing") from None
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror or error}") from error
