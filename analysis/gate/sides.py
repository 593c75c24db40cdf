"""Two studies become gains by seed.

Owns which runs of the two sides are set side by side: those of the same seed and the same setting
of what varies within a side. What differs between the sides is what is judged.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError, nearest
from analysis.gate.compared import Compared, oriented
from analysis.gate.judgement import Asked
from analysis.metrics.quantities import Quantity, quantities
from analysis.statistics import Test
from analysis.statistics.contrasts import Better
from analysis.statistics.onesided import Gain
from analysis.statistics.seeds import counted
from analysis.study.data import StudyData
from analysis.study.design import cell_of


def asked_of(sweep: StudyData, metrics: Sequence[str], ends: dict[str, Better]) -> list[Quantity]:
    """Compute metrics of a study, each with its good end.

    Parameters
    ----------
    ends : the good end of metrics of which it is not known, by name

    Raises
    ------
    AnalysisError
        No end of a metric is known to be good.
    """
    made = []
    for q, text in zip(quantities(sweep, metrics), dict.fromkeys(metrics), strict=True):
        better = ends.get(text) or q.better
        if better is None:
            raise AnalysisError(
                f"of {text} no end is known to be good: say which with --higher or --lower {text}"
            )
        made.append(replace(q, better=better))
    return made


def shared_seeds(baseline: StudyData, candidate: StudyData) -> int:
    """Return how many seeds both sides have: 0 where their units are of different streams."""
    unit = baseline.design.seed
    if candidate.design.seed != unit:
        return 0
    if any(
        side.imported and (side.runs[unit].astype(str) == side.runs.index).all()
        for side in (baseline, candidate)
    ):
        return 0  # its log names no seed: every run is a unit of its own
    return len(set(baseline.runs[unit]) & set(candidate.runs[unit]))


def against_baseline(
    baseline: StudyData,
    candidate: StudyData,
    asked: Sequence[tuple[Quantity, Quantity, float]],
    *,
    paired: bool,
    test: Test = "permutation",
) -> list[Compared]:
    """Set the candidate beside the baseline.

    Parameters
    ----------
    asked : each metric of the baseline, the same of the candidate, and its margin
    paired : whether runs are paired by seed

    Raises
    ------
    AnalysisError
        The sides share no setting of what varies within them, or a seed has several such runs.
    """
    factors = list(
        dict.fromkeys(
            name
            for side in (baseline, candidate)
            for name in (*side.design.factors, *side.design.crossed)
        )
    )
    for side in (baseline, candidate):
        if lacking := [name for name in factors if name not in side.runs]:
            raise AnalysisError(
                f"{side.folder.name} has no key {lacking[0]!r}, which varies in the other: "
                f"{nearest(lacking[0], list(side.runs.columns))}"
            )
    frames = [_frame(side, factors, i) for i, side in enumerate((baseline, candidate))]
    both = pd.concat(frames, ignore_index=True)
    if not paired:  # seeds of the two sides have nothing to do with each other
        both["_seed"] = both["_side"].astype(str) + "/" + both["_seed"].astype(str)
    cell = cell_of(both, factors)
    key = both[["_seed", "_side"]].assign(_cell=cell)
    if (twice := key.duplicated()).any():
        raise AnalysisError(
            f"several runs share seed {both['_seed'][twice].iloc[0]} and all that varies: "
            "choose one of them with --where"
        )
    shared = set(cell[both["_side"] == 0]) & set(cell[both["_side"] == 1])
    if not shared:
        raise AnalysisError(
            f"baseline and candidate share no setting of {', '.join(factors)}: choose with --where"
        )
    return [
        _compared(
            both.assign(_cell=cell, _value=np.concatenate([b.values, c.values])),
            c,
            margin,
            shared,
            paired,
            test,
        )
        for b, c, margin in asked
    ]


def _frame(side: StudyData, factors: Sequence[str], i: int) -> pd.DataFrame:
    frame = side.runs[factors].reset_index(drop=True)
    return frame.assign(
        _side=i, _seed=side.runs[side.design.seed].to_numpy(), _survived=side.survived
    )


def _compared(
    both: pd.DataFrame, q: Quantity, margin: float, shared: set[int], paired: bool, test: Test
) -> Compared:
    known = both["_value"].notna() & both["_cell"].isin(shared)
    if q.kind == "value":
        known &= both["_survived"]
    if paired:
        used = counted(known.to_numpy(), both["_seed"], both["_cell"], both["_side"])
    else:
        used = np.zeros(len(both), bool)
        for side in (0, 1):
            mask = (both["_side"] == side).to_numpy()
            part = both[mask]
            used[mask] = counted(
                known[mask].to_numpy(),
                part["_seed"].reset_index(drop=True),
                part["_cell"].reset_index(drop=True),
                pd.Series(0, index=range(len(part))),
            )
    sides = [_means(both[used & (both["_side"] == side).to_numpy()]) for side in (0, 1)]
    before, after = sides
    if paired:
        common = before.index.intersection(after.index)
        before, after = before[common], after[common]
        gain = Gain(
            oriented(after - before, q),
            kind=q.kind,
            cells=int(used.sum()) // 2,
            test=test,
        )
    else:
        gain = Gain(oriented(after, q), oriented(before, q), kind=q.kind)
    lost = _lost(both[both["_cell"].isin(shared)], known, paired)
    return Compared(
        Asked(q.name, gain, margin, lost),
        q.order,
        _mean(before),
        _mean(after),
        (len(before), len(after)),
        int((~used).sum()),
    )


def _lost(both: pd.DataFrame, known: "pd.Series[bool]", paired: bool) -> int:
    """Count the candidate's runs without a value where the baseline has one."""
    has = known[both.index].groupby([both["_seed"], both["_cell"], both["_side"]]).any()
    wide = has.unstack("_side")
    if paired:
        return int((wide[0].eq(True) & wide[1].eq(False)).sum())  # NaN: there is no such run
    missing = [int(wide[side].eq(False).sum()) for side in (0, 1)]
    return max(missing[1] - missing[0], 0)


def _means(part: pd.DataFrame) -> "pd.Series[float]":
    """Average the runs that count within each seed, by seed."""
    return part.groupby("_seed")["_value"].mean()


def _mean(values: "pd.Series[float]") -> float:
    return float(values.mean()) if len(values) else float("nan")
