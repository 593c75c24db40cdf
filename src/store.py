"""One run's folder: the only place that knows file names.

    run.json          config, outcome, final values, checksums; written last: the run has ended
    timeline.npz      the curves, a row each, by name
    filters.npz       the filters at some epochs
    parameters.npz    the parameters at the end

Every file is old or new, never torn (law 7): written under a temporary name, flushed, renamed. No
pickle. What differs between two executions of the same run stands in run.json's section
`execution` alone.
"""

import hashlib
import io
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from src.errors import StoreError
from src.timeline import Ending, Outcome, Timeline

FORMAT = 1
RECORD = "run.json"
MOST_BYTES = 1 << 30
"""No file of a run is read that is larger; arrays are checked before they are allocated."""


@dataclass
class Record:
    """What run.json holds: everything about a run but its arrays."""

    id: str
    config: dict[str, Any]
    """The flat typed record that determines the result."""
    choices: dict[str, str]
    """The chosen name of every config group."""
    data_digest: str
    engine_version: int
    outcome: Outcome
    execution: dict[str, Any] = field(default_factory=dict)
    final: dict[str, float | None] = field(default_factory=dict)
    """Every curve's last value; None where it is not a finite number."""
    class_accuracy: dict[str, float | None] = field(default_factory=dict)
    confusion: list[list[int]] = field(default_factory=list)
    """Test digits by true class (row) and decision (column), in the order of `config.classes`."""
    files: dict[str, str] = field(default_factory=dict)
    """SHA-256 of every other file."""
    format: int = FORMAT


def write_run(folder: Path, record: Record, timeline: Timeline | None) -> None:
    """Write one run's folder; run.json comes last.

    Parameters
    ----------
    folder
        Made if need be.
    record
        Without what the timeline says, which is filled in here.
    timeline
        None for a run that failed.

    Raises
    ------
    StoreError
        The folder cannot be written.
    """
    files = {} if timeline is None else _arrays(timeline)
    if timeline is not None:
        record.final = {name: _finite(timeline.final(name)) for name in timeline.curves}
        record.confusion = timeline.confusion.tolist()
        record.class_accuracy = _class_accuracy(record.config["classes"], timeline.confusion)
    record.files = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            replace(folder / name, data)
        replace(folder / RECORD, _to_json(record))
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error.strerror or error}") from error


def read_record(folder: Path) -> Record:
    """Read a run's run.json.

    Raises
    ------
    StoreError
        It is missing, or not what this project writes.
    """
    path = folder / RECORD
    try:
        if path.stat().st_size > MOST_BYTES:
            raise StoreError(f"{path} is larger than any record")
        fields = json.loads(path.read_bytes())
        if fields["format"] > FORMAT:
            raise StoreError(f"{path} has format {fields['format']}, this version reads {FORMAT}")
        outcome = fields.pop("outcome")
        outcome["ending"] = Ending[outcome["ending"]]
        return Record(outcome=Outcome(**outcome), **fields)
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"{path} is not the record of a run: {error}") from error


def read_curves(folder: Path) -> dict[str, NDArray[np.float64]]:
    """Read a run's curves by name: (epochs + 1,) each."""
    arrays = _read(folder / "timeline.npz", ("names", "curves"))
    return dict(zip(arrays["names"].tolist(), arrays["curves"], strict=True))


def read_filters(folder: Path) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Read the epochs (F,) at which a run's filters were kept, and the filters (F, L, I, J)."""
    arrays = _read(folder / "filters.npz", ("epochs", "filters"))
    return arrays["epochs"], arrays["filters"]


def read_parameters(folder: Path) -> dict[str, NDArray[Any]]:
    """Read a run's last parameters: filters, filter_biases, weights, biases."""
    names = ("filters", "filter_biases", "weights", "biases")
    return _read(folder / "parameters.npz", names)


def replace(path: Path, data: bytes) -> None:
    """Write a file so that a kill at any time leaves the old one or the new one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with open(temporary, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def _arrays(timeline: Timeline) -> dict[str, bytes]:
    return {
        "timeline.npz": _npz(
            names=np.array(list(timeline.curves)), curves=np.array(list(timeline.curves.values()))
        ),
        "filters.npz": _npz(epochs=timeline.filter_epochs, filters=timeline.filters),
        "parameters.npz": _npz(**timeline.parameters),
    }


def _npz(**arrays: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _read(path: Path, names: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise StoreError(f"{path} is larger than any file of a run")
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in names}
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror or error}") from error
    except Exception as error:  # zipfile, zlib and NumPy raise a dozen kinds for a damaged file
        raise StoreError(f"{path} is damaged: {error}") from error


def _to_json(record: Record) -> bytes:
    fields = asdict(record)
    fields["outcome"]["ending"] = record.outcome.ending.name
    return (json.dumps(fields, indent=1, allow_nan=False) + "\n").encode()


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _class_accuracy(classes: list[int], confusion: NDArray[np.int64]) -> dict[str, float | None]:
    of_class = confusion.sum(axis=1)
    right = confusion.diagonal()
    return {
        str(label): float(k / n) if n else None
        for label, k, n in zip(classes, right, of_class, strict=True)
    }
