"""One study as tidy pandas frames: what tables and figures are made of.

Owns the frames, and what is a part of a study.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import AnalysisError, nearest
from analysis.study.design import Design, design
from analysis.study.index import Contents
from analysis.study.reading import RESULTS
from analysis.study.selection import chosen, spelled
from analysis.study.timelines import Floats, Timelines
from src.storage.factors import factors
from src.storage.study_files import read_history
from src.timeline import CURVES, Ending


class StudyData:
    """One study, or a part of it: its runs, their timelines, and what varies between them.

    Parameters
    ----------
    folder : the study's
    contents : what it holds
    levels : every factor's levels in the whole study, for the colours of a part of it
    seed : the column that is the unit of all statistics, where several streams vary apart
    selection : what makes this part of the study, as `act=tanh lrA=0.1`
    """

    def __init__(
        self,
        folder: Path,
        contents: Contents,
        levels: Mapping[str, list[Any]] | None = None,
        seed: str | None = None,
        selection: str = "",
    ) -> None:
        self.folder = folder
        self.selection = selection
        self._contents = contents
        self.levels = self.factors if levels is None else levels
        self._seed = seed

    @property
    def name(self) -> str:
        """The study's name, and which part of it this is, as titles say it."""
        return f"{self.folder.name} ({self.selection})" if self.selection else self.folder.name

    @property
    def runs(self) -> pd.DataFrame:
        """A row a run, indexed by run id.

        Columns: the chosen name of every group (`act`, `order`, `init`, `lr`, `net`, `data`), every
        other key (`lrA`, `seed`, …), `outcome`, `epoch` (the last one of its timeline), `place`
        (where it diverged), the final value of every curve (NaN for one that diverged), `seconds`.
        """
        return self._contents.runs

    @cached_property
    def timelines(self) -> pd.DataFrame:
        """A row a run and epoch: columns `run`, `epoch`, every curve, and every factor.

        A factor is categorical, with the levels of the whole study in their order. A run that
        diverged has rows up to the epoch at which it did.
        """
        of = self._timelines
        ids = self.runs.index.repeat(of.lengths)
        curves = {name: of.flat(name) for name in of.names}
        factors = {}
        for name, levels in self.levels.items():
            known = [level for level in levels if level is not None]
            column = pd.Categorical(self.runs[name], categories=known, ordered=True)
            codes = np.repeat(column.codes, of.lengths)
            factors[name] = pd.Categorical.from_codes(codes, dtype=column.dtype)
        return pd.DataFrame({"run": ids, "epoch": of.epochs(), **curves, **factors}, copy=False)

    @cached_property
    def factors(self) -> dict[str, list[Any]]:
        """What varies between the runs: every such key with its levels, in order."""
        runs = self.runs
        own = {*RESULTS, "epochs"} if self.imported else {*RESULTS}
        keys = [name for name in runs if name not in CURVES and name not in own]
        varying = [name for name in keys if runs[name].nunique(dropna=False) > 1]
        if any(runs[name].dtype == np.float64 for name in varying):  # of a curve not declared here
            varying = [name for name in varying if name not in self.curve_names]
        rows = runs[varying].astype(object).where(runs[varying].notna(), None)
        return factors(cast(list[dict[str, Any]], rows.to_dict("records")))

    @cached_property
    def design(self) -> Design:
        """Which column is the seed, what it resamples, and what else varies."""
        return design(self.runs, list(self.factors), self._seed)

    @cached_property
    def _timelines(self) -> Timelines:
        return self._contents.timelines()

    @property
    def curve_names(self) -> tuple[str, ...]:
        """The names of the curves."""
        return self._timelines.names

    @property
    def folders(self) -> list[Path]:
        """The folder of every run, in the order of `runs`."""
        return self._contents.folders

    def curve(self, name: str) -> Floats:
        """Return a curve of every run, (n, E+1), NaN after a run's end."""
        if name not in self.curve_names:
            if "(" in name:
                raise AnalysisError(
                    f"{name} is one number a run, and no curve: table, compare, effects, ranks and "
                    "heatmap take it"
                )
            raise AnalysisError(f"no curve is called {name!r}: {nearest(name, self.curve_names)}")
        return self._timelines.square(name)

    @property
    def imported(self) -> bool:
        """Whether another tool logged the runs: curves may have gaps, and there are no files."""
        return self._contents.imported

    def needs(self, what: str) -> None:
        """Check that the runs have what only runs of this engine have, such as filters.

        Raises
        ------
        AnalysisError
            The study was imported.
        """
        if self.imported:
            raise AnalysisError(f"{self.folder.name} was imported, and has no {what}")

    @property
    def survived(self) -> NDArray[np.bool_]:
        """Which runs were trained to their last epoch, (n,)."""
        return (self.runs["outcome"] == Ending.finished.name).to_numpy()

    @property
    def has_result(self) -> NDArray[np.bool_]:
        """Which runs finished or diverged, (n,)."""
        ends = [Ending.finished.name, Ending.diverged.name]
        return self.runs["outcome"].isin(ends).to_numpy()

    @property
    def history(self) -> pd.DataFrame:
        """A row a command on the study: what it planned, trained, reused and failed, and when."""
        return pd.DataFrame(read_history(self.folder))

    def where(self, selection: Mapping[str, Any] | None = None, **more: Any) -> Self:
        """Return the part of the study whose keys have one of some values.

        `sweep.where(act=["tanh", "relu"], lrW=0.001)`. Errors list the nearest names and values.
        """
        wanted = {**(selection or {}), **more}
        places = np.flatnonzero(chosen(self.runs, wanted))
        said = " ".join(filter(None, (self.selection, spelled(wanted))))
        return type(self)(self.folder, self._contents.take(places), self.levels, self._seed, said)

    def spans(self) -> list[tuple[NDArray[np.int64], int]]:
        """Return the places of the runs of every length, with that length in epochs."""
        epochs = self.runs["epochs"].to_numpy()
        return [(np.flatnonzero(epochs == length), int(length)) for length in np.unique(epochs)]

    def units(self, seed: str | None) -> Self:
        """Return the same runs with another stream as the unit of all statistics."""
        if seed is None:
            return self
        return type(self)(self.folder, self._contents, self.levels, seed, self.selection)
