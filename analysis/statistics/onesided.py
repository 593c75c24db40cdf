"""One-sided tests of a gain against a bound: paired by seed, or of two independent groups.

A gain is oriented so that more is better. `shows_above` asks whether the true gain lies above a
bound, which for a bound of -margin is the test of non-inferiority; `shows_below` asks the other way
round. Unpaired groups are compared by Welch's t (Welch 1947), which assumes near-normal values.
"""

import math
from dataclasses import dataclass

from analysis.arrays import Floats
from analysis.statistics import Test, rates, signflips, student
from analysis.statistics.contrasts import Kind


@dataclass(frozen=True, eq=False)
class Gain:
    """By how much a candidate is better than a baseline or a threshold, one value a seed.

    Attributes
    ----------
    values : (n,) gains by seed; of two groups the candidate's values, oriented
    against : (m,) the baseline's values where the groups are independent, None where paired
    kind : of the metric
    cells : runs, or pairs of runs, behind `values`
    test : of paired gains: sign flips, or Student's t
    """

    values: Floats
    against: Floats | None = None
    kind: Kind = "value"
    cells: int = 0
    test: Test = "permutation"

    @property
    def n(self) -> int:
        """Seeds; of two groups those of the smaller one."""
        return self.values.size if self.against is None else min(self.values.size, self._other.size)

    @property
    def mean(self) -> float:
        """The estimate."""
        mean, _ = student.mean_and_spread(self.values)
        return mean if self.against is None else mean - student.mean_and_spread(self._other)[0]

    @property
    def sd(self) -> float:
        """Standard deviation of one seed's gain."""
        _, spread = student.mean_and_spread(self.values)
        return spread if self.against is None else math.hypot(spread, self._spread)

    @property
    def by(self) -> str:
        """How it is tested, in words."""
        if self.against is not None:
            return "Welch's t"
        exact = self.test == "permutation"
        return "sign flips" if exact and self.kind != "rate" else "Student's t"

    def shows_above(self, bound: float) -> float:
        """Return the p of the test that the true gain lies above a bound."""
        return self._p(bound, "greater")

    def shows_below(self, bound: float) -> float:
        """Return the p of the test that the true gain lies below a bound."""
        return self._p(bound, "less")

    def interval(self, alpha: float) -> tuple[float, float]:
        """Return the bounds that the gain passes with at most alpha on either side (NaN: none)."""
        centre, error, freedom = self._moments()
        if not error >= 0 or self.n < 2:
            return math.nan, math.nan
        half = student.factor(1 - 2 * alpha, freedom) * error
        return centre - half, centre + half

    @property
    def smallest_p(self) -> float:
        """The smallest p that so many seeds could give."""
        if self.by == "sign flips":
            return signflips.smallest_p(self.n, "greater")
        return 0.0 if self.n > 1 else math.nan

    def _p(self, bound: float, side: signflips.Side) -> float:
        if self.n < 1 or (self.against is not None and self.n < 2):
            return math.nan
        if self.by == "sign flips":
            return signflips.p_value(self.values - bound, side)
        if self.against is None and self.kind != "rate":
            return student.p_value(self.values - bound, side) if self.n > 1 else math.nan
        centre, error, freedom = self._moments()
        return student.tail((centre - bound) / error, freedom, side) if error > 0 else math.nan

    def _moments(self) -> tuple[float, float, float]:
        """Return centre, standard error and degrees of freedom."""
        mean, spread = student.mean_and_spread(self.values)
        if self.against is None:
            if self.kind == "rate" and self.n:
                return rates.adjusted(self.n, mean, spread, self.cells or self.n)
            return mean, spread / math.sqrt(max(self.n, 1)), self.n - 1
        parts = [spread**2 / max(self.values.size, 1), self._spread**2 / max(self._other.size, 1)]
        whole = sum(parts)
        if not whole > 0:
            return self.mean, math.nan, 1
        sizes = (self.values.size, self._other.size)
        freedom = whole**2 / sum(v**2 / (n - 1) for v, n in zip(parts, sizes, strict=True))
        return self.mean, math.sqrt(whole), freedom

    @property
    def _other(self) -> Floats:
        assert self.against is not None
        return self.against

    @property
    def _spread(self) -> float:
        return student.mean_and_spread(self._other)[1]
