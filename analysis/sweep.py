"""A study and the questions that can be asked of it.

Owns `load_sweep` and the binding of the verbs (`tables/verbs.py`, `figures/verbs.py`) to a study:
the same words as at the command line (`python -m analysis`).
"""

from pathlib import Path

import pandas as pd

from analysis.figures import verbs as figures
from analysis.metrics.diagnosis import diagnoses
from analysis.report.page import explore, report
from analysis.study.data import StudyData
from analysis.study.folders import IMPORTED, find
from analysis.study.generations import newest
from analysis.study.imported import contents_of, read_imported
from analysis.study.index import read_study
from analysis.tables import verbs as tables
from src.errors import StoreError
from src.storage.study_files import read_history


class Sweep(StudyData):
    """One study: its runs, their timelines, what varies between them, and what can be asked of it.

    Parameters
    ----------
    folder : the study's
    contents : what it holds
    levels : every factor's levels in the whole study, for the colours of a part of it
    seed : the column that is the unit of all statistics, where several streams vary apart
    """

    @property
    def diagnoses(self) -> pd.DataFrame:
        """A row a run: `label` and `evidence`."""
        return diagnoses(self)

    table = tables.table
    compare = tables.compare
    effects = tables.effects
    ranks = tables.ranks
    crossings = tables.crossings
    diagnose = tables.diagnose
    confusion = tables.confusion
    classes = tables.classes
    curves = figures.curves
    heatmap = figures.heatmap
    filters = figures.filters
    animation = figures.animation
    similarity = figures.similarity
    report = report
    explore = explore
    meetings, film = crossings, animation  # the old names

    def __len__(self) -> int:
        return len(self.runs)

    def __repr__(self) -> str:
        factors = ", ".join(f"{key} ({len(levels)})" for key, levels in self.factors.items())
        endings = self.runs["outcome"].value_counts()
        ended = ", ".join(f"{n:,} {ending}" for ending, n in endings.items())
        said = f"Sweep of {len(self.runs):,} runs in {self.folder}: {ended}"
        return f"{said}; varying {factors or 'nothing'}\n{self._last_command()}".rstrip()

    def _last_command(self) -> str:
        try:
            last = read_history(self.folder)[-1]
            counts = ", ".join(
                f"{last[key] or 0:,} {key}" for key in ("trained", "reused", "failed")
            )
        except (StoreError, LookupError, TypeError, ValueError):
            return ""  # a history is no result: what it lacks hides no run
        return f"The last command on the study: {counts}"


def load_sweep(study: str | Path = "latest") -> Sweep:
    """Load a study.

    Runs of an older engine, or on digits that have changed since, are warned of and left out: they
    are not to be compared with the others.

    Parameters
    ----------
    study : its folder, its name under `multirun_outputs/`, or `latest`

    Raises
    ------
    StoreError
        There is no such study, or no run in it has ended.
    """
    folder = find(study)
    if (folder / IMPORTED).exists():
        return Sweep(folder, read_imported(folder))
    contents = read_study(folder)
    if contents.runs.empty:
        raise StoreError(f"{folder} holds no run that has ended")
    return Sweep(folder, newest(folder, contents))


def from_frames(
    runs: pd.DataFrame,
    timelines: pd.DataFrame,
    *,
    run: str = "run",
    epoch: str = "epoch",
    seed: str | None = None,
    name: str = "frames",
) -> Sweep:
    """Make a study of two frames: logs that exist already, of any tool.

    Parameters
    ----------
    runs : a row a run: its name, its configuration, and its seed; where there is a column
        `outcome` (finished, diverged, failed, interrupted) it says how the run ended
    timelines : a row a run and epoch: the run's name, a whole epoch or step from 0 on, and a column
        of numbers a curve, NaN where nothing was logged
    run, epoch : the names of these columns
    seed : the column that is the unit of all statistics; `seed` where there is one, and otherwise
        every run is a unit of its own that is paired with no other
    name : of the study

    Raises
    ------
    StoreError
        A column is missing, or the frames do not fit each other.
    """
    return Sweep(Path(name), contents_of(runs, timelines, run=run, epoch=epoch, seed=seed))
