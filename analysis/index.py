"""A Parquet index of a large study: what its files say, in two files that can be read at once.

Owns `.index/` in a study's folder: `runs.parquet`, a row a run with the stamps of its files, and
`timelines.parquet`, the curves, a column each. It is a copy: deleting it costs nothing but time.
A run whose files have another stamp is read from its files; where many are, the index is written
anew. Nothing is locked, and a study that cannot be written to simply has no index.
"""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.reading import chained, read_rows, read_timelines, typed
from analysis.stamps import STAMPS, Stamps, ended, still_true
from analysis.timelines import Floats, Timelines
from src.files import replace

INDEX = ".index"
RUNS, CURVES = "runs.parquet", "timelines.parquet"
WORTH = 500
"""Runs from which reading an index is faster than reading the files; fewer have none."""
STALE = 200
"""Runs that are read from their files before the index is written anew."""

_TOKEN = b"sweepscope"
_OWN = [*STAMPS, "_folder", "_rows"]


@dataclass(frozen=True, eq=False)
class Contents:
    """What a study's folder holds.

    Attributes
    ----------
    runs : a row a run, by run id
    folders : of each run
    timelines : reads the curves of each run
    """

    runs: pd.DataFrame
    folders: list[Path]
    timelines: Callable[[], Timelines]


def read_study(study: Path) -> Contents:
    """Read a study, from its index where that is still true."""
    folders, stamps = ended(study)
    if len(folders) < WORTH:
        return _of_files(folders)
    indexed = _read(study)
    if indexed is not None:
        old, places = still_true(indexed, study, folders, stamps)
        fresh = [folder for folder, is_old in zip(folders, old, strict=True) if not is_old]
        if len(fresh) <= STALE:
            return _of_index(study, indexed, places, [f for f in folders if f not in fresh], fresh)
    contents = _of_files(folders)
    row = {folder: i for i, folder in enumerate(folders)}
    _write(study, contents, stamps[[row[folder] for folder in contents.folders]])
    return contents


def _of_files(folders: list[Path]) -> Contents:
    runs, read = read_rows(folders)
    timelines = read_timelines(runs, read)  # now: a sweep is what was there when it was loaded
    return Contents(runs, read, lambda: timelines)


def _of_index(
    study: Path, indexed: pd.DataFrame, places: Stamps, old: list[Path], fresh: list[Path]
) -> Contents:
    token, lengths = indexed.attrs["token"], indexed["_rows"].to_numpy(np.int64)
    runs = indexed.iloc[places].drop(columns=_OWN)
    runs.attrs = {}

    def stored() -> Timelines:
        names = _curve_names(study, token)
        if names is None:  # written anew since; the files are there
            return read_timelines(runs, old)
        return Timelines(names, lengths, lambda name: _column(study, token, name), places)

    if not fresh:
        return Contents(runs, old, stored)
    new = _of_files(fresh)
    both = pd.concat([runs, new.runs]) if len(new.runs) else runs
    return Contents(both, [*old, *new.folders], lambda: chained([stored(), new.timelines()]))


def _read(study: Path) -> pd.DataFrame | None:
    """Return the index's row a run with its token, None where there is none that can be read."""
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(study / INDEX / RUNS)
        runs = typed(table.to_pandas())
        if set(_OWN) - set(runs.columns):
            return None
        runs.attrs = {"token": (table.schema.metadata or {}).get(_TOKEN)}
    except Exception:  # noqa: BLE001  whatever is wrong with a copy, the files are there
        return None
    return runs


def _open(study: Path, token: bytes) -> Any:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(study / INDEX / CURVES)
    if (file.schema_arrow.metadata or {}).get(_TOKEN) != token:
        raise ValueError("the index was written anew")
    return file


def _curve_names(study: Path, token: bytes) -> list[str] | None:
    try:
        with _open(study, token) as file:
            return [name for name in file.schema_arrow.names if name not in ("run", "epoch")]
    except Exception:  # noqa: BLE001  as above
        return None


def _column(study: Path, token: bytes, name: str) -> Floats:
    with _open(study, token) as file:
        column: Floats = file.read([name]).column(0).to_numpy()
    return column


def _write(study: Path, contents: Contents, stamps: Stamps) -> None:
    """Write both files, the timelines first; in a folder that cannot be written to, nothing."""
    import pyarrow as pa

    timelines = contents.timelines()
    token = secrets.token_hex(8).encode()
    start = len(str(study)) + 1
    own = dict(zip(STAMPS, stamps.T, strict=True))
    own |= {"_folder": [str(folder)[start:] for folder in contents.folders]}
    rows = contents.runs.assign(**own, _rows=timelines.lengths)
    runs = pa.array(contents.runs.index.astype(object), pa.string()).dictionary_encode()
    curves = {
        "run": runs.take(pa.array(np.repeat(np.arange(len(runs)), timelines.lengths))),
        "epoch": timelines.epochs(),
        **{name: timelines.flat(name) for name in timelines.names},
    }
    # Never null: a NaN is a number here, and without nulls a column is read as it lies.
    flat = pa.schema([pa.field(name, pa.array(v[:1]).type, False) for name, v in curves.items()])
    tables = {CURVES: pa.table(curves, flat), RUNS: pa.Table.from_pandas(rows)}
    with suppress(OSError), unmarked(study):
        (study / INDEX).mkdir(exist_ok=True)
        for name, table in tables.items():
            replace(study / INDEX / name, _encoded(table, token))


def _encoded(table: Any, token: bytes) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = pa.BufferOutputStream()
    pq.write_table(
        table.replace_schema_metadata({**(table.schema.metadata or {}), _TOKEN: token}),
        buffer,
        compression="none",  # reading is what must be fast, and noise hardly shrinks
        use_dictionary=["run"],
        write_statistics=False,
    )
    return buffer.getvalue().to_pybytes()  # type: ignore[no-any-return]


@contextmanager
def unmarked(study: Path) -> Iterator[None]:
    """Leave a study's folder as old as it was: being read does not make it the latest."""
    before = study.stat()
    yield
    os.utime(study, ns=(before.st_atime_ns, before.st_mtime_ns))
