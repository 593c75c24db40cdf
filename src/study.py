"""A study: its name, where its folder lies, and what varies between its runs.

Owns what may be called a study, and that a sweep without a name gets a folder that no other has.
"""

import os
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from src.errors import ConfigError, StoreError

ROOT = "multirun_outputs"
"""Every study lies here, under the folder from which the command was started."""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}(?<!\.)")

FOLLOWS = {
    "act_out": "act",
    "subset_seed": "seed",
    "init_seed": "seed",
    "order_seed": "seed",
}
"""Keys that take the value of another unless they are given one of their own."""

_FRESH = "SWEEPSCOPE_STUDY"
"""The environment carries a fresh study's name to worker processes of any launcher."""


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
    return str(Path(ROOT, name))


def fresh_name() -> str:
    """Return a name that no other study has: two sweeps may start in the same second."""
    return f"{datetime.now():%Y-%m-%d_%H-%M-%S}_{secrets.token_hex(4)}"


def open_study(folder: Path, fresh: bool) -> None:
    """Make a study's folder.

    Raises
    ------
    StoreError
        It cannot be made, or is not new though it should be.
    """
    try:
        folder.mkdir(parents=True, exist_ok=not fresh)
    except OSError as error:
        raise StoreError(f"{folder} cannot be made: {error.strerror}") from error


def factors(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return every key that varies between runs, with its levels in order.

    A key that merely follows another, as `act_out` follows `act`, is left out.

    Parameters
    ----------
    rows
        A run's keys and values each, all with the same keys.
    """
    columns = {key: [_level(row[key]) for row in rows] for key in rows[0]}
    varying = {key: values for key, values in columns.items() if len(set(values)) > 1}
    return {
        key: sorted(set(values), key=lambda v: (isinstance(v, str), v if v is not None else -1))
        for key, values in varying.items()
        if values != varying.get(FOLLOWS.get(key, ""))
    }


def _level(value: Any) -> Any:
    return str(value) if isinstance(value, list) else value
