"""What one job does, and what a batch of jobs does together: train, and write the run folders.

Owns the step from runs to folders, for every launcher. Where a run's folder lies is told by the
caller.
"""

import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from src import ENGINE_VERSION
from src.config import dataset_of
from src.provenance import provenance
from src.run import Run
from src.store import Record, write_run
from src.timeline import Ending, Outcome
from src.trainer import train


@dataclass(frozen=True)
class Job:
    """A run, the folder that it fills, and what it was asked for with."""

    run: Run
    id: str
    folder: Path
    choices: tuple[tuple[str, str], ...]
    """The chosen name of every config group."""
    words: tuple[str, ...] = ()
    """Its overrides."""
    config: str = ""
    """Its whole config as YAML, for a launcher that keeps `.hydra/` itself."""


def run_jobs(
    jobs: Sequence[Job], on_epoch: Callable[[int, int], None] = lambda epoch, alive: None
) -> list[Record]:
    """Train jobs of one structure as a stack and write their folders.

    Returns
    -------
    The records as written, in the order of the jobs.
    """
    start = time.monotonic()
    runs = [job.run for job in jobs]
    timelines = train(runs, dataset_of(runs[0]), on_epoch)
    seconds = (time.monotonic() - start) / len(jobs)
    records = []
    for job, timeline in zip(jobs, timelines, strict=True):
        record = _record(job, timeline.outcome, seconds, len(jobs))
        write_run(job.folder, record, timeline)
        records.append(record)
    return records


def record_failure(job: Job, message: str) -> Record:
    """Write the folder of a run that an exception or a signal ended."""
    outcome = Outcome(Ending.failed, None, message=message)
    record = _record(job, outcome, 0.0, 1)
    write_run(job.folder, record, None)
    return record


def describe(error: BaseException) -> str:
    """Return the traceback of an exception as text."""
    return "".join(traceback.format_exception(error))


def _record(job: Job, outcome: Outcome, seconds: float, stack: int) -> Record:
    execution: dict[str, Any] = {
        "seconds": round(seconds, 6),
        "stack": stack,
        "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        **provenance(),
    }
    return Record(
        id=job.id,
        config=job.run.record(),
        choices=dict(job.choices),
        data_digest=dataset_of(job.run).digest,
        engine_version=ENGINE_VERSION,
        outcome=outcome,
        execution=execution,
    )
