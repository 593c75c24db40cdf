"""A study's folder: where its runs lie in it, its lock, and what is set aside.

Owns that one sweep at a time writes to it. How it may be called is the affair of `study_name.py`,
what a run's folder holds that of `store.py`, what is kept beside the runs that of `study_files.py`.
"""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import IO

from src.errors import StoreError
from src.storage.files import sweep_away
from src.storage.identity import ID_LENGTH
from src.terminal import say

MANY = 1000
"""A study of more runs is cut into folders: a directory of 100,000 entries is slow everywhere."""

ASIDE = ".damaged"
LOCK = ".lock"

_RUN = re.compile(r".*-[0-9a-f]{16}")
_SHARD = re.compile(r"[0-9a-f]{2}")


class Homes:
    """Where the runs of a study lie, and where new ones will: looked up once, when it is made.

    A run that lies anywhere stays there. New ones lie side by side in a small study; one that has,
    or with them will have, more than `MANY` runs is cut into folders by the first two digits of
    their ids.

    Parameters
    ----------
    study
        Its folder, which need not be there.
    new
        The ids of runs that it will have.
    """

    def __init__(self, study: Path, new: Iterable[str] = ()) -> None:
        self.study = study
        self._homes: dict[str, Path] = {}
        there = study.is_dir()
        for folder in run_folders(study) if there else ():
            known = self._homes.setdefault(folder.name[-ID_LENGTH:], folder)
            if known != folder and _entries(folder) > _entries(known):
                self._homes[folder.name[-ID_LENGTH:]] = folder
        cut = there and any(map(is_shard, study.iterdir()))
        self.cut = cut or len(self._homes.keys() | set(new)) > MANY

    def __getitem__(self, name: str) -> Path:
        """Return the folder of the run whose folder has, or would have, a name.

        Raises
        ------
        StoreError
            It would lie in a folder that is a link, which could lead out of the study.
        """
        run_id = name[-ID_LENGTH:]
        if run_id in self._homes:
            return self._homes[run_id]
        if not self.cut:
            return self.study / name
        shard = self.study / run_id[:2]
        if shard.is_symlink():
            raise StoreError(f"{shard} must be a folder of the study, and is a link")
        return shard / name


def _entries(folder: Path) -> int:
    return len(os.listdir(folder))


def run_folders(study: Path) -> Iterator[Path]:
    """Yield the folders of a study's runs, in the order of their names."""
    for entry in _folders(study):
        if _RUN.fullmatch(entry.name):
            yield Path(entry.path)
        elif _SHARD.fullmatch(entry.name) and not entry.is_symlink():
            yield from (Path(e.path) for e in _folders(entry.path) if _RUN.fullmatch(e.name))


def is_shard(path: Path) -> bool:
    """Return whether a path of a study is one of the folders that cut it."""
    named = _SHARD.fullmatch(path.name) is not None
    return named and path.is_dir() and not path.is_symlink()


def _folders(folder: str | Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted(filter(_is_folder, entries), key=lambda entry: entry.name)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


@contextmanager
def locked(study: Path, fresh: bool) -> Iterator[None]:
    """Make a study's folder and hold it against other sweeps, which wait.

    Raises
    ------
    StoreError
        It cannot be made, is not new though it should be, or its lock is a link.
    """
    if (study / LOCK).is_symlink():
        raise StoreError(f"{study / LOCK} must be a file of the study, and is a link")
    try:
        study.mkdir(parents=True, exist_ok=not fresh)
        lock = open(study / LOCK, "a")  # noqa: SIM115  closed below, after the sweep
    except OSError as error:
        raise StoreError(f"{study} cannot be made: {error.strerror}") from error
    with lock:
        _acquire(lock, study)
        sweep_away(study)
        yield


def _acquire(lock: IO[str], study: Path) -> None:
    try:
        import fcntl

        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another sweep is at work in {study}: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
    except (ImportError, OSError):
        say(f"warning: {study} cannot be locked here: let one sweep at a time write to it")


def set_aside(study: Path, folder: Path) -> Path:
    """Move a damaged run's folder out of the way, keeping it, and return where it is now.

    Raises
    ------
    StoreError
        The place for such folders is a link, which could lead out of the study.
    """
    aside = study / ASIDE
    if aside.is_symlink():
        raise StoreError(f"{aside} must be a folder of the study, and is a link")
    aside.mkdir(exist_ok=True)
    for number in count():
        target = aside / f"{folder.name}.{number}"
        if not target.exists():
            folder.rename(target)
            return target
    raise AssertionError("count has no end")
