"""One metric of the two sides of a gate, and which end of it is good."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.arrays import Floats
from analysis.gate.judgement import Asked
from analysis.metrics.quantities import Quantity
from analysis.statistics.contrasts import Better


@dataclass(frozen=True, eq=False)
class Compared:
    """One metric of the two sides.

    Attributes
    ----------
    asked : what is judged
    better : the good end of the metric
    baseline, candidate : means over the seeds that count, in the unit of the metric; of a
        threshold the baseline is the threshold
    seeds : that count, of baseline and candidate
    left_out : runs of either side that do not count
    """

    asked: Asked
    better: Better
    baseline: float
    candidate: float
    seeds: tuple[int, int]
    left_out: int


def oriented(values: "pd.Series[float]", q: Quantity) -> Floats:
    """Return values of which more is better."""
    given = np.asarray(values, dtype=np.float64)
    return -given if q.better == "lower" else given
