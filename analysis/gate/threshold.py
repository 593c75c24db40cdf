"""A study and a threshold become gains by seed: what a seed reached beyond it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.arrays import Floats
from analysis.gate.compared import Compared, oriented
from analysis.gate.judgement import Asked
from analysis.metrics.quantities import Quantity
from analysis.statistics import Test
from analysis.statistics.onesided import Gain
from analysis.statistics.seeds import by_seed, counted
from analysis.study.data import StudyData
from analysis.study.design import cell_of


def against_threshold(
    candidate: StudyData,
    asked: Sequence[tuple[Quantity, float]],
    margin: Sequence[float],
    *,
    test: Test = "permutation",
) -> list[Compared]:
    """Set the candidate beside a threshold for each metric, which is reached from its bad end."""
    runs, design = candidate.runs, candidate.design
    cell = cell_of(runs, [*design.factors, *design.crossed])
    made = []
    for (q, bar), size in zip(asked, margin, strict=True):
        known = ~np.isnan(q.values) & (candidate.survived if q.kind == "value" else True)
        used = counted(known, runs[design.seed], cell, pd.Series(0, index=runs.index))
        means: Floats = by_seed(pd.Series(q.values[used]), runs[design.seed][used])
        gain = Gain(oriented(pd.Series(means - bar), q), test=test)
        mean = float(means.mean()) if means.size else float("nan")
        lost = int((~known).sum())
        made.append(
            Compared(
                Asked(q.name, gain, size, lost),
                q.order,
                bar,
                mean,
                (means.size, means.size),
                int((~used).sum()),
            )
        )
    return made
