"""What came out of each statement: the numbers of all claims, judged as one family.

Every number is one test of one family: Holm's correction and the simultaneous intervals run over
all of them (`analysis.statistics.comparison.judge`). A statement holds where it is shown, does not
hold where the opposite is shown, or equivalence within its margin; all else is not shown. What is
exact is checked in every run and belongs to no family.

Owns these findings. What several of them say of a claim is the affair of `claims`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.claims.contrast import Test, counted_interval, test_of
from analysis.claims.exact import Exactness, check
from analysis.claims.statements import Statement
from analysis.claims.verdicts import Verdict, key, verdict_of
from analysis.errors import blamed
from analysis.statistics.comparison import judge
from analysis.statistics.power import MOST, seeds_for_equivalence, seeds_needed

if TYPE_CHECKING:
    from analysis.sweep import Sweep


@dataclass(frozen=True)
class Finding:
    """A statement with what came out of it; numbers are NaN where there is no chance in it."""

    statement: Statement
    verdict: Verdict
    difference: float = np.nan
    low: float = np.nan
    high: float = np.nan
    p: float = np.nan
    n: int = 0
    left_out: int = 0
    note: str = ""

    @property
    def size(self) -> float:
        """Of the difference, in units of its margin."""
        return abs(self.difference) / (self.statement.margin or 1.0)


def findings(
    leaves: Sequence[Statement],
    asks: Mapping[str, str],
    sweeps: Mapping[str, "Sweep"],
    alpha: float,
) -> list[Finding]:
    """Judge statements as one family.

    Parameters
    ----------
    leaves : the statements, each once
    asks : the name of a claim that asks for each, by its key
    sweeps : by the name of the study that a statement asks for
    alpha : the family's rate of false alarms

    Raises
    ------
    AnalysisError
        No run can tell; the sentence names the claim.
    """
    made = {}
    for leaf in leaves:
        if leaf.study in sweeps and not leaf.exact:
            with blamed(f"claim {asks[key(leaf)]}"):
                made[key(leaf)] = test_of(leaf, sweeps[leaf.study])
    family = judge([test.contrast for test in made.values()], alpha)
    size = len(family) + int(family["delta"].notna().sum())
    judgements = dict(zip(made, family.to_dict("records"), strict=True))
    out = []
    for leaf in leaves:
        if leaf.study not in sweeps:
            out.append(Finding(leaf, "not trained", note=f"{leaf.study} was not trained"))
        elif leaf.exact:
            with blamed(f"claim {asks[key(leaf)]}"):
                part = sweeps[leaf.study]
                part = part.where(leaf.where) if leaf.where else part
                out.append(_exact(leaf, check(part, leaf.exact)))
        else:
            test, row = made[key(leaf)], judgements[key(leaf)]
            out.append(_finding(leaf, test, row, alpha / max(size, 1)))
    return out


def _exact(leaf: Statement, found: Exactness) -> Finding:
    verdict: Verdict = "holds" if found.holds else "does not hold"
    return Finding(leaf, verdict, difference=found.deviation, n=found.runs, note=str(found))


def _finding(leaf: Statement, test: Test, row: Mapping[Any, Any], alpha: float) -> Finding:
    difference, low, high = (float(row[k]) for k in ("difference", "low", "high"))
    if test.counted:
        low, high = counted_interval(test.contrast, 1 - alpha)
    real, equivalent = bool(row["real"]), bool(row["equivalent"])
    verdict = verdict_of(leaf, difference, low, high, real, equivalent)
    by_equivalence = equivalent and leaf.direction not in ("higher", "lower", "different")
    if leaf.direction == "equal" and verdict == "not shown":
        by_equivalence = True
    if verdict == "does not hold" and equivalent:
        by_equivalence = True
    p = float(row["p_equivalent_holm" if by_equivalence else "p_holm"])
    note = str(row["note"])
    left = int(row["left_out"])
    if left:
        note = f"{left} runs or pairs without a value left out" + (f"; {note}" if note else "")
    if verdict == "not shown":
        note = "; ".join(part for part in (note, _missing(leaf, test, alpha)) if part)
    return Finding(leaf, verdict, difference, low, high, p, int(row["n"]), left, note)


def _missing(leaf: Statement, test: Test, alpha: float) -> str:
    """Say what is not shown, and how many seeds would show it, of the size that the margin names.

    Parameters
    ----------
    alpha : of one test of the family
    """
    row, margin = test.contrast, leaf.margin
    equal = leaf.direction not in ("higher", "lower", "different")
    if margin is None:
        return "no difference is shown"
    if equal:
        said = f"equivalence within ±{margin:g} is not shown, nor a difference beyond it"
    else:
        said = f"neither a difference nor equivalence within ±{margin:g} is shown"
    if test.counted or row.n < 2 or not row.sd > 0:
        return said
    needed = seeds_for_equivalence if equal else seeds_needed
    n = needed(margin, row.sd, pilot=row.n, alpha=alpha, test=row.test)
    if n.n >= MOST:
        return f"{said}; {MOST:,} seeds would be too few"
    what = "equivalence, if there is no difference" if equal else f"a difference of {margin:g}"
    return f"{said}; about {n.n:,} seeds ({n.low:,} to {n.high:,}) would show {what}"
