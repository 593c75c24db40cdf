"""Generations of runs: what an older engine trained, or digits that have changed since.

Owns which runs of a study belong together. A study may hold several generations, for nothing is
thrown away; none of their numbers are to be compared with each other.
"""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from analysis.study.index import Contents
from src.errors import StoreError
from src.storage.identity import ID_LENGTH
from src.storage.study_files import read_history


class Origin(NamedTuple):
    """What a run was trained by, on what, and when."""

    engine: int
    source: str
    """The name of the data, or the folder of its files."""
    digest: str
    """Its first letters, as in `sweep.runs`."""
    finished: str
    """In UTC, as text that sorts."""


def asked_for(study: Path) -> dict[str, list[str]]:
    """Return the digests of every source in the order of the commands that asked for them.

    A command counts by its place in the study's history, which no clock turns.
    """
    try:
        history = read_history(study)
    except StoreError:  # a history is no result: what it lacks hides no run
        return {}
    order: dict[str, list[str]] = {}
    for entry in history:
        digests = entry.get("digests")
        for source, digest in digests.items() if isinstance(digests, dict) else ():
            order.setdefault(str(source), []).append(str(digest)[:ID_LENGTH])
    return order


def stale(origins: Sequence[Origin], asked: Mapping[str, Sequence[str]]) -> list[bool]:
    """Return which runs are not of the newest engine, or not of their source's newest digits.

    Parameters
    ----------
    origins : a run each
    asked : the digests of every source, the latest last, of `asked_for`; of a source without any,
        as in studies of earlier versions, the clock tells which digits are the newest
    """
    engine = max((origin.engine for origin in origins), default=0)
    current = [origin for origin in origins if origin.engine == engine]
    newest: dict[str, str] = {}
    for origin in sorted(current, key=lambda origin: origin.finished):
        newest[origin.source] = origin.digest
    there = {(origin.source, origin.digest) for origin in current}
    for source, digests in asked.items():
        for digest in digests:
            if (source, digest) in there:
                newest[source] = digest
    return [origin.engine != engine or origin.digest != newest[origin.source] for origin in origins]


def newest(study: Path, contents: Contents) -> Contents:
    """Return what a study has of its newest generation; the rest is warned of."""
    runs = contents.runs
    sources = runs["folder"].fillna(runs["source"])
    columns = (runs["engine"], sources, runs["digest"], runs["finished"])
    origins = [Origin(*row) for row in zip(*columns, strict=True)]
    old = np.array(stale(origins, asked_for(study)), bool)
    if not old.any():
        return contents
    words = "trained by an older engine or on digits that have changed since"
    warnings.warn(f"{study}: {old.sum():,} runs are left out, {words}", stacklevel=3)
    return contents.take(np.flatnonzero(~old))
