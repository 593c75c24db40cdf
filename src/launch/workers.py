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
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkContext, SpawnContext
from multiprocessing.process import BaseProcess

from src.interruption import Interrupted, Interruption
from src.record import Record
from src.task import Job, describe, end_without_result, run_jobs
from src.timeline import Ending

REPORT_SECONDS = 0.1


@dataclass(frozen=True)
class Progress:
    """One stack at the end of an epoch."""

    stack: int
    epoch: int
    samples: int
    """How many samples the stack has presented so far, over all its runs."""


Report = Callable[[Progress], None]
Waiting = deque[tuple[int, tuple[Job, ...]]]


@dataclass(eq=False)
class _Worker:
    process: BaseProcess
    pipe: Connection
    stack: int = 0
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

    Raises
    ------
    Interrupted
        A signal asked to stop; every run has ended or has its checkpoint.
    """
    waiting: Waiting = deque((number, tuple(stack)) for number, stack in enumerate(stacks))
    crew = _Crew(n_jobs)
    with Interruption(crew.stop) as interruption:
        try:
            while (waiting and not interruption.requested) or crew.busy():
                while waiting and not interruption.requested and (worker := crew.idle()):
                    crew.give(worker, *waiting.popleft())
                for pipe in wait([worker.pipe for worker in crew.busy()]):
                    worker = next(each for each in crew.workers if each.pipe is pipe)
                    yield from _listen(worker, crew, waiting, report)
        finally:
            crew.dismiss()
    if interruption.requested:
        raise Interrupted


@dataclass
class _Crew:
    """The workers of one sweep."""

    size: int
    workers: list[_Worker] = field(default_factory=list)
    retried: set[str] = field(default_factory=set)
    """Runs that have had their second try: alone, after their worker was killed or raised."""

    def busy(self) -> list[_Worker]:
        return [worker for worker in self.workers if worker.jobs]

    def idle(self) -> _Worker | None:
        """Return a worker without work, a new one if there may be more."""
        for worker in self.workers:
            if not worker.jobs:
                return worker
        if len(self.workers) >= self.size:
            return None
        context = _context()
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs,), daemon=True)
        self.workers.append(_Worker(process, ours))  # before it starts: a signal may come between
        process.start()
        theirs.close()
        return self.workers[-1]

    def give(self, worker: _Worker, stack: int, jobs: tuple[Job, ...]) -> None:
        worker.stack, worker.jobs = stack, jobs
        with suppress(OSError):  # it has died: the pipe will say so when it is read
            worker.pipe.send((stack, jobs))

    def stop(self) -> None:
        """Ask all to stop after the epoch that they are in."""
        for worker in self.busy():
            with suppress(OSError):  # as above
                worker.pipe.send(None)

    def dismiss(self) -> None:
        for worker in self.workers:
            if worker.process.pid is not None:
                worker.process.kill()
                worker.process.join()
            worker.pipe.close()


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
    worker: _Worker, crew: _Crew, waiting: Waiting, report: Report
) -> Iterator[tuple[Job, Record]]:
    try:
        message = worker.pipe.recv()
    except (EOFError, OSError):
        worker.process.join()
        crew.workers.remove(worker)
        message = _death(worker.process.exitcode)
        if len(worker.jobs) == 1 and worker.jobs[0].id not in crew.retried:
            crew.retried.add(worker.jobs[0].id)
            waiting.append((worker.stack, worker.jobs))
            return
    if isinstance(message, Progress):
        report(message)
        return
    jobs, worker.jobs = worker.jobs, ()
    if isinstance(message, list):
        yield from message
    elif message is not None and len(jobs) > 1:
        crew.retried.update(job.id for job in jobs)
        waiting.extend((worker.stack, (job,)) for job in jobs)
    elif message is not None:
        yield jobs[0], end_without_result(jobs[0], Ending.failed, message)


def _death(code: int | None) -> str:
    if code is not None and code < 0:
        return f"the worker was killed by {signal.Signals(-code).name}"
    return f"the worker ended with exit code {code}"


def _work(pipe: Connection) -> None:
    """Train what comes through the pipe, until it closes."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the parent decides
    while _parent_lives_until([pipe]):
        order = pipe.recv()
        if order is None:  # asked to stop after its last epoch
            continue
        stack, jobs = order
        try:
            pipe.send(run_jobs(jobs, _Reporter(pipe, stack, jobs[0].run.T)))
        except Interrupted:
            pipe.send(None)
        except Exception as error:  # noqa: BLE001  whatever a run raises is that run's outcome
            pipe.send(describe(error))


def _parent_lives_until(pipes: list[Connection]) -> bool:
    """Wait for a pipe; return False if the parent, which may be killed, dies first."""
    parent = multiprocessing.parent_process()
    return parent is None or parent.sentinel not in wait([*pipes, parent.sentinel])


class _Reporter:
    """Tells the parent of epochs, but not of every one, and hears whether to stop."""

    def __init__(self, pipe: Connection, stack: int, T: int) -> None:
        self.pipe, self.stack, self.T = pipe, stack, T
        self.samples, self.last = 0, time.monotonic()

    def __call__(self, epoch: int, alive: int) -> bool:
        self.samples += alive * self.T if epoch else 0
        if time.monotonic() - self.last >= REPORT_SECONDS:
            self.last = time.monotonic()
            parent = multiprocessing.parent_process()
            if parent is not None and not parent.is_alive():
                sys.exit("the sweep was killed")
            self.pipe.send(Progress(self.stack, epoch, self.samples))
        return self.pipe.poll() and self.pipe.recv() is None
