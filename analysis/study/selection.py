"""Which runs are meant: `lrW=0.001 act=tanh,relu`, and what a wrong name should have been.

Owns how a key and its values are named, in a notebook and at the shell alike.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import AnalysisError, nearest


def key(name: str, columns: Collection[str]) -> str:
    """Return a key of the configuration that exists.

    Raises
    ------
    AnalysisError
        It does not; the nearest that do are listed.
    """
    if name not in columns:
        raise AnalysisError(f"no key is called {name!r}: {nearest(name, columns)}")
    return name


def parse(words: Iterable[str]) -> dict[str, list[str]]:
    """Read `key=value,value` words.

    Raises
    ------
    AnalysisError
        A word has no key or no value.
    """
    selection: dict[str, list[str]] = {}
    for word in words:
        name, equals, values = word.partition("=")
        if not (name and equals and values):
            raise AnalysisError(f"a selection must look like act=tanh,relu, got {word!r}")
        selection.setdefault(name, []).extend(values.split(","))
    return selection


def chosen(runs: pd.DataFrame, selection: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Return which runs have one of the values of every key, (n,).

    Parameters
    ----------
    runs : a row a run
    selection : a value, or several, by key; words of the shell stand for the numbers they spell

    Raises
    ------
    AnalysisError
        A key does not exist, or no run has a value.
    """
    found = np.ones(len(runs), dtype=bool)
    for name, given in selection.items():
        column = runs[key(name, list(runs.columns))]
        several = isinstance(given, Iterable) and not isinstance(given, str)
        levels = [_level(column, name, value) for value in (given if several else [given])]
        found &= column.isin(levels).to_numpy()
    if not found.any():
        raise AnalysisError(f"no run has {spelled(selection)} together")
    return found


def factor(runs: pd.DataFrame, name: str, factors: Collection[str]) -> str:
    """Return a key that varies between runs.

    Raises
    ------
    AnalysisError
        There is no such key, or all runs have one value of it.
    """
    key(name, list(runs.columns))
    if name not in factors and runs[name].nunique(dropna=False) == 1:
        there = ", ".join(factors) or "nothing"
        value = _spelled(runs[name].iloc[0])
        raise AnalysisError(
            f"{name} must vary to be compared, and every run has {name}={value}: what varies is "
            f"{there}"
        )
    return name


def spelled(selection: Mapping[str, Any]) -> str:
    """Return a selection as it is typed: `act=tanh,relu lrA=0.1`."""
    return " ".join(f"{name}={_words(value)}" for name, value in selection.items())


def _level(column: "pd.Series[Any]", name: str, value: Any) -> Any:
    if pd.api.types.is_numeric_dtype(column):
        try:
            value = float(value)
        except (TypeError, ValueError):
            value = str(value)
    elif not isinstance(value, bool):
        value = str(value)
    known = column.dropna().unique().tolist()
    if value not in known:
        hint = nearest(str(value), [_spelled(level) for level in known])
        if "=" in str(value):
            hint = "keys stand apart, as in --where act=tanh lrA=0.1"
        raise AnalysisError(f"no run has {name}={_spelled(value)}: {hint}")
    return value


def _words(value: Any) -> str:
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ",".join(map(_spelled, value))
    return _spelled(value)


def _spelled(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float | np.floating) else str(value)
