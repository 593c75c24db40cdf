"""Asking for what is missing: the trainer as a subprocess, where there is anything to ask for.

`analysis` never imports the trainer. Like `make`, it does not even start it for a study that is
whole: the same words were answered, every run of theirs ended, and no code or configuration has
changed since.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from analysis.errors import AnalysisError
from src.errors import StoreError
from src.storage.run_folder import has_result
from src.storage.study import run_folders
from src.storage.study_files import HISTORY, read_history
from src.storage.study_name import results

SOURCES = Path(__file__).parents[3]


def train(name: str, words: Sequence[str] = (), study: str = "") -> str:
    """Train what a study lacks of an experiment, and return the experiment's name.

    Parameters
    ----------
    name : of the experiment
    words : further words for the trainer
    study : where the runs go; the experiment's own name unless given

    Raises
    ------
    AnalysisError
        The trainer failed; its last line says why.
    """
    other = study not in ("", name)
    asked = ["-m", f"experiment={name}", *words, *([f"study={study}"] if other else [])]
    if is_whole(results() / (study or name), asked):
        return name
    command = [sys.executable, "-m", "src.train", *asked]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        last = (ended.stderr.strip() or ended.stdout.strip()).splitlines()[-1:]
        raise AnalysisError(f"python -m src.train {' '.join(asked)} failed: {''.join(last)}")
    return name


def is_whole(study: Path, asked: Sequence[str]) -> bool:
    """Tell whether the last command on a study was this one, and left nothing to be done."""
    try:
        last = read_history(study)[-1]
    except (IndexError, StoreError):
        return False
    same = last.get("command", [])[3:] == list(asked) and last.get("left") == 0
    if not same or changed() > (study / HISTORY).stat().st_mtime:
        return False
    return sum(map(has_result, run_folders(study))) == last.get("results")  # none went since


def changed() -> float:
    """Return when code or configuration of the trainer last changed, in seconds of the clock."""
    files = [
        path
        for folder in ("src", "conf", "src/conf")
        for pattern in ("*.py", "*.yaml", "*.npz")
        for path in (SOURCES / folder).rglob(pattern)
    ]
    return max((path.stat().st_mtime for path in files), default=0.0)
