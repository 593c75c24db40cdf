"""What a sweep says at the end: a table of its runs, where they lie, and what to type next.

Owns the last words. Comparing runs is the affair of `analysis`.
"""

import io
from collections.abc import Sequence
from pathlib import Path

from src.store import Record
from src.study import factors
from src.task import Job
from src.timeline import Ending

MOST_ROWS = 40
"""A longer table hides its end: of more runs, the best are shown."""

FINAL = ("train_loss", "test_loss", "train_acc", "test_acc")

Ended = Sequence[tuple[Job, Record]]


def summary(ended: Ended, repeated: int, folder: Path) -> str:
    """Return a sweep's last words.

    Parameters
    ----------
    ended
        Every job with its record, in the order of the grid.
    repeated
        How many runs of the grid repeated another.
    folder
        The study's.
    """
    counts = {e: sum(r.outcome.ending is e for _, r in ended) for e in Ending}
    said = ", ".join(f"{count} {ending.name}" for ending, count in counts.items() if count)
    if repeated:
        said += f"; {repeated} more repeated one of these"
    shown, note = _best(ended)
    lines = [
        _table(shown, list(factors([r.choices | r.config for _, r in ended]))),
        f"{len(ended)} run{'s' * (len(ended) != 1)}: {said}{note}",
    ]
    lines += [f"  {r.outcome}: {job.folder}" for job, r in ended if r.outcome.message]
    lines += [
        f"Results: {folder}",
        f"Next:    python -m analysis table {folder}",
        f'         from analysis import load_sweep; sweep = load_sweep("{folder}")',
    ]
    return "\n".join(lines)


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
        seconds = f"{record.execution['seconds']:.3f}"
        table.add_row(*(str(row[name]) for name in varied), str(record.outcome), *final, seconds)
    text = io.StringIO()
    Console(file=text, width=400).print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines() if line.strip())


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
