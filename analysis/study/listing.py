"""What studies there are: a row a study, the latest first.

Owns how a study is told from others without reading its runs: by its history.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.errors import AnalysisError
from analysis.study.reading import last_command
from src.errors import ConfigError, StoreError
from src.storage.run_folder import has_result
from src.storage.study import locked, results, run_folders, study_folder
from src.storage.study_files import read_history


def studies() -> pd.DataFrame:
    """Return the studies: study, runs (with a result), left, failed, last, command.

    `left` and `failed` are those of the last command, and `command` what it was asked to train.
    """
    folders = [path for path in results().glob("*") if path.is_dir() and any(run_folders(path))]
    rows = [_row(path) for path in sorted(folders, key=last_command, reverse=True)]
    columns = ["study", "runs", "left", "failed", "last", "command"]
    return pd.DataFrame(rows, columns=columns)


def _row(study: Path) -> dict[str, Any]:
    try:
        history = read_history(study)
    except StoreError:
        history = []
    last = history[-1] if history else {}
    words = last.get("overrides")
    return {
        "study": study.name,
        "runs": sum(map(has_result, run_folders(study))),
        "left": last.get("left"),
        "failed": last.get("failed"),
        "last": f"{datetime.fromtimestamp(last_command(study) / 1e9):%Y-%m-%d %H:%M}",
        "command": " ".join(map(str, words)) if isinstance(words, list) else "",
    }


def rename(study: Path, name: str) -> Path:
    """Give a study another name, while no sweep is at work in it, and return its folder.

    Raises
    ------
    AnalysisError
        The name is none that a study may have, or another study has it.
    """
    try:
        target = Path(study_folder(name)).absolute().relative_to(results().absolute())
    except ConfigError as error:
        raise AnalysisError(str(error)) from error
    new = study.parent / target
    if new.exists():
        raise AnalysisError(f"{new} is there already: a study must get a name that is free")
    with locked(study, fresh=False):
        study.rename(new)
    return new
