"""The errors that a user can cause, each one clear sentence.

    SweepscopeError
    ├── ConfigError   a key breaks its rule: "{key} must be {rule}, got {value!r}"
    ├── DataError     a data file is missing or lies; the sentence names its path
    └── StoreError    a run folder cannot be written or read; the sentence names its path

The command lines (`train.py`, `python -m analysis`) turn each into its sentence and exit code 1.
"""

from collections.abc import Collection
from difflib import get_close_matches
from typing import Any


class SweepscopeError(Exception):
    """Base of every error that is the user's to mend."""


class ConfigError(SweepscopeError):
    """A key of the configuration breaks its rule."""

    @classmethod
    def of(cls, key: str, rule: str, value: Any) -> "ConfigError":
        """Word the error the way every configuration error is worded."""
        return cls(f"{key} must be {rule}, got {value!r}")

    @classmethod
    def one_of(cls, key: str, options: Collection[str], value: Any) -> "ConfigError":
        """Word the error of a value that is none of several, with the nearest of them."""
        hint = nearest(str(value), list(options))
        return cls(f"{key} must be one of {', '.join(options)}, got {value!r}{hint}")


class DataError(SweepscopeError):
    """A data file is missing, damaged, or not what its name says."""


class StoreError(SweepscopeError):
    """A run folder cannot be written, or holds what no run wrote."""


def nearest(word: str, options: list[str]) -> str:
    """Return `" (did you mean 'x'?)"` for the option nearest to `word`, or nothing."""
    alike = [option for option in options if option.lower() == word.lower()]
    matches = alike or get_close_matches(word, options, n=1)
    return f" (did you mean {matches[0]!r}?)" if matches else ""
