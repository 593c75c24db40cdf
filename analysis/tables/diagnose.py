"""How training went: a row a run with label and evidence, or how often each label is."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.metrics.diagnosis import diagnoses
from analysis.metrics.labels import LABELS
from analysis.statistics.intervals import wilson_interval
from analysis.study.data import StudyData
from analysis.study.selection import key
from analysis.tables.frame import Show, Table, levels


def diagnose(sweep: StudyData, by: Sequence[str] = ()) -> Table:
    """Label every run, or count the labels by factors.

    Parameters
    ----------
    by : factors; without them a row a run

    Returns
    -------
    Table
        run, what varies, label, evidence; or by …, label, k, runs, share with low and high.
    """
    if not by:
        shown = [*sweep.design.factors, *(n for n in [sweep.design.seed] if n in sweep.factors)]
        frame = sweep.runs[shown].assign(**diagnoses(sweep)).reset_index()
        frame = frame.sort_values(shown, kind="stable") if shown else frame
        worst = frame["label"].map({label: -i for i, label in enumerate(LABELS)})
        frame = frame.iloc[worst.argsort(kind="stable")]
        counts = frame["label"].value_counts()
        said = ", ".join(f"{counts[label]} {label}" for label in LABELS if label in counts)
        heads: dict[str, str | Show] = {**levels(shown), "label": "label", "evidence": "evidence"}
        heads["run"] = "run"
        return Table(
            frame,
            f"{sweep.name}: how training went",
            f"{len(frame)} runs: {said}. Rules and reasons: analysis/metrics/diagnosis.py.",
            heads,
        )
    for name in by:
        key(name, list(sweep.runs.columns))
    frame = sweep.runs[list(by)].assign(label=diagnoses(sweep)["label"])
    rows: list[dict[str, Any]] = []
    for values, group in frame.groupby(list(by), dropna=False):
        counts = group["label"].value_counts()
        for label in (label for label in LABELS if label in counts):
            k, of = int(counts[label]), len(group)
            found = wilson_interval(k, of)
            named = dict(zip(by, values, strict=True))
            ends = {"share": found.estimate, "share_low": found.low, "share_high": found.high}
            rows.append({**named, "label": label, "k": k, "runs": of, **ends})
    return Table(
        pd.DataFrame(rows),
        f"{sweep.name}: how training went, by {', '.join(by)}",
        "k of n runs with Wilson's interval (95 %). " + _meanings(rows),
        {**levels(by), "label": "label", "share": _share},
    )


def _meanings(rows: Sequence[dict[str, Any]]) -> str:
    there = {row["label"] for row in rows}
    return "; ".join(f"{label}: {words}" for label, words in LABELS.items() if label in there) + "."


def _share(row: pd.Series) -> str:
    return f"{row['k']} of {row['runs']} [{row['share_low']:.0%}, {row['share_high']:.0%}]"
