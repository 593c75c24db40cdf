"""What studies there are: a row a study, the latest first.

Owns what is said of a study without reading its runs, from its history; and its renaming.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.errors import AnalysisError
from analysis.study.folders import last_command, studies
from src.errors import StoreError
from src.storage.run_folder import has_result
from src.storage.study import locked, run_folders
from src.storage.study_files import read_history
from src.storage.study_name import study_folder


def listing() -> pd.DataFrame:
    """Return a row a study: study, runs (with a result), left, failed, last, command.

    `left` and `failed` are those of the last command, and `command` what it was asked to train.
    """
    columns = ["study", "runs", "left", "failed", "last", "command"]
    return pd.DataFrame([_row(folder) for folder in studies()], columns=columns)


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
    ConfigError
        The name is none that a study may have.
    AnalysisError
        Another study has it.
    """
    new = study.parent / Path(study_folder(name)).name
    if new.exists():
        raise AnalysisError(f"{new} is there already: a study must get a name that is free")
    with locked(study, fresh=False):
        study.rename(new)
    return new
