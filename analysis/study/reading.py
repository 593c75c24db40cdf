"""A study's folder becomes a row a run, from the files that each run left.

Owns the columns of `sweep.runs`, and that one bad run never hides the others: it is warned of by
its path. The index that makes this fast is the affair of `index.py`.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.study.timelines import Floats, Ints, Timelines
from src.errors import StoreError
from src.storage.identity import ID_LENGTH
from src.storage.record import Record
from src.storage.run_folder import TIMELINE
from src.storage.store import read_curves, read_record
from src.timeline import CURVES

RESULTS = ("outcome", "epoch", "place", "message", "seconds", "finished", "engine", "digest")
"""Columns of `sweep.runs` that are neither a key nor a curve."""


@dataclass(frozen=True, eq=False)
class Rows:
    """The records of runs that could be read: a row a run, by run id."""

    runs: pd.DataFrame
    folders: list[Path]
    checksums: list[str | None]
    """Of the runs' timelines."""


def read_rows(folders: Sequence[Path]) -> Rows:
    """Read the records of runs.

    Parameters
    ----------
    folders : of runs; one whose record is damaged or another run's is warned of and left out
    """
    records: dict[str, tuple[Path, Record]] = {}
    for folder in folders:
        try:
            record = read_record(folder)
            if folder.name[-ID_LENGTH:] != record.id:
                raise StoreError(f"{folder} holds the record of another run, {record.id}")
            if record.id in records:
                raise StoreError(f"{folder} holds a run that {records[record.id][0]} holds too")
            records[record.id] = folder, record
        except StoreError as error:
            warnings.warn(str(error), stacklevel=2)
    index = pd.Index(list(records), name="run", dtype="str")
    rows = pd.DataFrame([_row(record) for _, record in records.values()], index=index)
    return Rows(
        typed(rows),
        [folder for folder, _ in records.values()],
        [record.files.get(TIMELINE) for _, record in records.values()],
    )


def typed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row a run with the types that the columns have, whatever is missing."""
    numbers = [name for name in ("epoch", *CURVES, "seconds") if name in rows]
    words = [name for name in ("place", "folder", "message") if name in rows]
    rows = rows.astype(dict.fromkeys(numbers, np.float64) | dict.fromkeys(words, object))
    return rows.assign(**{name: rows[name].where(rows[name].notna(), None) for name in words})


def _row(record: Record) -> dict[str, Any]:
    config = {
        key: str(value) if isinstance(value, list) else value
        for key, value in record.config.items()
        if key not in record.choices
    }
    final = dict.fromkeys(CURVES, float("nan"))
    final |= {name: float("nan") if v is None else v for name, v in record.final.items()}
    return {
        **record.choices,
        **config,
        "outcome": record.outcome.ending.name,
        "epoch": record.outcome.epoch,
        "place": record.outcome.place,
        "message": record.outcome.reason or None,
        **final,
        "seconds": record.execution.get("seconds"),
        "finished": str(record.execution.get("finished", "")),
        "engine": record.engine_version,
        "digest": record.data_digest[:ID_LENGTH],
    }


def read_timelines(
    runs: pd.DataFrame, folders: Sequence[Path], checksums: Sequence[str | None]
) -> Timelines:
    """Read the curves of runs from their files.

    A timeline that is damaged, or not the one that was written, is warned of and has no rows.
    """
    if runs.empty:
        return Timelines(list(CURVES), np.empty(0, np.int64), lambda name: np.empty(0))
    ended = runs["epoch"].to_numpy(dtype=np.float64, na_value=np.nan)
    lengths = np.where(np.isnan(ended), -1, ended).astype(np.int64) + 1
    whole = runs["epochs"].to_numpy(dtype=np.int64) + 1
    curves = [
        _curves(folder, checksum, int(rows), int(all_)) if rows else {}
        for folder, checksum, rows, all_ in zip(folders, checksums, lengths, whole, strict=True)
    ]
    lengths = np.array([len(next(iter(of.values()))) if of else 0 for of in curves], np.int64)
    names = dict.fromkeys([*CURVES, *(name for of in curves for name in of)])

    @cache
    def source(name: str) -> Floats:
        parts = [of.get(name, np.full(n, np.nan)) for of, n in zip(curves, lengths, strict=True)]
        return np.concatenate(parts) if parts else np.empty(0)

    return Timelines(list(names), lengths, source)


def _curves(folder: Path, checksum: str | None, rows: int, whole: int) -> dict[str, Floats]:
    try:
        curves = read_curves(folder, checksum)
        if any(len(curve) != whole for curve in curves.values()):
            raise StoreError(f"{folder / TIMELINE} is not the timeline of its run")
    except StoreError as error:
        warnings.warn(str(error), stacklevel=2)
        return {}
    return {name: curve[:rows] for name, curve in curves.items()}


def chained(parts: Sequence[Timelines]) -> Timelines:
    """Return the timelines of several sources, one after the other."""
    names = dict.fromkeys(name for part in parts for name in part.names)
    lengths: Ints = np.concatenate([part.lengths for part in parts])

    @cache
    def source(name: str) -> Floats:
        return np.concatenate(
            [
                part.flat(name) if name in part.names else np.full(part.lengths.sum(), np.nan)
                for part in parts
            ]
        )

    return Timelines(list(names), lengths, source)
