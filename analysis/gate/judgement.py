"""From gains to a verdict: several metrics are one family, and each kind of error is bounded.

A metric passes where the gain is shown to lie above what is asked for: above -margin (not worse),
above 0 (better), above the threshold. It fails where a loss, a gain below 0, is shown and passing
is not. All else is undecided. The change passes where every metric does, and fails where any does.

Holm's correction runs over the metrics, once for passing and once for failing: so a change without
any difference fails with at most alpha, and one that loses more than the margin in a metric passes
with at most alpha (benchmarks/statistics/coverage.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.arrays import Floats
from analysis.statistics import Test, signflips
from analysis.statistics.holm import holm
from analysis.statistics.onesided import Gain
from analysis.statistics.power import MOST, SeedsNeeded, seeds_needed

Require = Literal["not worse", "better"]
Verdict = Literal["not worse", "better", "reached", "worse", "not reached", "undecided"]
CODES = {"not worse": 0, "better": 0, "reached": 0, "worse": 1, "not reached": 1, "undecided": 2}
"""The exit code of each verdict."""


@dataclass(frozen=True, eq=False)
class Asked:
    """What is asked of one metric.

    Attributes
    ----------
    metric : its name
    gain : of the candidate over the baseline, or over the threshold
    margin : a loss up to here does not count; also the gain that seeds needed are told for
    lost : runs of the candidate without a value, where the baseline has one
    """

    metric: str
    gain: Gain
    margin: float = 0.0
    lost: int = 0


@dataclass(frozen=True)
class Judged:
    """The verdict on one metric; p are corrected, the bounds hold for all metrics together."""

    verdict: Verdict
    p_pass: float
    p_fail: float
    low: float
    high: float
    needed: SeedsNeeded | None
    note: str


def judge(
    family: Sequence[Asked], require: Require | None = "not worse", alpha: float = 0.05
) -> tuple[Verdict, list[Judged]]:
    """Judge all metrics, and the change as a whole.

    Parameters
    ----------
    family : every metric of the command
    require : what a pass is; None where gains are over a threshold
    alpha : the most that each kind of error may have
    """
    verdicts, passing, failing = decide(family, require, alpha)
    judged = []
    for asked, verdict, p_pass, p_fail in zip(family, verdicts, passing, failing, strict=True):
        open_ = verdict == "undecided"
        low, high = asked.gain.interval(alpha / len(family))
        needed = _needed(asked, len(family), alpha) if open_ else None
        note = _note(asked, require, needed, len(family), alpha) if open_ else ""
        judged.append(Judged(verdict, float(p_pass), float(p_fail), low, high, needed, note))
    return whole(verdicts), judged


def whole(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the verdict on a change: it fails where any metric does, and passes where all do."""
    return max(verdicts, key=lambda verdict: (0, 2, 1)[CODES[verdict]])


def decide(
    family: Sequence[Asked], require: Require | None = "not worse", alpha: float = 0.05
) -> tuple[list[Verdict], Floats, Floats]:
    """Return every metric's verdict, and its corrected p of passing and of failing.

    Parameters
    ----------
    family, require, alpha : as for `judge`
    """
    bounds = [-asked.margin if require == "not worse" else 0.0 for asked in family]
    passing = holm([a.gain.shows_above(b) for a, b in zip(family, bounds, strict=True)])
    failing = holm([a.gain.shows_below(0.0) for a in family])
    good: Verdict = require or "reached"
    bad: Verdict = "worse" if require else "not reached"
    verdicts: list[Verdict] = []
    for asked, p_pass, p_fail in zip(family, passing, failing, strict=True):
        if p_pass <= alpha:
            verdicts.append("undecided" if asked.lost else good)
        else:
            verdicts.append(bad if p_fail <= alpha else "undecided")
    return verdicts, passing, failing


def _needed(asked: Asked, tests: int, alpha: float) -> SeedsNeeded | None:
    """Return the seeds that show one margin, one-sided: a two-sided test at twice the level."""
    gain = asked.gain
    if not (asked.margin > 0 and gain.n > 1 and np.isfinite(gain.sd) and gain.sd > 0):
        return None
    test: Test = "permutation" if gain.by == "sign flips" else "t"
    return seeds_needed(
        asked.margin, gain.sd, pilot=gain.n, tests=tests, alpha=2 * alpha, test=test
    )


def _note(
    asked: Asked, require: Require | None, needed: SeedsNeeded | None, tests: int, alpha: float
) -> str:
    gain = asked.gain
    if asked.lost:
        runs = "run" if asked.lost == 1 else "runs"
        return f"{asked.lost} {runs} of the candidate ended without a value: see why (diagnose)"
    if not gain.n:
        return "no seed has a value"
    if not tests * gain.smallest_p <= alpha:  # the first step of Holm, which decides alone
        least = signflips.seeds_to_reach(alpha / tests, "greater") if gain.n > 1 else 2
        seeds = "1 seed" if gain.n == 1 else f"{gain.n} seeds"
        return f"{seeds} cannot decide: at least {least} could, {max(least - gain.n, 1)} more"
    if needed is None:
        return "name a margin to be told how many seeds would decide" if not asked.margin else ""
    if needed.n >= MOST:
        return f"{MOST:,} seeds would be too few to show a difference of {asked.margin:g}"
    if require == "not worse":
        what = "that it is not worse, if there is no difference"
    else:
        what = f"a true gain of {asked.margin:g}"
    each = " a side" if gain.against is not None else ""
    said = f"about {needed.n:,} seeds{each} ({needed.low:,} to {needed.high:,}) would show {what}"
    more = needed.n - gain.n
    return f"{said}: {more:,} more" if more > 0 else f"{said}: these {gain.n} did not"
