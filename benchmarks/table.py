"""A table of results: aligned on a terminal, Markdown in a file.

Owns the layout, and the command line's `--out` that every benchmark has.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.machine import describe


@dataclass
class Table:
    """Rows under a title."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """Sentences below it."""

    def add(self, *cells: str) -> None:
        """Add a row, and say so on the terminal's progress line."""
        if len(cells) != len(self.columns):
            raise ValueError(f"{len(cells)} cells for {len(self.columns)} columns")
        self.rows.append(cells)

    def text(self) -> str:
        """Return the table, aligned; the first column to the left, numbers to the right."""
        lines = [self.columns, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.columns))]
        aligned = [
            "  ".join(
                cell.ljust(width) if i == 0 else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        ]
        return "\n".join([self.title, "", *aligned, *([""] if self.notes else []), *self.notes])

    def markdown(self) -> str:
        """Return the table in Markdown, under a heading."""
        rule = ["---", *["---:"] * (len(self.columns) - 1)]
        body = ["| " + " | ".join(line) + " |" for line in [self.columns, rule, *self.rows]]
        notes = [part for note in self.notes for part in ("", note)]
        return "\n".join([f"## {self.title}", "", *body, *notes])


def parser(doc: str | None) -> argparse.ArgumentParser:
    """Return a command line with `--out`, described by a module's docstring."""
    arguments = argparse.ArgumentParser(description=(doc or "").strip().splitlines()[0])
    arguments.add_argument("--out", type=Path, help="write the tables to this Markdown file too")
    return arguments


def publish(heading: str, tables: Sequence[Table], out: Path | None) -> None:
    """Print the tables with the machine below them, and write them where `--out` says."""
    machine = describe()
    print("\n\n".join([*(table.text() for table in tables), machine]))
    if out is not None:
        parts = [f"# {heading}", *(table.markdown() for table in tables), machine]
        out.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def ratio(slow: float, quick: float) -> str:
    """Return how many times quicker the second is; an empty cell where one was not measured."""
    if not slow or not quick or slow != slow or quick != quick:
        return ""
    return f"{slow / quick:.3g}×"
