"""How a sweep gets on: a live bar on a terminal, a plain line now and then elsewhere.

Owns what is shown while runs train. What is shown at the end is `table.py`'s affair.
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from src.execution.worker import Progress
from src.run import Run
from src.storage.record import Record
from src.terminal import say
from src.timeline import Ending

if TYPE_CHECKING:
    from rich.console import Console, Group

BAR_SECONDS, LINE_SECONDS = 0.1, 10.0
"""Between two drawings of the bar, and between two plain lines."""

BAR_WIDTH = 20
"""In columns of the terminal."""


class Counts:
    """Runs done, failures and the best run so far; samples presented, and the time left."""

    def __init__(self, stacks: Sequence[Sequence[Run]], noun: str = "stack") -> None:
        self.noun = noun
        self.runs = sum(map(len, stacks))
        self.of_stack = [sum(run.epochs * run.T for run in stack) for stack in stacks]
        self.samples = sum(self.of_stack)
        self.done = self.failed = self.diverged = 0
        self.best: float | None = None
        self.start = time.monotonic()
        self._left = [len(stack) for stack in stacks]
        self._current: dict[int, Progress] = {}

    def progress(self, progress: Progress) -> None:
        """Take note of a stack at the end of an epoch."""
        self._current[progress.stack] = progress

    def ended(self, stack: int, record: Record) -> None:
        """Take note of a run's end."""
        self.done += 1
        self.failed += record.outcome.ending is Ending.failed
        self.diverged += record.outcome.ending is Ending.diverged
        score = record.final.get("test_acc")
        if score is not None and (self.best is None or score > self.best):
            self.best = score
        self._left[stack] -= 1
        if not self._left[stack]:
            self._current.pop(stack, None)

    @property
    def presented(self) -> int:
        """How many samples have been presented, over all runs; all of a run that has ended."""
        ended = sum(n for n, left in zip(self.of_stack, self._left, strict=True) if not left)
        return min(self.samples, ended + sum(p.samples for p in self._current.values()))

    @property
    def rate(self) -> float:
        """Samples presented in a second, so far."""
        seconds = time.monotonic() - self.start
        return self.presented / seconds if seconds else 0.0

    @property
    def left(self) -> str:
        """The time left, as words; empty where it cannot be told, and at the end."""
        if not self.rate or self.done == self.runs:
            return ""
        return f"{(self.samples - self.presented) / self.rate:.0f} s left"

    @property
    def results(self) -> str:
        """What has been done and how it ended, as words."""
        parts = [f"{self.done} of {self.runs} runs", f"{self.rate:,.0f} samples/s"]
        if self.best is not None:
            parts.append(f"best test accuracy {self.best:.3f}")
        for number, ending in ((self.diverged, "diverged"), (self.failed, "failed")):
            if number:
                parts.append(f"{number} {ending}")
        return ", ".join(parts)

    @property
    def stacks(self) -> str:
        """What is being trained, as words."""
        return ", ".join(
            f"{self.noun} {stack + 1} ({self._left[stack]} runs) at epoch {progress.epoch}"
            for stack, progress in sorted(self._current.items())
        )

    def __str__(self) -> str:
        return ", ".join(filter(None, (self.results, self.left, self.stacks)))


class Display:
    """Takes note of progress and shows the counts."""

    def __init__(self, counts: Counts, show: Callable[[Counts], None]) -> None:
        self.counts, self._show = counts, show

    def progress(self, progress: Progress) -> None:
        """Show a stack at the end of an epoch."""
        self.counts.progress(progress)
        self._show(self.counts)

    def ended(self, stack: int, record: Record) -> None:
        """Show a run's end."""
        self.counts.ended(stack, record)
        self._show(self.counts)


@contextmanager
def display(stacks: Sequence[Sequence[Run]], noun: str = "stack") -> Iterator[Display]:
    """Show how stacks get on, on standard error: a bar if that is a terminal, else lines.

    What is shown may be other groups of runs, such as tasks: the noun says so.
    """
    counts = Counts(stacks, noun)
    if sys.stderr is not None and sys.stderr.isatty():
        with _bar(counts) as show:
            yield Display(counts, show)
    else:
        yield Display(counts, _at_most_every(LINE_SECONDS, _say))
    say(f"{counts} in {time.monotonic() - counts.start:.1f} s")


def _say(counts: Counts) -> None:
    say(str(counts))


def _at_most_every(seconds: float, show: Callable[[Counts], None]) -> Callable[[Counts], None]:
    last = time.monotonic()

    def seldom(counts: Counts) -> None:
        nonlocal last
        if time.monotonic() - last >= seconds:
            last = time.monotonic()
            show(counts)

    return seldom


@contextmanager
def _bar(counts: Counts) -> Iterator[Callable[[Counts], None]]:
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True)
    # Without its own refreshing thread, so that workers can still be forked from one thread.
    with Live(console=console, auto_refresh=False, transient=True) as live:

        def draw(counts: Counts) -> None:
            live.update(_lines(counts, console), refresh=True)

        yield _at_most_every(BAR_SECONDS, draw)


def _lines(counts: Counts, console: "Console") -> "Group":
    """Draw bar, percentage and time left, which are always whole; the rest as far as it fits."""
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    total = max(counts.samples, 1)
    told = f"{counts.presented / total:4.0%} {counts.left}".rstrip()
    rest = Text(counts.results)
    rest.truncate(max(0, console.width - BAR_WIDTH - len(told) - 3), overflow="ellipsis")
    line = Table.grid(padding=(0, 1))
    line.add_row(ProgressBar(total, counts.presented, BAR_WIDTH), told, rest)
    if not counts.stacks or console.height < 3:  # the cursor has a line of its own
        return Group(line)
    return Group(line, Text(counts.stacks, no_wrap=True, overflow="ellipsis"))
