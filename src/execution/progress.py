"""How a sweep gets on: a live bar on a terminal, a plain line now and then elsewhere.

Owns what is shown while runs train. What is shown at the end is `table.py`'s affair.
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from src.execution.worker import Progress
from src.run import Run
from src.storage.record import Record
from src.timeline import Ending

BAR_SECONDS, LINE_SECONDS = 0.1, 10.0
"""Between two drawings of the bar, and between two plain lines."""


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

    def __str__(self) -> str:
        seconds = time.monotonic() - self.start
        rate = self.presented / seconds if seconds else 0.0
        parts = [f"{self.done} of {self.runs} runs", f"{rate:,.0f} samples/s"]
        if rate and self.done < self.runs:
            parts.append(f"{(self.samples - self.presented) / rate:.0f} s left")
        if self.best is not None:
            parts.append(f"best test accuracy {self.best:.3f}")
        for number, ending in ((self.diverged, "diverged"), (self.failed, "failed")):
            if number:
                parts.append(f"{number} {ending}")
        for stack, progress in sorted(self._current.items()):
            which = f"{self.noun} {stack + 1} ({self._left[stack]} runs)"
            parts.append(f"{which} at epoch {progress.epoch}")
        return ", ".join(parts)


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
    print(f"{counts} in {time.monotonic() - counts.start:.1f} s", file=sys.stderr)


def _say(counts: Counts) -> None:
    print(counts, file=sys.stderr, flush=True)


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
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = (BarColumn(20), TaskProgressColumn(), TextColumn("{task.description}"))
    console = Console(stderr=True)
    # Without its own refreshing thread, so that workers can still be forked from one thread.
    with Progress(*columns, console=console, auto_refresh=False, transient=True) as bar:
        task = bar.add_task(str(counts), total=max(counts.samples, 1))

        def draw(counts: Counts) -> None:
            bar.update(task, completed=counts.presented, description=str(counts), refresh=True)

        yield _at_most_every(BAR_SECONDS, draw)
