"""An Optuna study: every trial is a run, its intermediate values a curve.

Owns what a trial's end is called here: complete is finished, failed is failed, and pruned, running
or waiting is interrupted. Needs the package `optuna`.
"""

from pathlib import Path

import pandas as pd

from analysis.importing.tables import Frames
from src.errors import StoreError

CURVE = "value"
"""The curve of intermediate values; of a trial without any, its value stands at epoch 0."""

ENDINGS = {"COMPLETE": "finished", "FAIL": "failed"}


def read_trials(path: Path, name: str | None = None) -> Frames:
    """Read the trials of the study in an SQLite file; a run is called by its trial's number.

    Parameters
    ----------
    name : of the study, where the file holds several

    Raises
    ------
    StoreError
        There is no such file or study, it has several objectives, or the package is not installed.
    """
    try:
        import optuna
    except ImportError:
        raise StoreError("optuna must be installed to read its studies") from None
    if not path.is_file():
        raise StoreError(f"{path} is not there")
    try:
        study = optuna.load_study(study_name=name, storage=f"sqlite:///{path}")
        trials = study.get_trials(deepcopy=False)
        if len(study.directions) > 1:
            raise StoreError(f"{path} must have one objective, got {len(study.directions)}")
    except StoreError:
        raise
    except Exception as error:
        raise StoreError(f"{path} cannot be read as an Optuna study: {error}") from error
    rows, logs = [], []
    for trial in trials:
        run = str(trial.number)
        ending = ENDINGS.get(trial.state.name, "interrupted")
        rows.append({"run": run, **trial.params, "outcome": ending})
        values = trial.intermediate_values or ({0: trial.value} if trial.value is not None else {})
        logs += [{"run": run, "epoch": step, CURVE: value} for step, value in values.items()]
    return pd.DataFrame(rows), pd.DataFrame(logs, columns=["run", "epoch", CURVE])
