"""A worker process: trains the stacks that come through its pipe, and tells how they get on.

Owns what the child does. Which stacks it is given, and what follows when it dies, is the affair of
`local.py`.
"""

import multiprocessing
import os
import signal
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

from src.execution.interruption import SIGNALS, TIME_IS_UP, Interrupted
from src.execution.job import describe, run_jobs

REPORT_SECONDS = 0.1


@dataclass(frozen=True)
class Progress:
    """One stack at the end of an epoch."""

    stack: int
    epoch: int
    samples: int
    """How many samples the stack has presented so far, over all its runs."""


def work(pipe: Connection) -> None:
    """Train what comes through the pipe, until the parent kills this process or dies itself."""
    for number in (*SIGNALS, *((TIME_IS_UP,) if TIME_IS_UP else ())):
        signal.signal(number, signal.SIG_IGN)  # Ctrl-C reaches the whole group: the parent decides
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(EOFError, ConnectionError):  # the parent has ended, a moment ago
        while True:
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


def _end_with_parent() -> None:
    """Wait until the parent has ended, however it did, and end this process in mid-epoch.

    The pipe is no sign of that: workers forked later have the parent's end of it, too.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class _Reporter:
    """Tells the parent of epochs, but not of every one, and hears whether to stop."""

    def __init__(self, pipe: Connection, stack: int, T: int) -> None:
        self.pipe, self.stack, self.T = pipe, stack, T
        self.samples, self.last = 0, time.monotonic()
        self.stop = False  # heard once, it holds for whatever of the stack is still to come

    def __call__(self, epoch: int, alive: int) -> bool:
        self.samples += alive * self.T if epoch else 0
        if time.monotonic() - self.last >= REPORT_SECONDS:
            self.last = time.monotonic()
            self.pipe.send(Progress(self.stack, epoch, self.samples))
        self.stop = self.stop or (self.pipe.poll() and self.pipe.recv() is None)
        return self.stop
