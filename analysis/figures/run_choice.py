"""Whose filters a figure or a film shows, and the table of what is drawn of them.

Owns the choice of one run for every combination of levels, and the columns of the table.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.arrays import Floats
from analysis.errors import AnalysisError
from analysis.metrics.class_means import ClassMeans
from analysis.metrics.similarity import correlations
from analysis.study.data import StudyData
from analysis.study.names import Names, names
from analysis.study.selection import key
from analysis.tables.frame import level

MOST_RUNS = 24
LIKE = "like_"
"""Begins the names of a table's columns of correlations, before the class."""


@dataclass(frozen=True)
class Pick:
    """One run that is shown.

    Attributes
    ----------
    words : what it stands for
    folder : its own
    classes : the labels of the digits that it tells apart
    """

    words: str
    folder: Path
    classes: tuple[int, ...]


def pick(sweep: StudyData, vary: Names, seed: Any) -> tuple[list[Pick], str]:
    """Return one run a combination of levels, in their order, and where all of them stand.

    Of the factors that are not named, and of the seeds, it is the first level.
    """
    runs, design = sweep.runs, sweep.design
    varied = [key(name, list(runs.columns)) for name in names(vary)] or list(design.factors)
    frame = runs.reset_index(drop=True)
    held = {}
    for name in [design.seed, *design.factors, *design.crossed]:
        if name in varied or name not in frame:
            continue
        wanted = frame[name].iloc[0] if seed is None or name != design.seed else seed
        levels = [v for v in sweep.factors.get(name, [wanted]) if v in set(frame[name])]
        first = next((v for v in levels if level(v) == level(wanted)), None)
        if first is None:
            raise AnalysisError(f"no run has {name}={wanted}")
        held[name] = first if name == design.seed and seed is not None else levels[0]
        frame = frame[frame[name] == held[name]]
    chosen = frame.drop_duplicates(varied) if varied else frame.head(1)
    if len(chosen) > MOST_RUNS:
        raise AnalysisError(
            f"{len(chosen)} runs are too many to look at: select with --where, or name --vary"
        )
    places = {name: list(sweep.factors.get(name, [])) for name in varied}
    rows = sorted(
        chosen.to_dict("index").items(),
        key=lambda row: [
            places[name].index(row[1][name]) if row[1][name] in places[name] else -1
            for name in varied
        ],
    )
    picked = [
        Pick(
            ", ".join(f"{name}={level(row[name])}" for name in varied) or "the run",
            sweep.folders[int(str(i))],
            tuple(json.loads(str(row["classes"]))),
        )
        for i, row in rows
    ]
    return picked, ", ".join(f"{name}={level(value)}" for name, value in held.items())


def drawn(rows: Sequence[tuple[Pick, int, Floats]], means: ClassMeans | None) -> pd.DataFrame:
    """Return a row a filter: run, epoch, filter, low, high, weights (I, J), likeness by class.

    The last are correlations with the mean images of the run's own classes, a column `like_…` a
    class where there are such images and a filter as large as they; they are NaN for a filter that
    is smaller or not finite, and for a class of other runs.
    """
    images = np.stack(list(means.values())).astype(np.float64) if means else np.empty((0, 0, 0))
    parts = []
    for run, epoch, kept in rows:
        part = {
            "run": run.words,
            "epoch": epoch,
            "filter": range(len(kept)),
            "low": kept.min(axis=(1, 2)),
            "high": kept.max(axis=(1, 2)),
            "weights": list(kept),
        }
        if means and kept.shape[1:] == images.shape[1:]:
            like = correlations(kept, images).T
            here = [(i, label) for i, label in enumerate(means) if label in run.classes]
            part |= {f"{LIKE}{label}": like[i] for i, label in here}
        parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True)
