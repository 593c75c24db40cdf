"""Optuna's SQLite storage as a contestant, written to and read from as its users do."""

from collections.abc import Sequence
from pathlib import Path

import optuna
import pandas as pd
from optuna.distributions import FloatDistribution, IntDistribution
from optuna.trial import TrialState, create_trial

from src.execution.job import Job

OBJECTIVE = "test_acc"


class Optuna:
    """One study; a trial each, with parameters, intermediate values and user attributes.

    A trial has one series of intermediate values: the objective's curve. The others are lists in
    its attributes, as every key but the two that vary.
    """

    def __init__(self, folder: Path) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.file = folder / "optuna.db"
        self.url = f"sqlite:///{self.file}"
        optuna.create_study(storage=self.url, study_name="study", direction="maximize")

    def write(self, jobs: Sequence[Job], curves: dict[str, list[float]]) -> None:
        """Add finished trials: the quickest way there is, past `ask` and `tell`."""
        study = optuna.load_study(study_name="study", storage=self.url)
        ranges = {"lrA": FloatDistribution(0, 1), "seed": IntDistribution(0, 2**31)}
        others = {name: curve for name, curve in curves.items() if name != OBJECTIVE}
        for job in jobs:
            record = job.run.record()
            trial = create_trial(
                state=TrialState.COMPLETE,
                value=curves[OBJECTIVE][-1],
                params={key: record.pop(key) for key in ranges},
                distributions=ranges,
                user_attrs={"run": job.id, **record, **others},
                intermediate_values=dict(enumerate(curves[OBJECTIVE])),
            )
            study.add_trial(trial)

    def finished(self) -> int:
        """Return the number of complete trials, in a process that has not seen them before."""
        return len(self._trials())

    def timelines(self) -> pd.DataFrame:
        """Read every trial and lay its curves side by side."""
        frames = []
        for trial in self._trials():
            whole = {k: v for k, v in trial.user_attrs.items() if isinstance(v, list)}
            del whole["classes"]
            whole[OBJECTIVE] = list(trial.intermediate_values.values())
            epochs = list(trial.intermediate_values)
            frames.append(pd.DataFrame({"run": trial.user_attrs["run"], "epoch": epochs, **whole}))
        return pd.concat(frames, ignore_index=True)

    def size(self) -> int:
        """Return the bytes of the database."""
        return self.file.stat().st_blocks * 512

    def _trials(self) -> list[optuna.trial.FrozenTrial]:
        study = optuna.load_study(study_name="study", storage=self.url)
        return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
