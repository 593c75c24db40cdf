"""What analysis refuses to do, as one exception whose words are the whole message."""

from src.errors import SweepscopeError


class AnalysisError(SweepscopeError):
    """A question that the given runs cannot answer, or that names something that is not there."""
