"""A sweep on a cluster: submit what nobody has, wait for all, try again what was killed.

Owns what a command does with chunks, whoever runs them. Only the command writes to the study as a
whole; a command that is killed loses nothing, for the next one finds the tasks again.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from src.execution.batches import (
    QUEUED,
    Batch,
    Fate,
    Task,
    after_death,
    note_job,
    only,
    write_batch,
)
from src.execution.chunk import Chunk
from src.execution.cluster import LOOK_SECONDS, Cluster, Survey, run_ids
from src.execution.interruption import Interrupted, Interruption
from src.execution.job import Job, end_without_result, failure
from src.execution.worker import Progress
from src.storage.record import Record
from src.storage.run_folder import has_ended
from src.storage.store import read_record
from src.terminal import say
from src.timeline import Ending

KILLED = "its task was killed twice, the second time with no other run: by the system, a lost node "
KILLED += "or a limit of memory"


class Submission:
    """The chunks that have a command's runs, its own and those that were with the cluster before.

    Parameters
    ----------
    study
        Its folder.
    jobs
        What is to be trained.
    cut
        Makes chunks of jobs.
    cluster
        Who runs them.
    """

    def __init__(
        self,
        study: Path,
        jobs: Sequence[Job],
        cut: Callable[[list[Job]], list[Chunk]],
        cluster: Cluster,
    ) -> None:
        self.study, self.cluster = study, cluster
        self.left = {job.id: job for job in jobs}
        self.batches: list[Batch] = []
        self.open: dict[Path, Task] = {}
        self.failed: list[Job] = []
        survey = Survey.of(study, cluster)
        for task in survey.queued:
            if not self.left.keys().isdisjoint(run_ids(task)):
                self._await(task)
        self.adopted = self.left.keys() & survey.busy
        again, fresh = [], []
        groups: dict[Path, tuple[Task, list[str]]] = {}
        for job in jobs:
            last = survey.last.get(job.id)
            if job.id in self.adopted:
                continue
            if last and (last.fate is Fate.killed or last.chunk.deaths):
                groups.setdefault(last.path, (last, []))[1].append(job.id)
            else:
                fresh.append(job)
        for last, ids in groups.values():
            if chunk := only(last.chunk, ids):
                again += self._next(chunk) if last.fate is Fate.killed else [chunk]
        self._submit([*again, *(cut(fresh) if fresh else [])])
        for batch in survey.open:
            if batch not in self.batches and not any(
                task.path.parent == batch.folder for task in survey.queued
            ):
                batch.close()

    def results(
        self, poll_seconds: float, report: Callable[[Progress], None] = lambda progress: None
    ) -> Iterator[tuple[Job, Record]]:
        """Wait for the tasks and yield every job with its record, as they end.

        Raises
        ------
        Interrupted
            A signal asked to stop waiting, and the tasks go on; or tasks were stopped.
        """
        number = {task.path: i for i, task in enumerate(self.open.values())}
        gone: set[Path] = set()
        asked, states = 0.0, None
        try:
            with Interruption() as interruption:
                yield from self._give_up()
                while self.open:
                    if interruption.requested:
                        raise Interrupted
                    time.sleep(min(LOOK_SECONDS, poll_seconds))
                    ask = time.monotonic() - asked >= poll_seconds
                    if ask:
                        asked, states = time.monotonic(), self.cluster.states(self.batches)
                    missing: set[Path] = set()
                    for task in [task for batch in self.batches for task in batch.tasks(states)]:
                        if task.path not in self.open:
                            continue
                        if task.fate is Fate.done:
                            yield from self._take(task)
                        elif ask and task.fate not in QUEUED:
                            missing.add(task.path)
                            if task.path in gone:  # asked for twice
                                self._lose(task)
                        elif ask and task.path in number and (said := task.state):
                            report(Progress(number[task.path], said["epoch"], said["samples"]))
                    gone = missing if ask else gone
                    yield from self._give_up()
        except GeneratorExit:  # a failure that is to end it all
            self.cluster.cancel(self.batches)
            raise
        if self.left:
            raise Interrupted

    def _await(self, task: Task) -> None:
        self.open[task.path] = task
        batch = Batch(task.path.parent)
        if batch not in self.batches:
            self.batches.append(batch)

    def _submit(self, chunks: Sequence[Chunk]) -> None:
        most = self.cluster.most_tasks() if len(chunks) > 1 else 1
        for i in range(0, len(chunks), most):
            some = chunks[i : i + most]
            batch = write_batch(self.study, some)
            note_job(batch, self.cluster.submit(batch, len(some)))
            for task in batch.tasks(None):
                self._await(task)

    def _take(self, task: Task) -> Iterator[tuple[Job, Record]]:
        """Yield what a task that is done has left."""
        del self.open[task.path]
        unwritten = task.end.get("unwritten", {})
        for each in run_ids(task):
            if job := self.left.pop(each, None):
                if has_ended(job.folder):
                    yield job, read_record(job.folder, latest=True)
                else:
                    yield job, failure(job, unwritten.get(each, "it has left nothing"))

    def _lose(self, task: Task) -> None:
        """Have the runs of a task that is gone trained again, unless somebody stopped it."""
        del self.open[task.path]
        chunk = only(task.chunk, self.left)
        if chunk is None:
            return
        where = f"task {task.path.stem} of {task.path.parent.name}"
        if task.fate is Fate.stopped:
            say(f"warning: {where} was stopped")
        elif task.fate is Fate.time_is_up:
            self._submit([chunk])
        else:
            say(f"warning: {where} was killed: its runs are tried again")
            self._submit(self._next(chunk))

    def _next(self, chunk: Chunk) -> list[Chunk]:
        """Return the chunks that follow on one whose task was killed."""
        chunks = after_death(chunk)
        if not chunks:
            self.failed += chunk.jobs
        return chunks

    def _give_up(self) -> Iterator[tuple[Job, Record]]:
        """Yield the runs that killed their tasks."""
        while self.failed:
            job = self.left.pop(self.failed.pop().id)
            yield job, end_without_result(job, Ending.failed, KILLED)
