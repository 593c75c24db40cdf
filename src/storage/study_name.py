"""A study's name, and the folder that this name means.

Owns what may be called a study, which folder holds all of them, and that a sweep without a name
gets one that no other has.
"""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from src.errors import ConfigError

DEFAULT = "multirun_outputs"
VARIABLE = "SWEEPSCOPE_RESULTS"
"""The environment may name the folder of all studies; `results=FOLDER` of a command sets it."""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}(?<!\.)")

_RESERVED = re.compile(r"(?i:con|prn|aux|nul|com\d|lpt\d)(\..*)?|latest")

_FRESH = "SWEEPSCOPE_STUDY"
"""The environment carries a fresh study's name to worker processes of any launcher."""


def results() -> Path:
    """Return the folder of all studies; unless it is named, it lies where the command began."""
    return Path(os.environ.get(VARIABLE) or DEFAULT)


def study_folder(name: str | None) -> str:
    """Return the folder of a named study, or of this process's own where there is no name.

    Raises
    ------
    ConfigError
        The name could lead elsewhere, or not be a folder everywhere.
    """
    if name is None:
        name = os.environ.setdefault(_FRESH, fresh_name())
    if not isinstance(name, str) or not NAME.fullmatch(name):
        rule = "1 to 80 letters, digits, '.', '_' or '-', beginning with a letter or digit"
        raise ConfigError.of("study", rule, name)
    if _RESERVED.fullmatch(name):
        rule = "another name: Windows keeps this one for a device, or analysis for the newest study"
        raise ConfigError.of("study", rule, name)
    return str(results() / name)


def fresh_name() -> str:
    """Return a name that no other study has: two sweeps may start in the same second."""
    return f"{datetime.now():%Y-%m-%d_%H-%M-%S}_{secrets.token_hex(4)}"


@contextmanager
def named_anew() -> Iterator[None]:
    """Let a study without a name get a fresh one, and the next one another."""
    try:
        yield
    finally:
        os.environ.pop(_FRESH, None)
