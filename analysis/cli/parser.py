"""Parsers whose errors are one sentence, lists of names, and docstrings as help.

Owns what verbs and commands share in how a command line is read.
"""

import argparse
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from analysis.errors import AnalysisError


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence, like all others, and say where help is."""

    def error(self, message: str) -> NoReturn:
        """Raise the message."""
        raise AnalysisError(f"{message} ({self.prog} --help)")


class Listed(argparse.Action):
    """Names, each once, given with spaces or commas between; commas in brackets part nothing."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Keep the names."""
        parts = [part for word in values or () for part in re.split(r",(?![^(]*\))", word)]
        setattr(
            namespace, self.dest, list(dict.fromkeys(p for part in parts if (p := part.strip())))
        )


def parameters(docstring: str) -> dict[str, str]:
    """Return what a numpydoc docstring says of each parameter, by name."""
    _, _, rest = docstring.partition("Parameters\n----------\n")
    section = re.split(r"\n\n\S", rest, maxsplit=1)[0]
    found = re.findall(r"^(\w+) : .*\n((?:    .*\n?)+)", section, re.M)
    return {name: " ".join(text.split()) for name, text in found}
