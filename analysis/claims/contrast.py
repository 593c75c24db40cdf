"""From a statement to its test: the runs it is about, one number a seed, and a contrast.

Owns which runs a statement selects, what their rates are called in relation to each other, and how
a mean is held against a bar. The correction and the verdict are the affair of `claims`.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.arrays import Floats
from analysis.claims.evidence import evidence
from analysis.claims.statements import Statement
from analysis.errors import AnalysisError, nearest
from analysis.metrics.quantities import Quantity
from analysis.statistics.contrasts import Contrast, Endpoint, contrast
from analysis.statistics.pairing import contrasts
from analysis.statistics.seeds import by_seed, counted
from analysis.statistics.tuning import tune
from analysis.study.design import cell_of
from analysis.study.selection import chosen, key
from analysis.tables.frame import level as spell
from src.plan import RELATIONS

if TYPE_CHECKING:
    from analysis.sweep import Sweep


@dataclass(frozen=True)
class Test:
    """A contrast, and whether it is a count of seeds, which has an interval of its own."""

    contrast: Contrast
    counted: bool = False


def relations(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the columns `RELATIONS` of runs.

    quicker: the layer with the greater rate: perceptron, convolution, neither, or frozen where a
    rate is 0; quick and slow: the greater and the smaller rate; ratio: of these, NaN for frozen.
    """
    conv, perceptron = (runs[name].to_numpy(np.float64) for name in ("lrA", "lrW"))
    slow, quick = np.minimum(conv, perceptron), np.maximum(conv, perceptron)
    quicker = np.select(
        [slow == 0, perceptron > conv, perceptron < conv],
        ["frozen", "perceptron", "convolution"],
        "neither",
    )
    ratio = np.full(len(runs), np.nan)
    np.divide(quick, slow, out=ratio, where=slow > 0)
    columns = {"quicker": quicker, "quick": quick, "slow": slow, "ratio": ratio.round(6)}
    return pd.DataFrame(columns, index=runs.index)


def test_of(statement: Statement, sweep: "Sweep") -> Test:
    """Make the test that a statement asks for.

    Raises
    ------
    AnalysisError
        A name is wrong, or the study has no such runs.
    """
    own = {name: v for name, v in statement.where.items() if name not in RELATIONS}
    part = sweep.where(own) if own else sweep
    asked = evidence(part, statement.measure)
    frame = pd.concat([part.runs, relations(part.runs)], axis=1)
    frame = frame.assign(survived=part.survived, _value=asked.values)
    rest = {name: v for name, v in statement.where.items() if name in RELATIONS}
    frame = frame[chosen(frame, rest)] if rest else frame
    if statement.vary:
        return Test(_between(statement, part, frame.reset_index(drop=True), asked))
    return _against_bar(statement, part, frame, asked)


def _between(
    statement: Statement, sweep: "Sweep", frame: pd.DataFrame, asked: Quantity
) -> Contrast:
    vary, seed = statement.vary, sweep.design.seed
    key(vary, [*sweep.runs.columns, *RELATIONS])
    pair = (statement.level, statement.against)
    there = frame[vary].dropna().unique().tolist()
    if missing := [level for level in pair if level not in there]:
        hint = nearest(spell(missing[0]), [spell(level) for level in there])
        raise AnalysisError(f"{sweep.folder.name} has no run with {vary}={missing[0]}: {hint}")
    if statement.tune or vary in RELATIONS:  # levels of a relation have other settings by nature
        frame = frame[frame[vary].isin(pair)].reset_index(drop=True)
    others, _ = sweep.design.others(frame, vary, *statement.tune)
    if {vary, *statement.tune} & set(RELATIONS):
        others = [name for name in others if name not in ("lrA", "lrW")]
    others = [name for name in others if frame[name].nunique(dropna=False) > 1]
    endpoints = [Endpoint("_value", asked.kind, statement.margin)]
    if statement.tune:
        at = tune(
            frame,
            vary,
            list(statement.tune),
            "_value",
            kind=asked.kind,
            better=asked.order,
            factors=others,
            seed=seed,
        )
        (row,) = at.contrasts(endpoints, [pair])
    else:
        known = frame["_value"].notna().to_numpy()
        if asked.kind == "value":
            known = known & frame["survived"].to_numpy()
        used = counted(known, frame[seed], cell_of(frame, others), frame[vary])
        frame["_value"] = frame["_value"].where(used)
        (row,) = contrasts(frame, vary, endpoints, [pair], factors=others, seed=seed)
    return replace(row, metric=statement.measure)


def _against_bar(
    statement: Statement, sweep: "Sweep", frame: pd.DataFrame, asked: Quantity
) -> Test:
    seed, bar = sweep.design.seed, float(statement.bar or 0.0)
    within = [name for name in sweep.design.factors if name in frame]
    one = pd.Series(0, index=frame.index)
    used = counted(frame["_value"].notna().to_numpy(), frame[seed], cell_of(frame, within), one)
    means, left_out = by_seed(frame["_value"][used], frame[seed][used]), int((~used).sum())
    row = contrast(
        means - bar,
        Endpoint(statement.measure, "value", statement.margin),
        "mean",
        bar,
        cells=len(frame) - left_out,
        left_out=left_out,
    )
    if _counts(means, asked):
        return Test(_counted(row, means, bar, statement.margin), counted=True)
    return Test(row)


def _counts(means: Floats, asked: Quantity) -> bool:
    """Whether a share has one run a seed, so that it is a count of seeds."""
    share = asked.share or asked.kind == "rate"
    return share and bool(means.size) and bool(np.isin(means, (0.0, 1.0)).all())


def _counted(row: Contrast, means: Floats, bar: float, margin: float | None) -> Contrast:
    """Test k of n seeds against a share: the exact binomial test."""
    from scipy.stats import binomtest

    k, n = int(means.sum()), means.size
    p = float(binomtest(k, n, bar).pvalue)
    least = min(float(binomtest(end, n, bar).pvalue) for end in (0, n))
    row = replace(row, p=p, smallest_p=least)
    if margin is None:
        return row
    sides = [
        float(binomtest(k, n, min(bar + margin, 1.0), "less").pvalue),
        float(binomtest(k, n, max(bar - margin, 0.0), "greater").pvalue),
    ]
    return replace(row, p_equivalent=max(sides))


def counted_interval(row: Contrast, level: float) -> tuple[float, float]:
    """Return Clopper and Pearson's interval of k of n seeds, minus the bar."""
    from scipy.stats import binomtest

    bar = float(str(row.against))
    k = round((row.difference + bar) * row.n)
    span = binomtest(k, row.n).proportion_ci(level)
    return float(span.low - bar), float(span.high - bar)
