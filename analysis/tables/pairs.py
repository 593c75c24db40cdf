"""Which levels are compared with which: all pairs in their order, or every other with one."""

from itertools import combinations
from typing import Any

from analysis.errors import AnalysisError, nearest
from analysis.statistics.contrasts import Pair
from analysis.study.data import StudyData
from analysis.tables.frame import level


def pairs_of(sweep: StudyData, vary: str, against: Any = None) -> list[Pair]:
    """Return the pairs (level, against) of a factor's levels.

    Parameters
    ----------
    vary : the factor
    against : a level, or its name at the shell; all pairs unless given

    Raises
    ------
    AnalysisError
        The factor has one level, or no run has the one that is named.
    """
    there = set(sweep.runs[vary].dropna())
    known = [value for value in sweep.levels.get(vary, sorted(there)) if value in there]
    if len(known) < 2:
        raise AnalysisError(
            f"{vary} must have two levels or more to compare, got {', '.join(map(level, known))}: "
            "train others in the same study, or name the study that has them"
        )
    if against is None:
        return list(combinations(known, 2))
    base = next(
        (value for value in known if level(value) == level(against) or value == against), None
    )
    if base is None:
        base = next((value for value in known if _same_number(value, against)), None)
    if base is None:
        options = [level(value) for value in known]
        raise AnalysisError(f"no run has {vary}={against}: {nearest(str(against), options)}")
    return [(value, base) for value in known if value != base]


def _same_number(value: Any, word: Any) -> bool:
    try:
        return float(value) == float(word)
    except (TypeError, ValueError):
        return False
