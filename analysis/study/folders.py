"""Which folder a study's name means, which study is the latest, and where answers are put."""

import os
from pathlib import Path

from src.errors import StoreError, nearest
from src.storage.run_folder import has_ended
from src.storage.study import run_folders
from src.storage.study_files import HISTORY
from src.storage.study_name import results

IMPORTED = "imported.json"
"""In the folder of a study whose runs another tool has logged."""


def own_folder(study: Path) -> Path:
    """Return the folder in a study that figures and tables go to unless another is named.

    Raises
    ------
    StoreError
        It is a link, which could lead out of a study that somebody else made.
    """
    folder = study / "analysis"
    if folder.is_symlink():
        raise StoreError(f"{folder} is a link: name a folder with --out")
    return folder


def find(study: str | Path) -> Path:
    """Return a study's folder, given that, its name, or `latest`.

    Raises
    ------
    StoreError
        There is none.
    """
    if not isinstance(study, str | os.PathLike):
        raise StoreError(f"a study must be given by its folder or name, got {study!r}")
    if study == "latest":
        if not (there := studies()):
            raise StoreError(f"{results()} holds no study: python -m src.train makes one")
        return there[0]
    for folder in (results() / study, Path(study)):  # a study may be called as a folder is here
        if folder.is_dir():
            return folder
    hint = nearest(str(study), [path.name for path in results().glob("*") if path.is_dir()])
    where = "" if results().is_dir() else f"; there is no folder {results()} here"
    raise StoreError(f"{study} is not the folder or name of a study{hint}{where}")


def studies() -> list[Path]:
    """Return the folders of all studies in which a run has ended, the latest first."""
    there = [path for path in results().glob("*") if _has_runs(path)]
    return sorted(there, key=last_command, reverse=True)


def _has_runs(study: Path) -> bool:
    try:
        if not study.is_dir():
            return False
        return (study / IMPORTED).exists() or any(map(has_ended, run_folders(study)))
    except OSError:  # nobody may read it: it hides no other study
        return False


def last_command(study: Path) -> int:
    """Return when a command last wrote a study's history, in ns; else when a run's folder changed.

    Figures and tables that are put into a study's folder make it no newer.
    """
    history = study / HISTORY
    witnesses = [history] if history.is_file() else [*run_folders(study)] or [study]
    return max(path.stat().st_mtime_ns for path in witnesses)
