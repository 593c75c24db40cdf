"""A study of runs that another tool has logged: two frames in memory, or two files in a folder.

    imported.json      where it is from, and the checksums of the two others; written last
    runs.parquet       a row a run: its name, configuration, seed, and how it ended
    timelines.parquet  a row a run and epoch: the curves, NaN where nothing was logged

Owns what the two frames must have, and how a log becomes curves over epochs from 0.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.study.folders import IMPORTED
from analysis.study.index import Contents
from analysis.study.parquet import encoded, opened
from analysis.study.reading import RESULTS
from analysis.study.timelines import Floats, Timelines
from src.errors import StoreError
from src.storage.files import read_json, replace, to_json
from src.timeline import Ending

RUNS, TIMELINES = "runs.parquet", "timelines.parquet"
MOST_ROWS = 20_000_000
"""Of all timelines together, an epoch each from 0 to a run's last."""
FORMAT = 1


def contents_of(
    runs: pd.DataFrame,
    timelines: pd.DataFrame,
    *,
    run: str = "run",
    epoch: str = "epoch",
    seed: str | None = None,
) -> Contents:
    """Return what a study holds; the parameters and errors are those of `analysis.from_frames`."""
    rows, logged = _checked(runs, timelines, run, epoch)
    names = [str(name) for name in logged if name not in ("run", "epoch")]
    if not names:
        raise StoreError("timelines must have a column of numbers for a curve at least")
    code = pd.Index(rows.index).get_indexer(logged["run"])
    at = logged["epoch"].to_numpy(np.int64)
    last = np.full(len(rows), -1, np.int64)
    np.maximum.at(last, code, at)
    lengths = last + 1
    if lengths.sum() > MOST_ROWS:
        raise StoreError(
            f"timelines must have at most {MOST_ROWS:,} epochs of all runs together, got "
            f"{lengths.sum():,}: divide the steps"
        )
    places = (np.cumsum(lengths) - lengths)[code] + at

    @cache
    def source(name: str) -> Floats:
        flat = np.full(int(lengths.sum()), np.nan)
        flat[places] = logged[name].to_numpy(np.float64)
        return flat

    of = Timelines(names, lengths, source)
    table = _rows(rows, of, seed)
    return Contents(table, [Path(str(name)) for name in rows.index], lambda: of, imported=True)


