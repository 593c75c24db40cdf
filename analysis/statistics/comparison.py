"""Is the difference real? A family of contrasts is corrected, given intervals and judged in words.

The family is every test of the command: each pair and metric, and once more each with a margin.
Holm's correction decides. Each interval is Student's t at the level 1 - alpha/m (Bonferroni over
the m tests of the family), so that all hold together with at least 1 - alpha. Holm is a little
stronger than Bonferroni, and the exact test is not t, so the interval is then moved to 0 (and
±delta), never past it, wherever it would contradict the verdict: 0 is in it or at its end where the
difference is not shown, and outside or at its end where it is real. The intervals, ends included,
keep their 1 - alpha and the verdicts keep theirs (benchmarks/statistics/coverage.md); that both are
right at once is a little rarer.
"""

from collections.abc import Sequence
from dataclasses import asdict, fields

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.statistics import rates, signflips, student
from analysis.statistics.contrasts import Contrast
from analysis.statistics.holm import holm


def judge(family: Sequence[Contrast], alpha: float = 0.05) -> pd.DataFrame:
    """Correct, bound and judge contrasts as one family.

    Parameters
    ----------
    family : every test of the command, of `analysis.statistics.pairing.contrasts` or of a `Tuning`
    alpha : the family's rate of false alarms

    Returns
    -------
    DataFrame
        A row a contrast: its fields, then low and high (simultaneous interval), p_holm,
        p_equivalent_holm, smallest_p_holm, real, equivalent, verdict and note.

    Raises
    ------
    AnalysisError : for an alpha that is no probability
    """
    if not 0 < alpha < 1:
        raise AnalysisError(f"alpha must be between 0 and 1, got {alpha!r}")
    table = pd.DataFrame(
        [asdict(row) for row in family], columns=[field.name for field in fields(Contrast)]
    )
    bounded = table["delta"].notna().to_numpy()
    tests = len(table) + int(bounded.sum())
    table["p_holm"], table["p_equivalent_holm"] = _holm(table["p"], table["p_equivalent"], bounded)
    table["smallest_p_holm"], _ = _holm(
        table["smallest_p"], table["smallest_p_equivalent"], bounded
    )
    table["real"] = table["p_holm"] <= alpha
    table["equivalent"] = table["p_equivalent_holm"] <= alpha
    spans = [
        bounds(row, bool(real), bool(same), alpha / tests)
        for row, real, same in zip(family, table["real"], table["equivalent"], strict=True)
    ]
    table["low"], table["high"] = np.array(spans, dtype=np.float64).reshape(-1, 2).T
    table["verdict"] = [
        _verdict(row, bool(real), bool(same))
        for row, real, same in zip(family, table["real"], table["equivalent"], strict=True)
    ]
    table["note"] = [
        _note(row, float(floor), tests, alpha)
        for row, floor in zip(family, table["smallest_p_holm"], strict=True)
    ]
    return table


def caption(table: pd.DataFrame, resamples: str, alpha: float = 0.05, tuned: bool = False) -> str:
    """Say what a table of `judge` rests on, given in words what differs from seed to seed.

    Where settings were `tuned`, patterns are listed and not counted by halves: they are sampled
    from fewer seeds on.
    """
    tests = len(table) + int(table["delta"].notna().sum())
    seeds = sorted(set(table["n"]))
    many = f"{seeds[0]}" if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
    counted = all(n <= (signflips.LISTED if tuned else signflips.EXACT) for n in seeds)
    flips = "exact sign flips" if counted else "sign flips (65,536 sampled pairs of patterns)"
    how = " and ".join(
        {"permutation": flips, "t": "Student's t"}[name] for name in sorted(set(table["test"]))
    )
    return (
        f"Differences are paired by seed and averaged over all other factors within each of "
        f"{many} seeds, which resample "
        f"{resamples}; p by {how}, Holm over {tests} tests; "
        f"intervals hold together at {1 - alpha:.0%}."
    )


def _holm(
    p: pd.Series, equivalent: pd.Series, bounded: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    adjusted = holm(
        np.concatenate([p.to_numpy(np.float64), equivalent.to_numpy(np.float64)[bounded]])
    )
    second = np.full(len(p), np.nan)
    second[bounded] = adjusted[len(p) :]
    return adjusted[: len(p)], second


def bounds(row: Contrast, real: bool, equivalent: bool, alpha: float) -> tuple[float, float]:
    """Return the interval of level 1 - alpha, moved no further than the verdict asks.

    Where the difference is real, an end at 0 is open: 0 itself is excluded. One seed has no
    interval (NaN).
    """
    if row.n < 2:
        return np.nan, np.nan
    if row.kind == "rate":
        low, high = rates.interval(row.n, row.difference, row.sd, row.cells, 1 - alpha)
    else:
        half = student.factor(1 - alpha, row.n - 1) * row.sd / np.sqrt(row.n)
        low, high = row.difference - half, row.difference + half
    if not real:
        low, high = min(low, 0.0), max(high, 0.0)
    elif row.difference > 0:
        low = max(low, 0.0)
    else:
        high = min(high, 0.0)
    if equivalent:
        low, high = max(low, -row.delta), min(high, row.delta)
    elif low > -row.delta and high < row.delta:
        low, high = (low, row.delta) if row.difference >= 0 else (-row.delta, high)
    return float(low), float(high)


def _verdict(row: Contrast, real: bool, equivalent: bool) -> str:
    if real:
        return f"real, but within ±{row.delta:g}" if equivalent else "real"
    return f"equivalent within ±{row.delta:g}" if equivalent else "not shown"


def _note(row: Contrast, floor: float, tests: int, alpha: float) -> str:
    if row.n == 0:
        return "no seed has a run with a value on both sides"
    if floor <= alpha:
        return ""
    seeds = "1 seed" if row.n == 1 else f"{row.n} seeds"
    enough = signflips.seeds_to_reach(alpha / tests) if row.test == "permutation" else 2
    return (
        f"{seeds} cannot show a difference: the smallest p is {row.smallest_p:.2g}, "
        f"{floor:.2g} after Holm over {tests} "
        f"{'test' if tests == 1 else 'tests'}; {enough} seeds could"
    )
