"""Ctrl-C and SIGTERM: once, finish the epoch and keep what is done; twice, stop at once.

Owns the signals. Who is asked to stop looks at `requested`.
"""

import signal
import threading
from types import FrameType, TracebackType


class Interrupted(KeyboardInterrupt):
    """A run has been stopped between two epochs; its checkpoint is kept."""


class Interruption:
    """While it is entered, the first signal is a request; the second raises KeyboardInterrupt."""

    ends_process = False
    """Whether a request ends the process, which then heeds no further signal on its way out."""

    def __init__(self) -> None:
        self.requested = False
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        ending = self.requested and Interruption.ends_process
        for number, handler in self._before.items():
            after = signal.SIG_IGN if ending else handler
            signal.signal(number, after)  # type: ignore[arg-type]  # what signal.signal returned

    def _take(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
