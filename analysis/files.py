"""Files of answers: the formats of a table, a figure and a film, and how one is written.

Owns the names of the formats and the two sentences for a file that cannot be. What the bytes of a
format are is the affair of what is written.
"""

from collections.abc import Sequence
from pathlib import Path

from analysis.errors import AnalysisError
from src.storage.files import replace

TABLES = ("csv", "parquet", "txt", "md", "tex")
FIGURES = ("png", "svg", "pdf")
FILMS = ("gif",)
"""Each begins with the format that a file has unless another is asked for."""


def known(ending: str, formats: Sequence[str], what: str = "format") -> str:
    """Return a format that is one of some.

    Raises
    ------
    AnalysisError
        It is not; the sentence lists them.
    """
    if ending not in formats:
        raise AnalysisError(f"{what} must be {either(formats)}, got {ending!r}")
    return ending


def either(words: Sequence[str]) -> str:
    """Return words as a sentence lists them: `png, svg or pdf`."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def ending_of(path: Path, formats: Sequence[str]) -> str:
    """Return the format that a path's ending names; errors are those of `known`."""
    return known(path.suffix.removeprefix("."), formats)


def write(path: Path, data: bytes) -> Path:
    """Write a file, old or new and never torn, and return its path.

    Raises
    ------
    AnalysisError
        It cannot be written.
    """
    try:
        replace(path, data)
    except OSError as error:
        raise AnalysisError(f"{path} cannot be written: {error.strerror or error}") from error
    return path
