"""What a result says of a statement, and what its parts say of a claim.

A statement holds where it is shown, does not hold where the opposite is shown, or equivalence
within its margin; all else is not shown. Owns these rules.
"""

from collections.abc import Mapping
from typing import Literal

from analysis.claims.statements import Statement, Together

Verdict = Literal["holds", "does not hold", "not shown", "not trained"]


def key(leaf: Statement) -> str:
    """Return what tells a statement from all others: two claims may share one."""
    return f"{leaf.study}: {leaf}"


def verdict_of(
    leaf: Statement, difference: float, low: float, high: float, real: bool, equivalent: bool
) -> Verdict:
    """Judge one statement.

    Parameters
    ----------
    difference, low, high : with its simultaneous interval
    real, equivalent : what the corrected tests have shown: other than 0; within ±margin
    """
    margin = leaf.margin or 0.0
    sign = -1.0 if leaf.direction in ("lower", "not lower") else 1.0
    low, high = sorted((sign * low, sign * high))
    difference *= sign
    if leaf.direction in ("higher", "lower", "different"):
        if equivalent:
            return "does not hold"
        if not real:
            return "not shown"
        if leaf.direction == "different" or difference > 0:
            return "holds"
        return "does not hold"
    if equivalent:
        return "holds"
    if leaf.direction != "equal" and real and difference < 0:
        return "holds"
    beyond = low > margin or (leaf.direction == "equal" and high < -margin)
    return "does not hold" if real and beyond else "not shown"


def compose(together: Together, verdicts: Mapping[str, Verdict]) -> Verdict:
    """Judge a claim from the verdicts of its statements: all must hold, or any."""
    inner = [
        verdicts[key(part)] if isinstance(part, Statement) else compose(part, verdicts)
        for part in together.parts
    ]
    if "not trained" in inner:
        return "not trained"
    decisive: Verdict = "does not hold" if together.how == "all" else "holds"
    other: Verdict = "holds" if together.how == "all" else "does not hold"
    if decisive in inner:
        return decisive
    return other if all(verdict == other for verdict in inner) else "not shown"
