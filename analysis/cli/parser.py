"""Command lines: parsers whose errors are one sentence, and lists of names.

Owns what the verbs of `shell` and the commands of `commands` share in how words are read.
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
