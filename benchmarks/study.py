"""A study of many runs, read again, beside MLflow and Optuna. `python -m benchmarks.study`.

Two questions of issue 4: does a study of 100,000 runs stay usable, and what do the same runs cost
in MLflow's SQLite store and in Optuna's SQLite storage? The comparison needs `mlflow` (or
`mlflow-skinny` with `sqlalchemy` and `alembic`) and `optuna`, and the index `pyarrow`; without one
of them its rows are missing, and a sentence says so. All files go to a temporary folder, and are
in the system's cache when they are read.
"""

import shutil
import tempfile
from pathlib import Path

import pandas as pd

from analysis import load_sweep
from analysis.study.index import INDEX
from benchmarks.copies import Original, Ours, blocks, jobs_of
from benchmarks.machine import has
from benchmarks.shell import Took
from benchmarks.stores import comparison
from benchmarks.table import Table, parser, publish
from benchmarks.wall import best
from src.launch.sweep import missing
from src.storage.store import damage

LISTED = 100_000


def main() -> None:
    """Synthesise the studies, ask the questions and publish the tables."""
    arguments = parser(__doc__)
    arguments.add_argument("--runs", type=int, default=10_000, help="of the study that is read")
    arguments.add_argument("--listed", type=int, default=LISTED, help="runs of the one listed")
    arguments.add_argument("--peers", type=int, default=100, help="runs that the peers are given")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        original = Original.trained(folder / "original")
        ours = Ours(folder / "many", original.timeline, original.record)
        scale = Table("A large study", ["what", "runs", "wall s", "processor s", "target"])
        listing(scale, Ours(folder / "listed", ours.timeline, ours.record), original, given.listed)
        recognising(scale, ours, original, given.runs)
        loading(scale, ours, given.runs)
        beside = comparison(folder, ours, original, given.runs, given.peers)
        publish("A study of many runs", [scale, beside], given.out)  # deleting takes minutes


def listing(table: Table, ours: Ours, original: Original, count: int) -> None:
    """Tell how long it takes to find all runs that have a result."""
    original.copy(jobs_of(ours.study, count), record_alone=True)
    took, found = best(ours.finished)
    _expect("runs with a result", found, count)
    _row(table, "list what has a result", count, took, f"< 5 s for {LISTED:,}")
    table.notes.append("The study that is listed holds the records alone: no other file is seen.")


def recognising(table: Table, ours: Ours, original: Original, count: int) -> None:
    """Tell how long it takes to see that runs are done already, every checksum tried."""
    jobs = jobs_of(ours.study, count)
    original.copy(jobs)
    took, wrong = best(lambda: [damage(job.folder, job.id) for job in jobs])
    _expect("whole runs", wrong.count(None), count)
    _row(table, f"verify every checksum ({_each(took, count)})", count, took, "< 1 ms each")
    took, todo = best(lambda: missing(jobs, ours.study, force=False))
    _expect("missing runs", len(todo), 0)
    _row(table, f"`missing`: recognise, tidy ({_each(took, count)})", count, took, "< 1 ms each")


def loading(table: Table, ours: Ours, count: int) -> None:
    """Tell how long it takes to have all runs and timelines in pandas."""

    def load() -> tuple[pd.DataFrame, pd.DataFrame]:
        sweep = load_sweep(ours.study)
        return sweep.runs, sweep.timelines

    def load_files() -> tuple[pd.DataFrame, pd.DataFrame]:
        shutil.rmtree(ours.study / INDEX, ignore_errors=True)
        return load()

    took, of_files = best(load_files, turns=2)
    what = "`load_sweep` from the files, writing the index"
    _row(table, what, count, took, "≤ 15 s for 10,000")
    if has("pyarrow"):
        took, of_index = best(load, turns=5)
        for files, index in zip(of_files, of_index, strict=True):
            pd.testing.assert_frame_equal(files, index)
        _row(table, "`load_sweep` from the index", count, took, "≤ 1 s for 10,000")
        took, _ = best(lambda: load_sweep(ours.study).runs, turns=5)
        _row(table, "its runs alone", count, took, "")
        size = f"index {blocks(ours.study / INDEX) / count / 1e3:.1f} kB a run"
    else:
        size = "no index"
    everything = ours.size() / count / 1e3
    table.notes.append(f"On the disk: {everything:.1f} kB a run, all files and folders ({size}).")
    table.notes.append(f"`load_sweep` means runs and timelines: {len(of_files[1]):,} rows.")


def _row(table: Table, what: str, count: int, took: Took, target: str) -> None:
    table.add(what, f"{count:,}", f"{took.wall:.2f}", f"{took.processor:.2f}", target)


def _each(took: Took, count: int) -> str:
    return f"{took.wall / count * 1e3:.2f} ms each"


def _expect(what: str, got: int, expected: int) -> None:
    if got != expected:
        raise ValueError(f"{what} must be {expected}, got {got}: the time would mean nothing")


if __name__ == "__main__":
    main()
