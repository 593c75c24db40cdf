"""What a page holds of a study, as JSON: its factors with their pens, its runs, its numbers."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.figures.style import Line, pens
from analysis.metrics.diagnosis import diagnoses
from analysis.report.commands import chosen_levels, seed_words
from analysis.report.numbers import curves_of, filters_of, means_of
from analysis.study.data import StudyData
from analysis.tables.frame import level
from src.timeline import CURVES

CURVE_BYTES = 2_900_000
FILTER_BYTES = 600_000
"""The most text that the curves and the filters of a page take: it stays below 5 MB."""

RESULTS = ("outcome", "epoch", "place", "seconds", "finished")


def contents(sweeps: Sequence[StudyData]) -> list[dict[str, Any]]:
    """Return everything that the page's script reads, a study each.

    Parameters
    ----------
    sweeps : the studies, which share the bytes of a page; what a small one leaves is the others'

    Returns
    -------
    JSON: `study`, `where` (the levels that a part has left), `seed` (its key, the words that name
    it, and what it resamples), `factors` (a list of name, levels, pens), `runs`, `curves` (axis,
    limits, numbers), `means` (by curve and grouping), `filters`, `left_out`.
    """
    order = sorted(range(len(sweeps)), key=lambda at: len(sweeps[at].runs))
    found: dict[int, dict[str, Any]] = {}
    curve_bytes, filter_bytes = CURVE_BYTES, FILTER_BYTES
    for still, at in zip(range(len(order), 0, -1), order, strict=True):
        of = _contents(sweeps[at], curve_bytes // still, filter_bytes // still)
        curve_bytes -= sum(len(curve["data"]) for curve in of["curves"])
        filter_bytes -= sum(len(film["data"]) for film in of["filters"].values())
        found[at] = of
    return [found[at] for at in range(len(sweeps))]


def _contents(sweep: StudyData, curve_bytes: int, filter_bytes: int) -> dict[str, Any]:
    factors = [*sweep.design.factors, *sweep.design.crossed]
    curves, left_out = curves_of(sweep, curve_bytes)
    filters, more = filters_of(sweep, filter_bytes)
    means, many = means_of(sweep, factors, [curve["name"] for curve in curves])
    design = sweep.design
    return {
        "study": sweep.folder.name,
        "where": chosen_levels(sweep),
        "seed": {"key": design.seed, "words": seed_words(sweep), "resamples": design.resamples},
        "factors": [_factor(sweep, name) for name in factors],
        "runs": _runs(sweep, factors),
        "curves": curves,
        "means": means,
        "filters": filters,
        "left_out": [*left_out, *many, *more],
    }


def _factor(sweep: StudyData, name: str) -> dict[str, Any]:
    whole = sweep.levels.get(name, sweep.factors[name])
    of = pens(whole)
    shown = sweep.factors[name]
    return {
        "name": name,
        "levels": [level(value) for value in shown],
        "colours": [of[value].colour for value in shown],
        "dashes": [_dash(of[value].line) for value in shown],
    }


def _dash(line: Line) -> list[float]:
    named = {"-": [], "--": [6.0, 3.0], "-.": [6.0, 3.0, 1.5, 3.0], ":": [1.5, 3.0]}
    return list(line[1]) if isinstance(line, tuple) else named[line]


def _runs(sweep: StudyData, factors: Sequence[str]) -> list[dict[str, Any]]:
    """Return a run a row: its levels as places in `factors`, and what its record says."""
    runs = sweep.runs
    labels = pd.DataFrame({"label": "", "evidence": ""}, runs.index)
    labels = labels if sweep.imported else diagnoses(sweep)
    places = [_places(sweep, name) for name in factors]
    keys = [name for name in runs if name not in CURVES and name not in RESULTS]
    keys = [name for name in keys if name not in sweep.curve_names]
    seed = sweep.design.seed
    seeds = sorted(runs[seed].unique().tolist())
    out = []
    for at, (run, row) in enumerate(zip(runs.index, runs.to_dict("records"), strict=True)):
        out.append(
            {
                "id": str(run),
                "folder": sweep.folders[at].name,
                "levels": [int(place[at]) for place in places],
                "seed": seeds.index(row[seed]),
                "seed_value": _plain(row[seed]),
                "outcome": str(row["outcome"]),
                "epoch": _plain(row["epoch"]),
                "epochs": _plain(row["epochs"]),
                "label": str(labels["label"].iloc[at]),
                "evidence": str(labels["evidence"].iloc[at]),
                "config": {name: level(row[name]) for name in keys},
            }
        )
    return out


def _places(sweep: StudyData, name: str) -> list[int]:
    words = [level(value) for value in sweep.factors[name]]
    return [words.index(level(value)) for value in sweep.runs[name]]


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value
