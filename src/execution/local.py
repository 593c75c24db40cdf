"""Worker processes that train stacks: one failing run costs one run.

Owns the processes, what they are told and what they tell. A pool of the standard library ends as a
whole when one worker is killed; here the stack of that worker is tried again run by run, so that
only the run which kills its worker is lost.
"""

import atexit
import multiprocessing
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkContext, SpawnContext
from multiprocessing.process import BaseProcess

from src.execution.interruption import Interrupted, Interruption, blocked
from src.execution.job import Job, end_without_result
from src.execution.worker import Progress, work
from src.storage.record import Record
from src.terminal import say
from src.timeline import Ending

HEED_SECONDS = 0.1
"""How soon a signal is heard that came while nobody had anything to say."""


Report = Callable[[Progress], None]
Waiting = deque[tuple[int, tuple[Job, ...]]]


@dataclass(eq=False)
class _Worker:
    process: BaseProcess
    pipe: Connection
    stack: int = 0
    jobs: tuple[Job, ...] = ()
    asked: bool = False
    """Whether it has been asked to stop."""


def run_stacks(
    stacks: Sequence[Sequence[Job]],
    n_jobs: int,
    report: Report = lambda progress: None,
    interruption: Interruption | None = None,
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
    interruption
        What takes the signals: one that asks, a second that insists, unless another is given.

    Raises
    ------
    Interrupted
        A signal asked to stop; every run has ended or has its checkpoint.
    KeyboardInterrupt
        A second signal came: workers were killed in the middle of an epoch.
    """
    waiting: Waiting = deque((number, tuple(stack)) for number, stack in enumerate(stacks))
    left = sum(map(len, stacks))
    crew = _Crew(n_jobs)
    atexit.register(crew.dismiss)  # before multiprocessing's own exit handler, which waits for them
    if interruption is None:
        interruption = Interruption(raises=False)  # an exception could lose a worker
    with interruption:
        try:
            while waiting or crew.busy():
                if interruption.insisted:
                    raise KeyboardInterrupt
                if interruption.requested:
                    waiting.clear()
                    crew.stop()
                while waiting and (worker := crew.idle()):
                    crew.give(worker, *waiting.popleft())
                for pipe in wait([worker.pipe for worker in crew.busy()], HEED_SECONDS):
                    worker = next(each for each in crew.workers if each.pipe is pipe)
                    for ended in _listen(worker, crew, waiting, report):
                        left -= 1
                        yield ended
        finally:
            crew.dismiss()
            atexit.unregister(crew.dismiss)
    if interruption.insisted or (interruption.requested and left):
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
        process = context.Process(target=work, args=(theirs,), daemon=True)
        self.workers.append(_Worker(process, ours))
        if context.get_start_method() == "spawn":
            resource_tracker.ensure_running()  # else it starts below, and lets signals through
        with blocked():  # it would die of Ctrl-C before it can ignore it
            process.start()
        theirs.close()
        return self.workers[-1]

    def give(self, worker: _Worker, stack: int, jobs: tuple[Job, ...]) -> None:
        worker.stack, worker.jobs = stack, jobs
        with suppress(OSError):  # it has died: the pipe will say so when it is read
            worker.pipe.send((stack, jobs))

    def stop(self) -> None:
        """Ask all, once, to stop after the epoch that they are in."""
        for worker in self.busy():
            if not worker.asked:
                worker.asked = True
                with suppress(OSError):  # as above
                    worker.pipe.send(None)

    def dismiss(self) -> None:
        """End all workers. They heed no gentler signal; what they write is old or new, not torn."""
        for worker in self.workers:
            if worker.process.pid is not None:
                worker.process.kill()
        while self.workers:
            worker = self.workers.pop()
            if worker.process.pid is not None:
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
        if len(worker.jobs) > 1:
            again = f"its {len(worker.jobs)} runs are tried again, one by one"
            say(f"warning: {message}: {again}")
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
