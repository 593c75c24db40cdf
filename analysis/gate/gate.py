"""The gate's question: two studies, or a study and thresholds, become an answer."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analysis.errors import AnalysisError
from analysis.gate.answer import Answer
from analysis.gate.compared import Compared
from analysis.gate.judgement import Require, judge
from analysis.gate.sides import against_baseline, asked_of, shared_seeds
from analysis.gate.threshold import against_threshold
from analysis.statistics import Test
from analysis.statistics.contrasts import Better

if TYPE_CHECKING:
    from analysis.sweep import Sweep


def gate(
    baseline: "Sweep | None",
    candidate: "Sweep",
    metric: Sequence[str],
    *,
    margin: Sequence[float] = (),
    require: Require = "not worse",
    threshold: Sequence[float] = (),
    ends: Mapping[str, Better] | None = None,
    paired: bool | None = None,
    test: Test = "permutation",
    alpha: float = 0.05,
) -> Answer:
    """Judge a change.

    Parameters
    ----------
    baseline : what was before; None where thresholds are given
    candidate : what may be kept
    metric : names of metrics, one family
    margin : a loss up to here does not count, in the unit of the metric; one for all, or one each
    require : "not worse" by the margin, or "better"
    threshold : one for all metrics, or one each, in their units
    ends : the good end of metrics of which it is not known
    paired : by seed; unless given, where two seeds or more are shared
    test : of paired runs: "permutation" is exact, "t" assumes normal differences
    alpha : the most that each kind of error may have

    Raises
    ------
    AnalysisError
        A name or number is wrong, or the runs cannot answer.
    """
    if not 0 < alpha < 0.5:
        raise AnalysisError(f"alpha must be between 0 and 0.5, got {alpha!r}")
    names = list(dict.fromkeys(metric))
    margins = _each("margin", margin, len(names)) or [0.0] * len(names)
    if odd := [size for size in margins if not 0 <= size < float("inf")]:
        raise AnalysisError(f"margin must be at least 0, got {odd[0]!r}")
    good = dict(ends or {})
    of = asked_of(candidate, names, good)
    rows: list[Compared]
    if threshold:
        bars = _each("threshold", threshold, len(names))
        rows = against_threshold(candidate, list(zip(of, bars, strict=True)), margins, test=test)
        verdict, judged = judge([row.asked for row in rows], None, alpha)
        said = list(zip(rows, judged, strict=True))
        side = _side(candidate)
        resamples = candidate.design.resamples
        return Answer(verdict, None, None, side, None, resamples, alpha, said)
    if baseline is None:
        raise AnalysisError("a gate must have a baseline, or a threshold (--at-least, --at-most)")
    if require == "not worse" and not all(margins):
        raise AnalysisError(
            "a gate must have a --margin above 0: the loss that would not matter, as in "
            "--margin 0.005, named before you look"
        )
    before = asked_of(baseline, names, good)
    shared = shared_seeds(baseline, candidate)
    if paired and shared < 2:
        raise AnalysisError(f"paired must have two seeds or more on both sides, got {shared}")
    by_seed = shared >= 2 if paired is None else paired
    rows = against_baseline(
        baseline,
        candidate,
        list(zip(before, of, margins, strict=True)),
        paired=by_seed,
        test=test,
    )
    verdict, judged = judge([row.asked for row in rows], require, alpha)
    said = list(zip(rows, judged, strict=True))
    resamples = candidate.design.resamples
    sides = _side(baseline), _side(candidate)
    return Answer(verdict, require, *sides, by_seed, resamples, alpha, said)


def _each(what: str, given: Sequence[float], metrics: int) -> list[float]:
    if len(given) not in (0, 1, metrics):
        raise AnalysisError(f"{what} must be one number, or one for each of {metrics} metrics")
    return [float(value) for value in given] * (metrics if len(given) == 1 else 1)


def _side(sweep: "Sweep") -> dict[str, Any]:
    runs = sweep.runs
    return {
        "study": sweep.folder.name,
        "runs": len(runs),
        "endings": {str(k): int(n) for k, n in runs["outcome"].value_counts().items()},
    }
