"""One level against another, before any correction: differences by seed, their size and their p.

The seed is the unit. Cells that share a seed are no replicates, so differences are averaged over
the other factors within each seed and n counts seeds. A family of contrasts is judged in
`analysis.statistics.comparison`.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Floats
from analysis.errors import AnalysisError
from analysis.statistics import Test, rates, signflips, student
from analysis.statistics.signflips import Side

Kind = Literal["value", "time", "rate"]
Better = Literal["higher", "lower"]
Pair = tuple[object, object]
"""(level, against): the difference is level minus against."""


@dataclass(frozen=True)
class Endpoint:
    """What is compared.

    Attributes
    ----------
    metric : the column that holds it
    kind : "value" is compared where both runs survive; "time" (min of epochs and horizon) and
        "rate" (failed or not) everywhere
    delta : differences within ±delta count as none, in the unit of the metric; it must be named
        before looking
    """

    metric: str
    kind: Kind = "value"
    delta: float | None = None

    def __post_init__(self) -> None:
        if self.delta is not None and not self.delta > 0:
            raise AnalysisError(f"delta of {self.metric} must be above 0, got {self.delta!r}")


@dataclass(frozen=True)
class Contrast:
    """A difference over seeds.

    Attributes
    ----------
    metric, level, against, kind, test : what was compared and how
    n : seeds
    cells, left_out : pairs of runs behind them, and pairs without a value on both sides
    difference, sd : mean and standard deviation over seeds, level minus against, in the unit of the
        metric
    effect : Cohen's d_z with the correction of Hedges (1981), NaN where the spread is 0
    p : two-sided
    smallest_p : the smallest p that n seeds could give
    delta, p_equivalent, smallest_p_equivalent : margin and p of two one-sided tests (Schuirmann
        1987), NaN without a margin
    """

    metric: str
    level: object
    against: object
    kind: Kind
    test: Test
    n: int
    cells: int
    left_out: int
    difference: float
    sd: float
    effect: float
    p: float
    smallest_p: float
    delta: float
    p_equivalent: float
    smallest_p_equivalent: float


def contrast(
    differences: ArrayLike,
    endpoint: Endpoint,
    level: object = "",
    against: object = "",
    *,
    test: Test = "permutation",
    cells: int | None = None,
    left_out: int = 0,
) -> Contrast:
    """Test one difference, given one value a seed.

    Parameters
    ----------
    differences : (n,), one a seed, without NaN
    endpoint : what they are differences of; a rate keeps its exact test whatever `test` says
    level, against : the names of the two sides, e.g. a level and another level, or a likeness and
        "chance"
    test : exact sign flips, or Student's t, which assumes normal differences
    cells, left_out : how many pairs of runs stand behind, and how many had no value
    """
    given = np.asarray(differences, dtype=np.float64)
    n = given.size
    exact = test == "permutation" or endpoint.kind == "rate"
    cells = n if cells is None else cells
    mean, sd = student.mean_and_spread(given)
    nan = float("nan")
    return Contrast(
        metric=endpoint.metric,
        level=level,
        against=against,
        kind=endpoint.kind,
        test="permutation" if exact else "t",
        n=n,
        cells=cells,
        left_out=left_out,
        difference=mean,
        sd=sd,
        effect=hedges(n) * mean / sd if sd > 0 else nan,
        p=(signflips.p_value if exact else student.p_value)(given),
        smallest_p=_smallest(n, exact, "two-sided"),
        delta=nan if endpoint.delta is None else endpoint.delta,
        p_equivalent=nan
        if endpoint.delta is None
        else _equivalent(given, endpoint.delta, exact, endpoint.kind, cells),
        smallest_p_equivalent=nan
        if endpoint.delta is None
        else _smallest(n, exact and endpoint.kind != "rate", "greater"),
    )


def hedges(n: int) -> float:
    """Return the factor that makes d_z of n seeds unbiased (Hedges 1981)."""
    from scipy.special import gammaln

    freedom = n - 1
    if freedom < 2:
        return float("nan")  # at two seeds d has no mean that could be corrected
    return float(np.exp(gammaln(freedom / 2) - gammaln((freedom - 1) / 2)) / np.sqrt(freedom / 2))


def _equivalent(given: Floats, delta: float, exact: bool, kind: Kind, cells: int) -> float:
    if not given.size:
        return float("nan")
    if kind == "rate":  # a shifted rate is no rate: the exact test does not apply
        return rates.equivalence_p(given.size, *student.mean_and_spread(given), cells, delta)
    p = signflips.p_value if exact else student.p_value
    return max(p(given + delta, "greater"), p(given - delta, "less"))


def _smallest(n: int, exact: bool, side: Side) -> float:
    return signflips.smallest_p(n, side) if exact or n < 2 else 0.0
