"""Stamps: by which a copy of a run's files is known to tell the truth, without opening them.

Owns the listing of a study's runs that have ended. A file that was replaced has another time of
change or another size; to find one that was damaged in place is the doctor's affair.
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from src.storage.run_folder import RECORD, TIMELINE, UNFINISHED
from src.storage.study import run_folders

Stamps = NDArray[np.int64]
"""(n, 4): time of change and size of each run's record and timeline; 0 where there is none."""

STAMPS = ["_record", "_record_size", "_timeline", "_timeline_size"]


def ended(study: Path) -> tuple[list[Path], Stamps]:
    """Return the folders of all runs that have ended, and the stamps of their files, (n, 4)."""
    folders, stamps = [], []
    for folder in run_folders(study):
        record = _stamp(f"{folder}/{RECORD}") or _stamp(f"{folder}/{UNFINISHED}")
        if record:
            folders.append(folder)
            stamps.append((*record, *(_stamp(f"{folder}/{TIMELINE}") or (0, 0))))
    return folders, np.array(stamps, np.int64).reshape(-1, 4)


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def still_true(
    indexed: pd.DataFrame, study: Path, folders: list[Path], stamps: Stamps
) -> tuple[NDArray[np.bool_], Stamps]:
    """Return which folders the index still tells the truth of, (n,), and their places in it."""
    start = len(str(study)) + 1
    names = pd.Index([str(folder)[start:] for folder in folders])
    places = pd.Index(indexed["_folder"]).get_indexer(names)
    old = (places >= 0) & (indexed[STAMPS].to_numpy(np.int64)[places] == stamps).all(axis=1)
    return old, places[old]
