"""Names of keys and metrics, as a verb takes them: one, several, or none."""

from collections.abc import Iterable, Sequence

from analysis.errors import AnalysisError

Names = str | Sequence[str] | None
Metrics = str | Sequence[str]


def names(given: Names) -> list[str]:
    """Return several names of one, several, or none: each once, in their order.

    Raises
    ------
    AnalysisError
        One of them is no text.
    """
    if given is None:
        return []
    several = [given] if isinstance(given, str) or not isinstance(given, Iterable) else list(given)
    if odd := [name for name in several if not isinstance(name, str)]:
        raise AnalysisError(f"a name must be text, such as 'act', got {odd[0]!r}")
    return list(dict.fromkeys(several))


def apart(**given: Names) -> None:
    """Check that words which part the runs in different ways name no key twice.

    Raises
    ------
    AnalysisError
        Two of them name the same key.
    """
    of: dict[str, str] = {}
    for word, keys in given.items():
        for name in names(keys):
            if name in of:
                raise AnalysisError(f"{of[name]} and {word} must name different keys: {name} twice")
            of[name] = word
