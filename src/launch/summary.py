"""What a sweep says at the end: a table of its runs, where they lie, and what to type next.

Owns the last words. Comparing runs is the affair of `analysis`.
"""

import io
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from src.execution.job import Job
from src.storage.factors import factors
from src.storage.record import Record
from src.storage.study_name import DEFAULT, results
from src.timeline import Ending

MOST_ROWS = 40
"""A longer table hides its end: of more runs, the best are shown."""

FINAL = ("train_loss", "test_loss", "train_acc", "test_acc")

_STUDY_OR_FORCE = re.compile(r"\+*(study|force)=")
"""What a command that goes on must not repeat: forced runs are known by their notes."""

Ended = Sequence[tuple[Job, Record]]


def counted(number: int, noun: str) -> str:
    """Return `1 run`, `1,296 runs`."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def command(study: Path) -> str:
    """Return how to go on with a study: the command that was typed, under its name."""
    typed = [word for word in sys.argv[1:] if not _STUDY_OR_FORCE.match(word)]
    if results() != Path(DEFAULT):
        typed.append(f"results={results()}")
    words = shlex.join([*typed, f"study={study.name}"])
    return f"to go on, type: python -m src.train {words}"


def summary(ended: Ended, repeated: int, reused: int, folder: Path) -> str:
    """Return a sweep's last words.

    Parameters
    ----------
    ended
        Every job with its record, in the order of the grid.
    repeated
        How many runs of the grid repeated another.
    reused
        How many the study had already.
    folder
        The study's.
    """
    counts = {e: sum(r.outcome.ending is e for _, r in ended) for e in Ending}
    said = ", ".join(f"{count} {ending.name}" for ending, count in counts.items() if count)
    trained = len(ended) - reused - counts[Ending.failed]
    said += f"; {trained:,} trained, {reused:,} reused" if reused else ""
    said += f"; {repeated:,} more repeated one of these" if repeated else ""
    shown, note = _best(ended)
    lines = [
        _table(shown, list(factors([r.choices | r.config for _, r in ended]))),
        f"{counted(len(ended), 'run')}: {said}{note}",
    ]
    lines += [_failure(job, record) for job, record in ended if record.outcome.message]
    lines += [
        f"Results: {folder}",
        f"Next:    python -m analysis table {shlex.quote(str(folder))}",
        f'         from analysis import load_sweep; sweep = load_sweep("{folder}")',
    ]
    return "\n".join(lines)


def _failure(job: Job, record: Record) -> str:
    return f"  {record.outcome}: {job.folder}: {record.outcome.reason}"


def _best(ended: Ended) -> tuple[Ended, str]:
    if len(ended) <= MOST_ROWS:
        return ended, ""
    best = sorted(ended, key=lambda job_record: _loss(job_record[1]))[:MOST_ROWS]
    return best, f"; the table shows the {MOST_ROWS} of lowest test loss"


def _loss(record: Record) -> float:
    loss = record.final.get("test_loss")
    return float("inf") if loss is None else loss


def _table(ended: Ended, varied: list[str]) -> str:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE, pad_edge=False)
    for name in varied:
        table.add_column(name, no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    for name in (*FINAL, "seconds"):
        table.add_column(name, justify="right", no_wrap=True)
    for _, record in ended:
        row = record.choices | record.config
        final = [_number(record.final.get(name)) for name in FINAL]
        seconds = _number(record.execution.get("seconds"), 3)
        table.add_row(
            *(str(row.get(name)) for name in varied), str(record.outcome), *final, seconds
        )
    text = io.StringIO()
    Console(file=text, width=400, markup=False, emoji=False).print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines() if line.strip())


def _number(value: float | None, decimals: int = 4) -> str:
    return "–" if value is None else f"{value:.{decimals}f}"
