"""Which digits are taken for which: confusion counts and the accuracy of every class."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.statistics.intervals import mean_interval
from analysis.study.data import StudyData
from analysis.study.selection import key
from analysis.tables.frame import Table, estimate, levels
from src.errors import StoreError
from src.storage.store import read_record


def confusion(sweep: StudyData, by: Sequence[str]) -> Table:
    """Count the test digits by true class and decision, over all runs that finished.

    Returns
    -------
    Table
        by …, true, decided, count, share (of the true class's digits).
    """
    cells = _cells(sweep, by)
    grouped = cells.groupby([*by, "true", "decided"], dropna=False)["count"].sum().reset_index()
    of_class = grouped.groupby([*by, "true"], dropna=False)["count"].transform("sum")
    grouped["share"] = grouped["count"] / of_class.where(of_class > 0)
    return Table(
        grouped,
        f"{sweep.name}: which digits are taken for which?",
        f"Share of each true class's test digits by decision, over {int(sweep.survived.sum())} "
        "runs that finished.",
        {**levels(by), "true": "true", "decided": "decided", "count": "count", "share": _percent},
    )


def classes(sweep: StudyData, by: Sequence[str]) -> Table:
    """Summarise the accuracy of every class over seeds.

    Returns
    -------
    Table
        by …, class, n (seeds), accuracy with low and high (Student's t).
    """
    seed = sweep.design.seed
    cells = _cells(sweep, dict.fromkeys([*by, seed]))
    right = cells[cells["true"] == cells["decided"]].set_index("run")
    of_class = cells.groupby(["run", "true"])["count"].sum()
    right["accuracy"] = (
        right["count"].to_numpy(np.float64)
        / of_class.loc[pd.MultiIndex.from_arrays([right.index, right["true"]])].to_numpy()
    )
    rows: list[dict[str, Any]] = []
    for values, group in right.groupby([*by, "true"], dropna=False, sort=False):
        found = mean_interval(group.groupby(seed)["accuracy"].mean().to_numpy())
        low, high = max(found.low, 0.0), min(found.high, 1.0)
        named = dict(zip([*by, "class"], values, strict=True))
        ends = {"accuracy": found.estimate, "accuracy_low": low, "accuracy_high": high}
        rows.append({**named, "n": found.n, **ends})
    return Table(
        pd.DataFrame(rows),
        f"{sweep.name}: how well is each class decided?",
        f"Test accuracy of every class: mean and Student's t interval (95 %) over n seeds, which "
        f"resample {sweep.design.resamples}, of the runs that finished; other factors averaged "
        "over.",
        {**levels(by), "class": "class", "n": "n", "accuracy": estimate("accuracy")},
    )


def _cells(sweep: StudyData, columns: Sequence[str] | dict[str, None]) -> pd.DataFrame:
    """Return a row a run, true class and decision."""
    for name in columns:
        key(name, list(sweep.runs.columns))
    parts = []
    kept = sweep.runs[list(columns)]
    for i in np.flatnonzero(sweep.survived):
        try:
            record = read_record(sweep.folders[i])
        except StoreError:  # load_sweep has warned of it
            continue
        labels, counts = record.config["classes"], np.array(record.confusion)
        grid = np.indices(counts.shape).reshape(2, -1)
        part = {"run": record.id, **kept.iloc[i].to_dict()}
        true, decided = np.array(labels)[grid]
        parts.append(
            pd.DataFrame({**part, "true": true, "decided": decided, "count": counts.ravel()})
        )
    if not parts:
        raise AnalysisError("no run finished, so no digit was decided")
    return pd.concat(parts, ignore_index=True)


def _percent(row: pd.Series) -> str:
    return "—" if pd.isna(row["share"]) else f"{row['share']:.1%}"
