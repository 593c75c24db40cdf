"""A Parquet index of a large study: what its files say, in two files that can be read at once.

Owns `.index/` in a study's folder: `runs.parquet`, a row a run with the stamps of its files,
`timelines.parquet`, the curves, a column each, and `checksums.json` of both, which is written last.
It is a copy: deleting it costs nothing but time, and a file is not even opened as Parquet before
its checksum holds, for a flipped bit can end the process.
A run whose files have another stamp is read from its files; where many are, the index is written
anew. Nothing is locked, and a study that cannot be written to simply has no index.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.study.parquet import encoded, opened
from analysis.study.reading import RESULTS, chained, read_rows, read_timelines, typed
from analysis.study.stamps import STAMPS, Stamps, ended, still_true
from analysis.study.timelines import Floats, Ints, Timelines
from src.storage.files import read_json, replace, to_json
from src.timeline import CURVES as DECLARED

INDEX = ".index"
RUNS, CURVES, CHECKSUMS = "runs.parquet", "timelines.parquet", "checksums.json"
WORTH = 500
"""Runs from which reading an index is faster than reading the files; fewer have none."""
STALE = 200
"""Runs that are read from their files before the index is written anew."""

_OWN = [*STAMPS, "_folder", "_rows"]


@dataclass(frozen=True, eq=False)
class Contents:
    """What a study's folder holds.

    Attributes
    ----------
    runs : a row a run, by run id
    folders : of each run
    timelines : reads the curves of each run
    imported : whether another tool logged them: then a curve may have gaps, and runs no files
    """

    runs: pd.DataFrame
    folders: list[Path]
    timelines: Callable[[], Timelines]
    imported: bool = False

    def take(self, places: Ints) -> "Contents":
        """Return the part of some runs, in that order."""
        return Contents(
            self.runs.iloc[places],
            [self.folders[i] for i in places],
            lambda: self.timelines().take(places),
            self.imported,
        )


def read_study(study: Path) -> Contents:
    """Read a study, from its index where that is whole and still true."""
    folders, stamps = ended(study)
    if len(folders) < WORTH:
        return _of_files(folders)[0]
    try:
        indexed = _of_index(study, folders, stamps)
    except Exception:  # noqa: BLE001  whatever is wrong with a copy, the files are there
        indexed = None
    if indexed is not None:
        return indexed
    contents, timelines = _of_files(folders)
    row = {folder: i for i, folder in enumerate(folders)}
    _write(study, contents, timelines, stamps[[row[folder] for folder in contents.folders]])
    return contents


def _of_files(folders: list[Path]) -> tuple[Contents, Timelines]:
    rows = read_rows(folders)
    # Now: a sweep is what was there when it was loaded.
    timelines = read_timelines(rows.runs, rows.folders, rows.checksums)
    return Contents(rows.runs, rows.folders, lambda: timelines), timelines


def _of_index(study: Path, folders: list[Path], stamps: Stamps) -> Contents | None:
    """Read what the index has, and the rest from files; None where that is too much."""
    checksums = read_json(study / INDEX / CHECKSUMS, "the checksums of an index")
    indexed = _runs(study, checksums[RUNS], most=len(folders) + STALE + WORTH)
    old, places = still_true(indexed, study, folders, stamps)
    fresh = [folder for folder, is_old in zip(folders, old, strict=True) if not is_old]
    if len(fresh) > STALE:
        return None
    runs = indexed.iloc[places].drop(columns=_OWN)
    stored = _timelines(study, checksums[CURVES], indexed["_rows"].to_numpy(np.int64))
    of_index = [folder for folder, is_old in zip(folders, old, strict=True) if is_old]
    if not fresh:
        return Contents(runs, of_index, lambda: stored().take(places))
    new, _ = _of_files(fresh)
    both = pd.concat([runs, new.runs]) if len(new.runs) else runs
    if not both.index.is_unique:
        return None
    return Contents(
        both,
        [*of_index, *new.folders],
        lambda: chained([stored().take(places), new.timelines()]),
    )


def _runs(study: Path, checksum: str, most: int) -> pd.DataFrame:
    """Read the index's row a run."""
    runs = typed(opened(study / INDEX / RUNS, checksum, most).read().to_pandas())
    rows, epoch = runs["_rows"], runs["epoch"].fillna(-1)
    if {*RESULTS, *DECLARED} - set(runs) or not ((rows == 0) | (rows == epoch + 1)).all():
        raise ValueError("it is not an index of runs")
    return runs


def _timelines(study: Path, checksum: str, lengths: Ints) -> Callable[[], Timelines]:
    """Return what reads the index's curves, a column when it is asked for.

    The file is opened now: should the index be written anew, this is still the one that belongs to
    the runs.
    """
    file = opened(study / INDEX / CURVES, checksum, most=int(lengths.sum()))
    names = [name for name in file.schema_arrow.names if name not in ("run", "epoch")]

    def column(name: str) -> Floats:
        values: Floats = file.read([name]).column(0).to_numpy()
        return values

    return lambda: Timelines(names, lengths, column)


def _write(study: Path, contents: Contents, timelines: Timelines, stamps: Stamps) -> None:
    """Write both files, the timelines first; in a folder that cannot be written to, nothing.

    Nor through a link, which could lead out of a study that somebody else made.
    """
    import pyarrow as pa

    if (study / INDEX).is_symlink():
        return

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
    files = {CURVES: encoded(pa.table(curves, flat)), RUNS: encoded(pa.Table.from_pandas(rows))}
    checksums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    with suppress(OSError):
        (study / INDEX).mkdir(exist_ok=True)
        for name, data in files.items():
            replace(study / INDEX / name, data)
        replace(study / INDEX / CHECKSUMS, to_json(checksums))
