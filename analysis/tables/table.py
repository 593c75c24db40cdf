"""What came out: a row a combination of levels, with n, failures, and each metric's interval."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.arrays import Floats
from analysis.errors import AnalysisError
from analysis.metrics.quantities import Quantity, quantities
from analysis.statistics import Centre
from analysis.statistics.intervals import (
    NEAR_NORMAL,
    Interval,
    mean_interval,
    median_interval,
    wilson_interval,
)
from analysis.statistics.seeds import by_seed, counted
from analysis.study.data import StudyData
from analysis.study.design import cell_of
from analysis.study.names import Names, names
from analysis.study.selection import key
from analysis.tables.frame import Show, Table, estimate, levels


def table(
    sweep: StudyData, metric: Sequence[str], by: Names = None, centre: Centre = "mean"
) -> Table:
    """Summarise metrics over seeds, for every combination of levels.

    Parameters
    ----------
    metric : names of metrics
    by : the factors that make a row each; all that vary unless given, others are averaged over
    centre : "mean" with Student's t interval, or "median" with one between order statistics

    Returns
    -------
    Table
        by …, n (seeds), runs, finished, diverged, failed, diverged_share with low and high
        (Wilson), then for each metric its value, low, high, coverage and left_out (runs).
    """
    if centre not in ("mean", "median"):
        raise AnalysisError(f"centre must be mean or median, got {centre!r}")
    design, runs = sweep.design, sweep.runs
    rows_by = [key(name, list(runs.columns)) for name in names(by)] or list(design.factors)
    others, _ = design.others(runs, *rows_by)
    asked = quantities(sweep, metric)
    cell, line = cell_of(runs, others), cell_of(runs, rows_by)
    used = [_used(sweep, q, cell, line) for q in asked]
    frame = runs[list(dict.fromkeys([*rows_by, *([design.seed] if design.seed in runs else [])]))]
    places = pd.Series(np.arange(len(runs)), runs.index)
    groups = frame.groupby(rows_by, dropna=False) if rows_by else [((), frame)]
    rows = [
        {
            **dict(zip(rows_by, values if isinstance(values, tuple) else (values,), strict=True)),
            **_endings(runs.loc[group.index], design.seed),
            **_metrics(asked, used, places[group.index], runs[design.seed], centre),
        }
        for values, group in groups
    ]
    return Table(
        pd.DataFrame(rows),
        f"{sweep.name}: {', '.join(q.name for q in asked)}"
        + (f" by {', '.join(rows_by)}" if rows_by else ""),
        _caption(sweep, asked, others, centre, rows)
        + _on_other_seeds(asked, used, line, runs[design.seed]),
        {**levels(rows_by), "n": "n", **_counts(rows), **{q.name: estimate(q.name) for q in asked}},
    )


def _endings(runs: pd.DataFrame, seed: str) -> dict[str, Any]:
    ended = runs["outcome"].value_counts()
    counts = {name: int(ended.get(name, 0)) for name in ("finished", "diverged", "failed")}
    counts["interrupted"] = int(ended.get("interrupted", 0))
    share = wilson_interval(counts["diverged"], counts["finished"] + counts["diverged"])
    return {
        "n": int(runs[seed].nunique()),
        "runs": len(runs),
        **counts,
        "diverged_share": share.estimate,
        "diverged_share_low": share.low,
        "diverged_share_high": share.high,
    }


def _metrics(
    asked: Sequence[Quantity],
    used: Sequence[Floats],
    places: pd.Series,
    seed: pd.Series,
    centre: Centre,
) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for q, counting in zip(asked, used, strict=True):
        values = pd.Series(counting[places.to_numpy()])
        found, left_out = _interval(q, values, seed[places.index], centre)
        ends = {"": found.estimate, "_low": found.low, "_high": found.high}
        most = 1.0 if q.share else q.horizon
        if most is not None and found.coverage:  # the truth lies there, so nothing is lost
            ends |= {"_low": max(found.low, 0.0), "_high": min(found.high, most)}
        ends |= {"_n": found.n, "_coverage": found.coverage, "_left_out": left_out}
        row |= {f"{q.name}{end}": value for end, value in ends.items()}
        row[f"{q.name}_note"] = found.note
        if q.missed is not None:
            row[f"{q.name}_missed"] = int(q.missed[places.to_numpy()].sum())
    return row


def _interval(
    q: Quantity, values: pd.Series, seed: pd.Series, centre: Centre
) -> tuple[Interval, int]:
    left_out = int(values.isna().sum())
    if q.kind == "rate":
        known = values.dropna()
        return wilson_interval(int(known.sum()), len(known)), left_out
    of = mean_interval if centre == "mean" else median_interval
    return of(by_seed(values, seed)), left_out


def _used(sweep: StudyData, q: Quantity, cell: pd.Series, line: pd.Series) -> Floats:
    """Return the values that count, NaN elsewhere, (n,): of a rate all that are known."""
    if q.kind == "rate":
        return q.values
    known = ~np.isnan(q.values) & (sweep.survived if q.kind == "value" else True)
    used = counted(known, sweep.runs[sweep.design.seed], cell, line)
    return np.where(used, q.values, np.nan)


def _counts(rows: Sequence[dict[str, Any]]) -> dict[str, str | Show]:
    """Return the columns for runs that did not finish, where there are any."""
    shown: dict[str, str | Show] = {}
    if any(row["runs"] != row["n"] for row in rows):
        shown["runs"] = "runs"
    if any(row["diverged"] for row in rows):
        shown["diverged"] = _diverged
    for name in ("failed", "interrupted"):
        if any(row[name] for row in rows):
            shown[name] = name
    return shown


def _diverged(row: pd.Series) -> str:
    k, of = row["diverged"], row["finished"] + row["diverged"]
    if not of:
        return "—"
    return f"{k} of {of} [{row['diverged_share_low']:.0%}, {row['diverged_share_high']:.0%}]"


def _on_other_seeds(
    asked: Sequence[Quantity], used: Sequence[Floats], line: pd.Series, seed: pd.Series
) -> str:
    """Say of which metrics some rows have seeds that others lack; nothing where all are alike."""
    apart = []
    for q, counting in zip(asked, used, strict=True):
        seeds = seed[~np.isnan(counting)].groupby(line[~np.isnan(counting)]).agg(frozenset)
        if q.kind != "rate" and seeds.nunique() > 1:
            apart.append(q.name)
    if not apart:
        return ""
    return (
        f" Rows rest on different seeds ({', '.join(apart)}): compare takes the seeds that both "
        "levels have, so its difference is not that of two such rows."
    )


def _caption(
    sweep: StudyData,
    asked: Sequence[Quantity],
    others: Sequence[str],
    centre: Centre,
    rows: Sequence[dict[str, Any]],
) -> str:
    design = sweep.design
    covered = sorted({row[f"{q.name}_coverage"] for row in rows for q in asked} - {0.0})
    reach = (
        " to ".join(f"{c:.0%}" for c in dict.fromkeys((covered[0], covered[-1]))) if covered else ""
    )
    if centre == "mean":
        how = "Mean and Student's t interval (95 %)"
    else:
        how = (
            f"Median and interval between order statistics (it reaches {reach})"
            if reach
            else "Median"
        )
    counts = sorted({row[f"{q.name}_n"] for row in rows for q in asked if q.kind != "rate"})
    n = " to ".join(map(str, dict.fromkeys((counts[0], counts[-1])))) if counts else "no"
    parts = [f"{how} over n = {n} seeds, which resample {design.resamples}."] if counts else []
    if any(q.kind == "rate" for q in asked):
        parts.append("Rates: k of n runs with Wilson's interval (95 %).")
    if others:
        parts.append(f"Averaged over {', '.join(others)} within each seed.")
    left = {q.name: sum(row[f"{q.name}_left_out"] for row in rows) for q in asked}
    if any(left.values()):
        parts_out = "; ".join(f"{name}: {n}" for name, n in left.items() if n)
        parts.append(
            "Runs left out, for they have no value, or their seed or setting lacks one: "
            f"{parts_out}."
        )
    if any(row["diverged"] for row in rows):
        parts.append("Runs that diverged are counted, with Wilson's interval, and never averaged.")
    for q in asked:
        if q.missed is not None:
            never = sum(row[f"{q.name}_missed"] for row in rows)
            parts.append(
                f"{q.name} counts {never} runs that never got there as {q.horizon:g} epochs."
            )
    if centre == "mean":
        notes = {row[f"{q.name}_note"] for row in rows for q in asked if q.kind == "value"}
        parts += [f"{note[0].upper()}{note[1:]}." for note in (NEAR_NORMAL,) if note in notes]
    return " ".join(parts)
