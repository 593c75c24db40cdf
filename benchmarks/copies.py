"""A large study that nobody trained: one run that was, copied under other configs and ids.

Owns the copies, which nothing that reads a study can tell from runs of their own, and that our
files stand beside the peers' stores as one more of them.
"""

import json
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, runtime_checkable

import pandas as pd

from analysis import load_sweep
from analysis.study.index import INDEX
from benchmarks.networks import A
from src import ENGINE_VERSION
from src.execution.job import WRITERS, Job, run_jobs
from src.run import Run
from src.storage.files import to_json
from src.storage.identity import folder_name, run_id
from src.storage.record import Record
from src.storage.run_folder import RECORD, has_result
from src.storage.store import read_curves, read_record, write_run
from src.storage.study import run_folders
from src.timeline import Timeline
from src.training.trainer import train

CHOICES = {
    "act": "tanh",
    "order": "random",
    "init": "uniform",
    "lr": "equal",
    "data": "mnist_3v1",
    "net": "two_28x28",
}
RATES = 100
"""A study of n runs has so many rates, and n / RATES seeds."""


class Reader(Protocol):
    """Something that reads a store of runs."""

    def finished(self) -> int:
        """List the finished runs, and return how many there are."""

    def timelines(self) -> pd.DataFrame:
        """Read everything: `run`, `epoch`, and a column a curve."""

    def size(self) -> int:
        """Return the bytes that it takes up on the disk."""


@runtime_checkable
class Store(Reader, Protocol):
    """Something that keeps runs."""

    def write(self, jobs: Sequence[Job], curves: dict[str, list[float]]) -> None:
        """Keep jobs as finished runs, each with its parameters and these curves."""


@dataclass(eq=False)
class Ours:
    """A study's folder."""

    study: Path
    timeline: Timeline
    record: Record

    def write(self, jobs: Sequence[Job], curves: dict[str, list[float]]) -> None:
        """Write the folders as a sweep does: so many at a time, each flushed to the disk."""

        def write(job: Job) -> None:
            record = replace(self.record, id=job.id, config=job.run.record())
            write_run(job.folder, record, self.timeline)

        with ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(write, jobs))

    def finished(self) -> int:
        """List the runs that have a result."""
        return sum(has_result(folder) for folder in run_folders(self.study))

    def timelines(self) -> pd.DataFrame:
        """Load the study, from its index if it has one."""
        return load_sweep(self.study).timelines

    def size(self) -> int:
        """Return the bytes of its folders and files, in the blocks of the file system."""
        return blocks(self.study)


class WithoutIndex:
    """The same study, whose index is deleted before it is read."""

    def __init__(self, written: Ours) -> None:
        self.study, self.finished = written.study, written.finished

    def timelines(self) -> pd.DataFrame:
        """Load the study, which writes its index anew."""
        shutil.rmtree(self.study / INDEX, ignore_errors=True)
        return load_sweep(self.study).timelines

    def size(self) -> int:
        """Return the bytes of everything but the index."""
        return blocks(self.study) - blocks(self.study / INDEX)


def blocks(path: Path) -> int:
    """Return the bytes of all blocks of a file or folder."""
    return sum(p.lstat().st_blocks * 512 for p in [path, *path.rglob("*")])


def jobs_of(study: Path, count: int) -> list[Job]:
    """Return as many jobs of a study as asked for: no two alike, none of them trained."""
    digest = A.dataset().digest
    jobs = []
    for i in range(count):
        seed = i // RATES
        run = replace(A, lrA=A.lrA * (1 + i % RATES), seed=seed)
        run = replace(run, subset_seed=seed, init_seed=seed, order_seed=seed)
        jobs.append(_job(run, study, digest))
    return jobs


def _job(run: Run, study: Path, digest: str) -> Job:
    record = run.record()
    config = "".join(f"{key}: {json.dumps(value)}\n" for key, value in record.items())
    name = run_id(record, digest, ENGINE_VERSION)
    folder = study / name[:2] / folder_name(record, name)
    return Job(
        run=run,
        digest=digest,
        id=name,
        folder=folder,
        choices=tuple(CHOICES.items()),
        words=(f"lrA={run.lrA}",),
        config=config,
    )


@dataclass(eq=False)
class Original:
    """A run that was trained, in a folder of its own, and everything about it."""

    folder: Path
    timeline: Timeline
    record: Record
    curves: dict[str, list[float]]

    @classmethod
    def trained(cls, place: Path) -> "Original":
        """Train network A once, as a sweep does."""
        job = jobs_of(place, 1)[0]
        run_jobs([job])
        timeline = train([job.run], job.run.dataset())[0]
        curves = {name: curve.tolist() for name, curve in read_curves(job.folder).items()}
        return cls(job.folder, timeline, read_record(job.folder), curves)

    def copy(self, jobs: Sequence[Job], record_alone: bool = False) -> None:
        """Copy its files into the folders of jobs, quickly: nothing is flushed to the disk."""
        paths = [p.relative_to(self.folder) for p in sorted(self.folder.rglob("*")) if p.is_file()]
        files = {path: (self.folder / path).read_bytes() for path in paths}
        del files[Path(RECORD)]
        if record_alone:
            files.clear()
        for job in jobs:
            for path in {Path(), *(path.parent for path in files)}:
                (job.folder / path).mkdir(parents=True, exist_ok=True)
            for path, data in files.items():
                (job.folder / path).write_bytes(data)
            record = replace(self.record, id=job.id, config=job.run.record())
            (job.folder / RECORD).write_bytes(to_json(record.to_fields()))
