"""What a page holds of a study, as JSON: runs, curves, means with their bands, filters.

Owns what is left out to keep a page small, and says so.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from analysis.arrays import Floats
from analysis.errors import AnalysisError
from analysis.figures.limits import limits
from analysis.figures.mean_curves import drawn
from analysis.figures.style import Line, pens
from analysis.metrics.diagnosis import diagnoses
from analysis.report.packing import packed, packed_images
from analysis.study.data import StudyData
from analysis.tables.frame import level
from src.errors import StoreError
from src.storage.store import read_filters
from src.timeline import CURVES, Curve, curve_of

CURVE_BYTES = 2_900_000
FILTER_BYTES = 700_000
"""The most text that the curves and the filters of a page take: it stays below 5 MB."""

MOST_LINES = 60
"""The most mean curves of one way to group the runs: more cannot be told apart."""

MOST_EPOCHS = 12
"""The most epochs at which the page has a run's filters, evenly spaced in their logarithm."""

RESULTS = ("outcome", "epoch", "place", "seconds", "finished")


def contents(sweep: StudyData) -> dict[str, Any]:
    """Return everything that the page's script reads.

    Parameters
    ----------
    sweep : the study, or a part of it

    Returns
    -------
    JSON: `study`, `seed` (its key and levels), `factors` (a list of name, levels, pens), `runs`,
    `curves` (axis, limits, numbers), `means` (by curve and grouping), `filters`, `left_out`.
    """
    factors = [*sweep.design.factors, *sweep.design.crossed]
    curves, left_out = _curves(sweep)
    filters, more = _filters(sweep)
    means, many = _means(sweep, factors, [curve["name"] for curve in curves])
    return {
        "study": sweep.folder.name,
        "seed": {"key": sweep.design.seed, "resamples": sweep.design.resamples},
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


def _curves(sweep: StudyData) -> tuple[list[dict[str, Any]], list[str]]:
    kept: list[dict[str, Any]] = []
    left_out, room = [], CURVE_BYTES
    for name in sweep.curve_names:
        values = sweep.curve(name)
        numbers = packed(values)
        if len(numbers["data"]) > room and kept:
            left_out.append(name)
            continue
        room -= len(numbers["data"])
        known = curve_of(name)
        kept.append(
            {
                "name": name,
                "title": known.title,
                "unit": known.unit,
                "meaning": known.meaning,
                "better": known.better,
                "limits": _limits(known, values),
                **numbers,
            }
        )
    said = f"curves that would make the page too large: {', '.join(left_out)}"
    return kept, [said] if left_out else []


def _limits(known: Curve, values: Floats) -> list[float] | None:
    found = limits(known.name, values, np.empty((0,)))
    return None if found is None else [float(end) for end in found]


def _means(
    sweep: StudyData, factors: Sequence[str], curves: Sequence[str]
) -> tuple[dict[str, Any], list[str]]:
    """Return mean and band over seeds of every way to group by up to two factors, as figures do.

    By curve, then by the names of the factors joined by a comma, in their order.
    """
    groupings = [(), *combinations(factors, 1), *combinations(factors, 2)]
    sizes = {
        names: np.prod([len(sweep.factors[n]) for n in names], initial=1) for names in groupings
    }
    kept = [names for names in groupings if sizes[names] <= MOST_LINES]
    many = [" × ".join(names) for names in groupings if sizes[names] > MOST_LINES]
    out: dict[str, Any] = {name: {} for name in curves}
    for names in kept:
        table = drawn(sweep, curves, list(names), [])
        for curve, part in table.groupby("curve", sort=False):
            groups = part.groupby(list(names), sort=False, dropna=False) if names else [((), part)]
            lines, numbers, known = [], [], curve_of(str(curve))
            for values, rows in groups:
                words = [
                    [level(v) for v in sweep.factors[n]].index(level(value))
                    for n, value in zip(names, values, strict=True)
                ]
                first = rows.iloc[0]
                counts = {key: int(first[key]) for key in ("n", "diverged", "left_out")}
                lines.append({"levels": words, **counts})
                ends = rows[["mean", "low", "high"]].to_numpy(np.float64).T.copy()
                ends[1:] = np.clip(ends[1:], known.low, known.high)  # no band beyond what can be
                numbers.append(ends)
            out[str(curve)][",".join(names)] = {"lines": lines, **packed(np.array(numbers))}
    said = f"means of more than {MOST_LINES} groups: {', '.join(many)}"
    return out, [said] if many else []


def _filters(sweep: StudyData) -> tuple[dict[str, Any], list[str]]:
    """Return the filters of as many runs as there is room for, the first seed's first."""
    order = sweep.runs[sweep.design.seed].argsort(kind="stable").to_numpy()
    out: dict[str, Any] = {}
    room = FILTER_BYTES
    for place in order:
        try:
            epochs, images = read_filters(sweep.folders[place])
        except (StoreError, AnalysisError):
            continue
        wanted = np.unique(np.geomspace(1, len(epochs), MOST_EPOCHS).round().astype(int) - 1)
        found = {"epochs": epochs[wanted].tolist(), **packed_images(images[wanted].astype(float))}
        room -= len(found["data"])
        if room < 0:
            break
        out[str(sweep.runs.index[int(place)])] = found
    missing = len(sweep.runs) - len(out)
    return out, [f"filters of {missing:,} of {len(sweep.runs):,} runs"] if missing else []