def _checked(
    runs: pd.DataFrame, timelines: pd.DataFrame, run: str, epoch: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the runs by name, and the timelines with a row a run and epoch."""
    runs = runs.reset_index() if runs.index.name == run and run not in runs else runs
    for what, frame, keys in (("runs", runs, [run]), ("timelines", timelines, [run, epoch])):
        if missing := [key for key in keys if key not in frame]:
            there = ", ".join(map(str, frame.columns))
            raise StoreError(f"{what} must have a column {missing[0]!r}, got {there}")
    rows = runs.assign(**{run: runs[run].astype(str)}).set_index(run)
    if rows.index.has_duplicates:
        raise StoreError(
            f"runs must name each run once, got {rows.index[rows.index.duplicated()][0]} twice"
        )
    if rows.empty:
        raise StoreError("runs must have a row at least")
    rows.index = pd.Index(rows.index, name="run", dtype="str")
    rows.columns = rows.columns.map(str)
    numbers = timelines.drop(columns=[run, epoch]).select_dtypes(["number", "bool"])
    logged = numbers.astype(np.float64).rename(columns=str)
    steps = pd.to_numeric(timelines[epoch], errors="coerce")
    if not ((steps >= 0) & (steps == np.floor(steps)) & (steps < 2**53)).all():
        raise StoreError(f"{epoch} of timelines must be a whole number from 0 on in every row")
    logged.insert(0, "epoch", steps.astype(np.int64))
    logged.insert(0, "run", timelines[run].astype(str))
    if strange := set(logged["run"]) - set(rows.index):
        raise StoreError(f"timelines have a run {min(strange)} that is no row of runs")
    # Several rows of one epoch, as loggers write that log curves apart: the last of each counts.
    return rows, logged.groupby(["run", "epoch"], sort=False).last().reset_index()


def _rows(rows: pd.DataFrame, of: Timelines, seed: str | None) -> pd.DataFrame:
    """Return the columns of `sweep.runs`."""
    if seed is not None and seed not in rows:
        raise StoreError(f"seed must be a column of runs, got {seed!r}: {', '.join(rows.columns)}")
    unit = rows.get(seed or "seed")
    results = rows[[name for name in ("outcome", "seconds", "message") if name in rows]]
    config = rows.drop(columns=[*results, *([seed or "seed"] if unit is not None else [])])
    own = {*RESULTS, *of.names, "seed", "epochs"}
    table = config.rename(columns={key: f"config.{key}" for key in config if key in own})
    for key in [key for key in table if not pd.api.types.is_numeric_dtype(table[key])]:
        table[key] = [
            None if _missing(v) else v if isinstance(v, bool) else str(v) for v in table[key]
        ]
    table["seed"] = rows.index.to_numpy() if unit is None else unit.to_numpy()
    table["epochs"] = np.maximum(of.lengths - 1, 0)
    outcome = results["outcome"] if "outcome" in results else pd.Series("finished", rows.index)
    if odd := set(outcome) - set(Ending.__members__):
        raise StoreError(
            f"outcome of a run must be one of {', '.join(Ending.__members__)}, got {odd.pop()}"
        )
    table["outcome"] = outcome
    table["epoch"] = np.where(of.lengths > 0, of.lengths - 1.0, np.nan)
    table["place"] = pd.Series([None] * len(rows), rows.index, dtype=object)
    table["message"] = results["message"] if "message" in results else table["place"]
    ends = np.cumsum(of.lengths) - 1
    has = of.lengths > 0
    finals = {name: np.full(len(rows), np.nan) for name in of.names}
    for name, values in finals.items():
        values[has] = of.flat(name)[ends[has]]
    table["seconds"] = results["seconds"].astype(np.float64) if "seconds" in results else np.nan
    table["finished"], table["engine"], table["digest"] = "", 0, ""
    whole: pd.DataFrame = pd.concat([table, pd.DataFrame(finals, rows.index)], axis="columns")
    return whole


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value))


def write_imported(
    study: Path,
    runs: pd.DataFrame,
    timelines: pd.DataFrame,
    origin: Mapping[str, str],
    seed: str | None = None,
) -> Contents:
    """Write a new study, and return what it holds.

    Parameters
    ----------
    study : its folder, which must not be there
    runs, timelines, seed : as of `contents_of`, with columns `run` and `epoch`
    origin : the kind of the source and its path

    Raises
    ------
    StoreError
        The frames are no study, or the folder is there or cannot be written.
    """
    import pyarrow as pa

    contents = contents_of(runs, timelines, seed=seed)
    of = contents.timelines()
    own = [name for name in contents.runs if name not in of.names]
    rows = contents.runs[own].drop(
        columns=["epochs", "epoch", "place", "finished", "engine", "digest"]
    )
    _, logged = _checked(runs, timelines, "run", "epoch")
    frames = {RUNS: rows.reset_index(), TIMELINES: logged}
    try:
        files = {
            n: encoded(pa.Table.from_pandas(f, preserve_index=False)) for n, f in frames.items()
        }
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise StoreError(f"runs must have values of one kind in a column: {error}") from error
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    if study.exists():
        raise StoreError(f"{study} must be a new study, and is there already")
    try:
        study.mkdir(parents=True)
        for name, data in files.items():
            replace(study / name, data)
        replace(study / IMPORTED, to_json({"format": FORMAT, **origin, "files": sums}))
    except OSError as error:
        raise StoreError(f"{study} cannot be written: {error.strerror or error}") from error
    return contents


def read_imported(study: Path) -> Contents:
    """Read an imported study.

    Raises
    ------
    StoreError
        A file of it is missing or damaged.
    """
    origin = read_json(study / IMPORTED, "the origin of an imported study")
    if not isinstance(origin, dict) or origin.get("format") != FORMAT:
        raise StoreError(f"{study / IMPORTED} is not the origin of an imported study")
    frames = []
    for name in (RUNS, TIMELINES):
        try:
            file = opened(study / name, origin["files"][name], MOST_ROWS)
            frames.append(file.read().to_pandas())
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreError(f"{study / name} is damaged: {error}") from error
    return contents_of(*frames)
