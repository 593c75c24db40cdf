"""Where answers go from the command line: into a folder, or to standard output."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import AnalysisError
from analysis.files import TABLES
from src.terminal import show

if TYPE_CHECKING:
    from analysis.answers import Answers
    from analysis.tables.frame import Table

STANDARD_OUTPUT = Path("-")


def print_tables(tables: "Sequence[Table]", formats: Sequence[str]) -> None:
    """Write tables to standard output as their files would be, CSV unless a format is named.

    Raises
    ------
    AnalysisError
        There is no table among the answers, or a format is none of a table.
    """
    if not tables or any(ending not in TABLES for ending in formats):
        raise AnalysisError("--out - writes tables, and no figures: name a folder")
    from analysis.tables.formats import ENCODERS

    for table in tables:
        for ending in formats or TABLES[:1]:
            sys.stdout.buffer.write(ENCODERS[ending](table))
    sys.stdout.flush()


def write_files(found: "Answers", formats: Sequence[str], out: Path) -> None:
    """Write each answer in the formats that are asked for, and print the paths.

    Raises
    ------
    AnalysisError
        The folder cannot be made, or a file not be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AnalysisError(f"{out} cannot be made: {error.strerror or error}") from error
    for name, answer in found:
        asked = [ending for ending in formats if ending in answer.FORMATS]
        for ending in asked or answer.FORMATS[:1]:
            show(f"written: {answer.write(out / f'{name}.{ending}')}")
