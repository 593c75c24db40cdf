"""One run's files: written so that the record comes last, read so that nothing damaged is believed.

What differs between two executions of the same run stands in the record's `execution` alone. The
names of the files stand in `run_folder.py`.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from src.errors import StoreError
from src.storage.checkpoint import NAMES, Checkpoint
from src.storage.files import (
    pack,
    read_arrays,
    read_bytes,
    read_json,
    replace,
    sync_folder,
    to_json,
)
from src.storage.identity import ID_LENGTH
from src.storage.record import FORMAT, Record
from src.storage.run_folder import (
    CHECKPOINT,
    FILTERS,
    LAST,
    RECORD,
    TIMELINE,
    UNFINISHED,
    begin,
    clean,
    has_result,
)
from src.timeline import DONE, Timeline

PARAMETERS = ("filters", "filter_biases", "weights", "biases")


def write_run(
    folder: Path, record: Record, timeline: Timeline | None, notes: Mapping[str, str] | None = None
) -> Record:
    """Write one run's folder, the record last, and return that.

    Parameters
    ----------
    folder
        Made if need be.
    record
        Without what the timeline says, which is filled in here.
    timeline
        None for a run without a result: it failed or was interrupted.
    notes
        Texts of other files, such as a log, by name.

    Raises
    ------
    StoreError
        The folder cannot be written; an older result in it is whole.
    """
    files = {} if timeline is None else contents(timeline)
    if timeline is not None:
        record = record.with_result(timeline, files)
    written = to_json(record.to_fields())
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in (notes or {}).items():
            replace(folder / name, text.encode(), durable=False)
        for name, data in files.items():
            replace(folder / name, data)
        replace(folder / (UNFINISHED if timeline is None else RECORD), written)
        if timeline is not None:
            sync_folder(folder)
            clean(folder)
    return record


def read_record(folder: Path, latest: bool = False) -> Record:
    """Read a run's record: of its result, else of its failure or interruption.

    With `latest` it is the other way round: a failure to train a result again comes first.

    Raises
    ------
    StoreError
        It is missing, or not what this project writes.
    """
    path, values = _record_file(folder, latest)
    try:
        if not 1 <= values["format"] <= FORMAT:
            raise StoreError(f"{path} has format {values['format']}, this version reads {FORMAT}")
        record = Record.of_fields(values)
        if (record.outcome.ending in DONE) != (path.name == RECORD):
            raise ValueError(f"{path.name} is not for a run that is {record.outcome.ending.name}")
        return record
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"{path} is not the record of a run: {error}") from error


def _record_file(folder: Path, latest: bool) -> tuple[Path, Any]:
    # A sweep may put the one in the place of the other between two looks.
    names = (UNFINISHED, RECORD) if latest else (RECORD, UNFINISHED, RECORD)
    path = folder / next((name for name in names if (folder / name).exists()), RECORD)
    try:
        return path, read_json(path, "the record of a run")
    except StoreError:
        if path.exists() or path.name == RECORD:
            raise
        return folder / RECORD, read_json(folder / RECORD, "the record of a run")


def begin_again(folder: Path) -> None:
    """Note that a run is to be trained again from its start; its result stays until then."""
    with _writing(folder):
        (folder / CHECKPOINT).unlink(missing_ok=True)
        begin(folder)
        if has_result(folder):
            record = read_record(folder).without_result("to be trained again: force=true")
            replace(folder / UNFINISHED, to_json(record.to_fields()), durable=False)


def read_curves(folder: Path, checksum: str | None = None) -> dict[str, NDArray[np.float64]]:
    """Read a run's curves by name, (epochs + 1,) each, and hold the file to a checksum."""
    path = folder / TIMELINE
    arrays = read_arrays(path, ("names", "curves"), checksum)
    names, curves = arrays["names"].tolist(), arrays["curves"]
    if not isinstance(names, list) or curves.ndim != 2 or len(names) != len(curves):
        raise StoreError(f"{path} is not the timeline of a run")
    return dict(zip(names, curves, strict=True))


def read_filters(folder: Path) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Read the epochs (F,) at which a run's filters were kept, and the filters (F, L, I, J)."""
    arrays = read_arrays(folder / FILTERS, ("epochs", "filters"))
    return arrays["epochs"], arrays["filters"]


def read_parameters(folder: Path) -> dict[str, NDArray[Any]]:
    """Read a run's last parameters: filters, filter_biases, weights, biases."""
    return read_arrays(folder / LAST, PARAMETERS)


def damage(folder: Path, run_id: str) -> str | None:
    """Return what is wrong with a run's result, None where every checksum holds."""
    try:
        record = read_record(folder)
        if record.id != run_id:
            return f"{folder / RECORD} is the record of another run, {record.id}"
        for name in (TIMELINE, FILTERS, LAST):
            data = read_bytes(folder / name)
            if hashlib.sha256(data).hexdigest() != record.files.get(name):
                return f"{folder / name} is not the file that was written"
    except StoreError as error:
        return str(error)
    return None


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Keep a run between two epochs, to go on from there.

    Raises
    ------
    StoreError
        The folder cannot be written.
    """
    data = pack(id=np.array(folder.name[-ID_LENGTH:]), **checkpoint.to_arrays())
    with _writing(folder):
        replace(folder / CHECKPOINT, data)


def read_checkpoint(folder: Path) -> Checkpoint | None:
    """Read a run's checkpoint, None where there is none, or none that is whole and its own."""
    try:
        arrays = read_arrays(folder / CHECKPOINT, NAMES, others=True)
        if arrays["id"].item() != folder.name[-ID_LENGTH:]:
            return None
        return Checkpoint.of_arrays(arrays)
    except (StoreError, ValueError, TypeError, OverflowError):
        return None  # the run starts anew, and ends the same


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error.strerror or error}") from error


def contents(timeline: Timeline) -> dict[str, bytes]:
    """Return the files of a timeline's arrays: the same timeline, the same bytes."""
    names, curves = list(timeline.curves), list(timeline.curves.values())
    return {
        TIMELINE: pack(names=np.array(names), curves=np.array(curves)),
        FILTERS: pack(epochs=timeline.filter_epochs, filters=timeline.filters),
        LAST: pack(**timeline.parameters),
    }
