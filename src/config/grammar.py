"""What is wrong with a word that Hydra's grammar refuses, in a sentence.

Hydra's own sentences are the parser's ("mismatched input '<EOF>' expecting {':', …}").
"""

import re

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException

from src.errors import ConfigError

_CLOSED_BY = {"(": ")", "[": "]", "{": "}"}
_FREE = r"\w/\-\\+.$%*@?|:=,()\[\]{} \t"
"""Signs that need no quotes around them."""


def parse_word(parser: OverridesParser, word: str) -> Override:
    """Parse one word, such as `act=tanh,relu`.

    Raises
    ------
    ConfigError
        It cannot be parsed; the sentence says what is wrong with it.
    """
    try:
        return parser.parse_override(word)
    except HydraException as error:
        raise ConfigError(f"{word!r} cannot be read: {_wrong(word, str(error))}") from error


def _wrong(word: str, said: str) -> str:
    """Say what is wrong with a word, of which Hydra's parser said something."""
    key, _, value = word.partition("=")
    if not re.fullmatch(r"[+~]{0,2}[\w./\-$]+(@[\w.:/\-]*)?", key, re.ASCII):
        at = " no space may stand before =" if key != key.strip() else ""
        return f"{key!r} is no key{':' if at else ''}{at}"
    if value.startswith("="):
        return "one = stands between a key and its value"
    bare, closed = _without_quoted(value)
    if not closed:
        return "a quote is opened and never closed"
    if trouble := _brackets(bare):
        return trouble
    if re.search(r"(^|[,(\[{])\s*,|,\s*($|[)\]}])", bare):
        return "a value is missing beside a comma"
    if evaluated := re.search(r"\w+ while evaluating '([^']*)': (.*)", said):
        return f"{evaluated[1]} is not possible: {evaluated[2]}"
    if odd := re.search(f"[^{_FREE}]", bare, re.ASCII):
        return f"{odd[0]!r} must stand in quotes, as in '{key}=\"…\"'"
    return "it is not a value, a list of values or a function such as range(0,20)"


def _without_quoted(value: str) -> tuple[str, bool]:
    """Return a value with `_` for all that is quoted, and whether every quote is closed."""
    bare = re.sub(r"""(?<!\\)(["'])(?:\\.|(?!\1).)*?\1""", "_", value)
    return bare, not re.search(r"""(?<!\\)["']""", bare)


def _brackets(bare: str) -> str:
    """Say which bracket is not closed, or closes nothing; nothing where all are in pairs."""
    opened: list[str] = []
    for sign in bare:
        if sign in _CLOSED_BY:
            opened.append(sign)
        elif sign in _CLOSED_BY.values() and (not opened or _CLOSED_BY[opened.pop()] != sign):
            return f"{sign!r} closes no bracket"
    return f"{opened[-1]!r} is opened and never closed" if opened else ""
