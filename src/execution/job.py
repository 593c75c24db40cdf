"""What one job does, and what a batch of jobs does together: train, and fill the run folders.

Owns the step from runs to folders, for every launcher. Where a run's folder lies is told by the
caller.
"""

import errno
import os
import sys
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from src import ENGINE_VERSION
from src.errors import DataError, StoreError
from src.execution.interruption import Interrupted
from src.execution.resume import fitting, missing_curves
from src.run import Run
from src.storage.checkpoint import Checkpoint
from src.storage.job_files import checksums, log, open_folder
from src.storage.provenance import provenance
from src.storage.record import Record
from src.storage.run_folder import is_done
from src.storage.store import read_checkpoint, read_record, write_checkpoint, write_run
from src.timeline import Ending, Outcome, Timeline
from src.training.trainer import train

WRITERS = 8

Watch = Callable[[int, int], bool]
"""Told the epoch and how many runs have not ended; whether to stop there."""


@dataclass(frozen=True)
class Job:
    """A run, the folder that it fills, and what it was asked for with."""

    run: Run
    digest: str
    """Of the digits that it was composed with."""
    id: str
    folder: Path
    choices: tuple[tuple[str, str], ...]
    """The chosen name of every config group."""
    words: tuple[str, ...]
    """Its overrides."""
    config: str
    """Its whole config as YAML."""
    checkpoint_seconds: float = 30.0


def run_jobs(
    jobs: Sequence[Job], watch: Watch = lambda epoch, alive: False
) -> list[tuple[Job, Record]]:
    """Train jobs of one structure together and fill their folders.

    Jobs that were interrupted go on from their checkpoints; the bits are those of a run that never
    stopped.

    Returns
    -------
    Every job with its record, as written.

    Raises
    ------
    DataError
        The digits are not those any more with which the jobs were composed.
    Interrupted
        `watch` said so; checkpoints are kept.
    """
    with ThreadPoolExecutor(WRITERS) as pool:
        opened = list(zip(jobs, pool.map(_open, jobs), strict=True))
    records = [(job, failure) for job, failure in opened if failure is not None]
    jobs = [job for job, failure in opened if failure is None]
    together: dict[int | None, list[tuple[Job, Checkpoint | None]]] = defaultdict(list)
    lacking = {}
    for job in jobs:
        checkpoint = fitting(read_checkpoint(job.folder), job.run)
        if checkpoint and (names := missing_curves(checkpoint)):
            lacking[job.id] = f"its checkpoint at epoch {checkpoint.epoch} has no {names}"
            checkpoint = None
        together[checkpoint.epoch if checkpoint else None].append((job, checkpoint))
    for group in together.values():
        records += _run_group(group, watch, lacking)
    return records


def _open(job: Job) -> Record | None:
    """Open a job's folder; return how it failed where that alone cannot be written."""
    try:
        open_folder(job.folder, job.config, job.words)
    except OSError as error:
        return _unwritten(job, error)
    return None


def _unwritten(job: Job, error: OSError) -> Record:
    """Return the record of a run whose folder cannot be written; no file can hold it.

    Raises
    ------
    OSError
        The disk is full: no other run could be written either.
    """
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        raise error
    return failure(job, f"{job.folder} cannot be written: {error.strerror or error}")


def failure(job: Job, message: str) -> Record:
    """Return the record of a run that failed, and write nothing."""
    return _record(job, Outcome(Ending.failed, None, message=message), {"seconds": 0.0})


def _run_group(
    group: Sequence[tuple[Job, Checkpoint | None]], watch: Watch, lacking: Mapping[str, str]
) -> list[tuple[Job, Record]]:
    start = time.monotonic()
    jobs = [job for job, _ in group]
    runs = [job.run for job in jobs]
    dataset = runs[0].dataset()  # all runs of a stack have the same
    if dataset.digest != jobs[0].digest:
        raise DataError(f"{runs[0].folder} holds other digits than when the sweep began")
    resumed = {job.run: checkpoint for job, checkpoint in group if checkpoint}
    keeper = _Keeper(jobs, watch)
    try:
        timelines = train(runs, dataset, keeper, resumed)
    except Interrupted:
        for job in jobs:
            end_without_result(job, Ending.interrupted, "stopped between two epochs")
        raise
    seconds = (time.monotonic() - start) / len(jobs)

    def write(job: Job, timeline: Timeline) -> Record:
        resumed_from = resumed[job.run].epoch if job.run in resumed else None
        stack: dict[str, Any] = {
            "seconds": round(seconds, 6),
            "stack": len(jobs),
            "resumed_from": resumed_from,
        }
        if job.id in lacking:
            stack["started_anew"] = lacking[job.id]
        record = _record(job, timeline.outcome, stack)
        notes = log(record)
        record.execution["texts"] = checksums(job.config, job.words, notes)
        try:
            return write_run(job.folder, record, timeline, notes)
        except StoreError as error:
            if not isinstance(error.__cause__, OSError):
                raise
            return _unwritten(job, error.__cause__)

    # The disk takes milliseconds to make a file safe, and makes many safe in the same time.
    with ThreadPoolExecutor(WRITERS) as pool:
        return list(zip(jobs, pool.map(write, jobs, timelines), strict=True))


class _Keeper:
    """Keeps checkpoints, one each so many seconds and one when asked to stop."""

    def __init__(self, jobs: Sequence[Job], watch: Watch) -> None:
        self.folders = {job.run: job.folder for job in jobs}
        self.seconds = jobs[0].checkpoint_seconds
        self.epochs = jobs[0].run.epochs
        self.watch = watch
        self.last = time.monotonic()

    def __call__(
        self, epoch: int, alive: int, checkpoints: Callable[[], dict[Run, Checkpoint]]
    ) -> None:
        stop = self.watch(epoch, alive)
        if epoch == self.epochs or not alive:
            return  # there is nothing left to go on with
        if stop or time.monotonic() - self.last >= self.seconds:
            for run, checkpoint in checkpoints().items():
                if not is_done(self.folders[run]):  # by another task that has the same run
                    write_checkpoint(self.folders[run], checkpoint)
            self.last = time.monotonic()
        if stop:
            raise Interrupted


def end_without_result(job: Job, ending: Ending, message: str) -> Record:
    """Write the folder of a run that failed or was interrupted.

    Where another task has brought it to its end meanwhile, its result stands.
    """
    if is_done(job.folder):
        return read_record(job.folder)
    record = _record(job, Outcome(ending, None, message=message), {"seconds": 0.0})
    return write_run(job.folder, record, None, log(record))


def describe(error: BaseException) -> str:
    """Return the traceback of an exception as text, with paths as seen from their own roots."""
    text = "".join(traceback.format_exception(error))
    for root in (Path(__file__).resolve().parents[2], sys.prefix, sys.base_prefix):
        text = text.replace(f"{root}{os.sep}", "")
    return text


def _record(job: Job, outcome: Outcome, execution: dict[str, Any]) -> Record:
    finished = {"finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    return Record(
        id=job.id,
        config=job.run.record(),
        choices=dict(job.choices),
        data_digest=job.digest,
        engine_version=ENGINE_VERSION,
        outcome=outcome,
        execution=execution | finished | provenance(),
    )
