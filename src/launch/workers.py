"""Worker processes that train stacks: one failing run costs one run.

Owns the processes, what they are told and what they tell. A pool of the standard library ends as a
whole when one worker is killed; here the stack of that worker is tried again run by run, so that
only the run which kills its worker is lost.
"""

import multiprocessing
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkContext, SpawnContext
from multiprocessing.process import BaseProcess

from src.launch.habits import open_folder
from src.store import Record
from src.task import Job, describe, record_failure, run_jobs

REPORT_SECONDS = 0.1


@dataclass(frozen=True)
class Progress:
    """One stack at the end of an epoch."""

    stack: int
    epoch: int
    samples: int
    """How many samples the stack has presented so far, over all its runs."""


Report = Callable[[Progress], None]


@dataclass(eq=False)
class _Worker:
    process: BaseProcess
    pipe: Connection
    stack: int | None = None
    jobs: tuple[Job, ...] = ()


def run_stacks(
    stacks: Sequence[Sequence[Job]], n_jobs: int, report: Report = lambda progress: None
) -> Iterator[tuple[Job, Record]]:
    """Train stacks in worker processes and yield every job with its record, as they end.

    Parameters
    ----------
    stacks
        Each of one structure. The largest should come first.
    n_jobs
        Worker processes.
    report
        Told how stacks get on, ten times a second at most.
    """
    waiting = deque((number, tuple(stack)) for number, stack in enumerate(stacks))
    workers: list[_Worker] = []
    try:
        while waiting or any(worker.jobs for worker in workers):
            while waiting and (worker := _idle(workers, n_jobs)):
                worker.stack, worker.jobs = waiting.popleft()
                worker.pipe.send((worker.stack, worker.jobs))
            ready = wait([worker.pipe for worker in workers if worker.jobs])
            for worker in [worker for worker in workers if worker.pipe in ready]:
                yield from _listen(worker, workers, waiting, report)
    finally:
        for worker in workers:
            worker.process.terminate()
            worker.process.join()


def _idle(workers: list[_Worker], n_jobs: int) -> _Worker | None:
    for worker in workers:
        if not worker.jobs:
            return worker
    if len(workers) >= n_jobs:
        return None
    context = _context()
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    workers.append(_Worker(process, ours))
    return workers[-1]


def _context() -> ForkContext | SpawnContext:
    """Fork where that is safe: it saves a worker half a second of imports."""
    if sys.platform == "linux" and _threads() == 1:
        return multiprocessing.get_context("fork")
    return multiprocessing.get_context("spawn")


def _threads() -> int:
    """Return how many threads this process has, those of native libraries included."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("Threads:"))
    except (OSError, StopIteration):
        return 2


def _listen(
    worker: _Worker,
    workers: list[_Worker],
    waiting: deque[tuple[int, tuple[Job, ...]]],
    report: Report,
) -> Iterator[tuple[Job, Record]]:
    try:
        message = worker.pipe.recv()
    except EOFError:
        worker.process.join()
        workers.remove(worker)
        message = _death(worker.process.exitcode)
    if isinstance(message, Progress):
        report(message)
        return
    stack, jobs, worker.jobs = worker.stack, worker.jobs, ()
    if isinstance(message, list):
        yield from zip(jobs, message, strict=True)
    elif len(jobs) > 1 and stack is not None:
        waiting.extend((stack, (job,)) for job in jobs)
    else:
        yield jobs[0], record_failure(jobs[0], message)


def _death(code: int | None) -> str:
    if code is not None and code < 0:
        return f"the worker was killed by {signal.Signals(-code).name}"
    return f"the worker ended with exit code {code}"


def _work(pipe: Connection) -> None:
    """Train what comes through the pipe, until it closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    while True:
        try:
            stack, jobs = pipe.recv()
        except EOFError:
            return
        try:
            for job in jobs:
                open_folder(job)
            pipe.send(run_jobs(jobs, _Reporter(pipe, stack, jobs[0].run.T)))
        except Exception as error:  # noqa: BLE001  whatever a run raises is that run's outcome
            pipe.send(describe(error))


class _Reporter:
    """Tells the parent of epochs, but not of every one."""

    def __init__(self, pipe: Connection, stack: int, T: int) -> None:
        self.pipe, self.stack, self.T = pipe, stack, T
        self.samples, self.last = 0, time.monotonic()

    def __call__(self, epoch: int, alive: int) -> None:
        self.samples += alive * self.T if epoch else 0
        if time.monotonic() - self.last >= REPORT_SECONDS:
            self.last = time.monotonic()
            self.pipe.send(Progress(self.stack, epoch, self.samples))
