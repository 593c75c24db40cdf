"""Ctrl-C and SIGTERM: once, finish the epoch and keep what is done; twice, stop at once.

Owns the signals. Who is asked to stop looks at `requested`, and at `insisted` where an exception in
the middle of a step would do harm. Whatever hangs on the way out, a process of its own has ended
`END_SECONDS` after the second signal; its workers end with it.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
TIME_IS_UP: signal.Signals | None = getattr(signal, "SIGUSR1", None)
"""What a cluster sends some time before it ends a task."""
END_SECONDS = 10
EXIT_CODE = 130
"""What a shell says of a command that Ctrl-C has ended."""


class Interrupted(KeyboardInterrupt):
    """A run has been stopped between two epochs; its checkpoint is kept."""


class Interruption:
    """While it is entered, the first signal is a request, the second insists, others are ignored.

    Parameters
    ----------
    raises
        Whether the second signal raises KeyboardInterrupt, wherever the main thread is.
    patient
        Whether no signal insists, however many come: a cluster sends SIGTERM twice within
        milliseconds and kills a while later by itself. `TIME_IS_UP` is heeded then, too.
    """

    ends_process = False
    """Whether a request ends the process, which then heeds no further signal on its way out."""

    def __init__(self, raises: bool = True, patient: bool = False) -> None:
        self.requested = self.insisted = False
        self.time_is_up = False
        self._raises, self._patient = raises, patient
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is threading.main_thread():
            patiently = (TIME_IS_UP,) if self._patient and TIME_IS_UP else ()
            for number in (*SIGNALS, *patiently):
                self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._raises = False  # else one that comes now would leave a handler behind
        ending = self.requested and Interruption.ends_process
        for number, handler in self._before.items():
            after = _insist if ending else handler
            signal.signal(number, after)  # type: ignore[arg-type]  # what signal.signal returned

    def _take(self, number: int, frame: FrameType | None) -> None:
        self.time_is_up |= number == TIME_IS_UP
        if not self.requested:
            self.requested = True
        elif not self.insisted and not self._patient:
            self.insisted = True
            if Interruption.ends_process:
                end_within_seconds()
            if self._raises:
                raise KeyboardInterrupt


def interrupt_once(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt; no signal after this one disturbs the way out."""
    for each in SIGNALS:
        signal.signal(each, _insist)
    end_within_seconds()
    raise KeyboardInterrupt


def end_within_seconds() -> None:
    """End this process `END_SECONDS` from now, if it has not ended by then."""
    if hasattr(signal, "setitimer") and not signal.getitimer(signal.ITIMER_REAL)[0]:
        signal.signal(signal.SIGALRM, _end)
        signal.setitimer(signal.ITIMER_REAL, END_SECONDS)


def _insist(number: int, frame: FrameType | None) -> None:
    end_within_seconds()


def _end(number: int, frame: FrameType | None) -> None:
    os._exit(EXIT_CODE)  # files are old or new at any moment, and workers end with their parent


@contextmanager
def blocked() -> Iterator[None]:
    """Hold signals back, in this thread and in the processes that it starts meanwhile."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
