"""Generations of runs: what an older engine trained, or digits that have changed since.

Owns which runs of a study belong together. A study may hold several generations, for nothing is
thrown away; none of their numbers are to be compared with each other.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from analysis.study.index import Contents


class Origin(NamedTuple):
    """What a run was trained by, on what, and when."""

    engine: int
    source: str
    """The name of the data, or the folder of its files."""
    digest: str
    finished: str
    """In UTC, as text that sorts."""


def stale(origins: Sequence[Origin]) -> list[bool]:
    """Return which runs are not of the newest engine, or not of their source's newest digits."""
    engine = max((origin.engine for origin in origins), default=0)
    newest: dict[str, Origin] = {}
    for origin in origins:
        known = newest.get(origin.source)
        if origin.engine == engine and (known is None or origin.finished >= known.finished):
            newest[origin.source] = origin
    return [
        origin.engine != engine or origin.digest != newest[origin.source].digest
        for origin in origins
    ]


def newest(study: Path, contents: Contents) -> Contents:
    """Return what a study has of its newest generation; the rest is warned of."""
    runs = contents.runs
    sources = runs["folder"].fillna(runs["source"])
    columns = (runs["engine"], sources, runs["digest"], runs["finished"])
    old = np.array(stale([Origin(*row) for row in zip(*columns, strict=True)]), bool)
    if not old.any():
        return contents
    words = "trained by an older engine or on digits that have changed since"
    warnings.warn(f"{study}: {old.sum():,} runs are left out, {words}", stacklevel=3)
    return contents.take(np.flatnonzero(~old))
