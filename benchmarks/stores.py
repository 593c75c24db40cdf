"""The same runs in several stores: what writing, listing and reading them costs.

Owns the comparison, and that all stores give the same numbers back: one that is quick and wrong is
found out here.
"""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from benchmarks.copies import Original, Ours, Reader, Store, WithoutIndex, blocks, jobs_of
from benchmarks.machine import has
from benchmarks.table import Table, ratio
from benchmarks.wall import best

COLUMNS = (
    *("who", "runs measured", "write ms a run", "list finished s"),
    *("all timelines s", "times the first", "kB a run"),
)
NOTE = """\
Seconds are those of {count:,} runs: where fewer were measured, in proportion. Everyone writes as \
its users do, and flushes to the disk: ours eight folders at a time, MLflow by `log_batch`, Optuna \
by `add_trial`, with the objective as intermediate values and the other curves as user attributes. \
Optuna lists trials by reading all that they hold. Only ours keeps the filters and parameters too, \
{arrays:.1f} kB a run of its files. All timelines that were read agree exactly."""


def comparison(folder: Path, ours: Ours, original: Original, count: int, peers: int) -> Table:
    """Measure every store that is installed.

    Parameters
    ----------
    folder : for the stores' files
    ours : a study that holds `count` runs already
    original : the run that all of them are copies of
    count : the runs that all seconds are told for
    peers : the runs that the peers are given
    """
    table = Table(f"{count:,} runs: 13 curves of 201 epochs, and the keys", COLUMNS)
    few = Ours(folder / "few", ours.timeline, ours.record)
    few.study.mkdir()
    jobs = jobs_of(few.study, peers)

    first = float("nan")

    def written(store: Store) -> str:
        took, _ = best(lambda: store.write(jobs, original.curves), turns=1)
        return f"{took.wall / peers * 1e3:.2f}"

    def measure(who: str, store: Reader, runs: int, write: str) -> float:
        listed, found = best(store.finished)
        if found != runs:
            raise ValueError(f"{who} must list {runs} runs, got {found}")
        read, _ = best(lambda: len(store.timelines()), turns=2)
        listing, reading = (took.wall * count / runs for took in (listed, read))
        times, size = ratio(reading, first), f"{store.size() / runs / 1e3:.1f}"
        table.add(who, f"{runs:,}", write, f"{listing:.2f}", f"{reading:.2f}", times, size)
        return reading

    write = written(few)
    frame = _tidy(few.timelines())
    if has("pyarrow"):
        first = measure("Sweepscope, from the index", ours, count, write)
    first_of_files = measure("Sweepscope, from the files", WithoutIndex(ours), count, write)
    first = first_of_files if first != first else first
    for who, store in _peers(folder):
        write = written(store) if isinstance(store, Store) else ""
        pd.testing.assert_frame_equal(_tidy(store.timelines()), frame, check_exact=True)
        measure(who, store, peers, write)
    table.notes = [NOTE.format(count=count, arrays=_arrays(original) / 1e3), *_missing()]
    return table


def _peers(folder: Path) -> Iterator[tuple[str, Reader]]:
    """Yield every store that is installed; a second reader after the store that it reads."""
    if has("mlflow"):
        from benchmarks.mlflow_peer import MLflow, MLflowInSQL

        mlflow = MLflow(folder)
        yield "MLflow, SQLite", mlflow
        yield "MLflow, past its client by SQL", MLflowInSQL(mlflow)
    if has("optuna"):
        from benchmarks.optuna_peer import Optuna

        yield "Optuna, SQLite", Optuna(folder)


def _arrays(original: Original) -> int:
    """Return the bytes on the disk of what the peers are not given."""
    return sum(blocks(original.folder / name) for name in ("filters.npz", "parameters.npz"))


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """Return timelines in one order of rows and columns, with one type of text."""
    names = ["run", "epoch", *sorted(set(map(str, frame)) - {"run", "epoch"})]
    frame = frame[names].astype({"run": "object", "epoch": "int64"})
    return frame.sort_values(["run", "epoch"], ignore_index=True)


def _missing() -> list[str]:
    peers = [name for name in ("mlflow", "optuna") if not has(name)]
    return [f"{name} is not installed: its rows are missing." for name in peers]
