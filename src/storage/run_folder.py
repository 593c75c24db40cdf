"""A run's folder: the names of its files, and what it says that they are there.

    run.json          a result: config, outcome, final values, checksums; written last
    unfinished.json   instead of it, of a run that failed or was interrupted; beside it, of one
                      that is to be trained again
    timeline.npz      the curves, a row each, by name
    filters.npz       the filters at some epochs
    parameters.npz    the parameters at the end
    checkpoint.npz    while a long run trains, or after it was interrupted
    sweepscope.log    how it ended; of a failure, the traceback

Owns these names, and what is removed when it has had its time. What the files hold is the affair
of `store.py`.
"""

import os
from pathlib import Path

from src.storage.files import sweep_away

RECORD = "run.json"
UNFINISHED = "unfinished.json"
CHECKPOINT = "checkpoint.npz"
LOG = "sweepscope.log"
TIMELINE = "timeline.npz"
FILTERS = "filters.npz"
LAST = "parameters.npz"
FILES = (RECORD, UNFINISHED, CHECKPOINT, TIMELINE, FILTERS, LAST, LOG)


def misfit(folder: Path) -> str | None:
    """Say what lies in the place of a run's folder or file and is none, such as a link.

    Nothing is written through a link: it may lead out of a study that somebody else made.
    """
    if folder.is_symlink():
        return f"{folder} is a link and not a folder"
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name in FILES and not entry.is_file(follow_symlinks=False):
                    return f"{entry.path} is not a file"
                if entry.name == ".hydra" and not entry.is_dir(follow_symlinks=False):
                    what = "a link and not" if entry.is_symlink() else "not"
                    return f"{entry.path} is {what} a folder"
            return None
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        return f"{folder} is not a folder"


def has_result(folder: Path) -> bool:
    """Return whether a run's folder holds a result: it finished, or it diverged."""
    return (folder / RECORD).exists()


def is_done(folder: Path) -> bool:
    """Return whether a run's folder holds a result that nobody wants to have again."""
    return has_result(folder) and not (folder / UNFINISHED).exists()


def has_ended(folder: Path) -> bool:
    """Return whether a run's folder says how the run ended, result or not."""
    return has_result(folder) or (folder / UNFINISHED).exists()


def clean(folder: Path) -> None:
    """Remove what a run that is done does not need any more."""
    for name in (CHECKPOINT, UNFINISHED):
        (folder / name).unlink(missing_ok=True)
    for place in (folder, folder / ".hydra"):
        sweep_away(place)


def begin(folder: Path) -> None:
    """Forget how an earlier attempt at a run failed or was interrupted, before the next one.

    Where there is a result all the same, the note stays: it says that the run is to be trained
    again, until it is.
    """
    if not has_result(folder):
        (folder / UNFINISHED).unlink(missing_ok=True)
