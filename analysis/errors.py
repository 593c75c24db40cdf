"""What analysis refuses to do, as one exception whose words are the whole message."""

import difflib
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from src.errors import SweepscopeError


class AnalysisError(SweepscopeError):
    """A question that the given runs cannot answer, or that names something that is not there."""


@contextmanager
def blamed(what: str) -> Iterator[None]:
    """Begin the sentence of an error with what asked for it.

    Raises
    ------
    AnalysisError
        What is asked within cannot be answered.
    """
    try:
        yield
    except SweepscopeError as error:
        raise AnalysisError(f"{what}: {error}") from error


def numbers_first(word: str) -> tuple[bool, float, str]:
    """Return what sorts words: those that are numbers by size, then the others."""
    try:
        return False, float(word), ""
    except ValueError:
        return True, 0.0, word


def nearest(word: str, options: Collection[str]) -> str:
    """Say which of the options were probably meant, or all of them."""
    close = difflib.get_close_matches(word, options, n=3, cutoff=0.5)
    return (
        f"did you mean {', '.join(close)}?"
        if close
        else f"there are {', '.join(sorted(options, key=numbers_first))}"
    )
