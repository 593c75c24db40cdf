"""What analysis refuses to do, as one exception whose words are the whole message."""

from collections.abc import Iterator
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
