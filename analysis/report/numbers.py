"""The numbers of a page: curves, means with their bands, filters, packed within a budget.

Owns what is left out to keep a page small, and says so.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from analysis.arrays import Floats
from analysis.errors import AnalysisError
from analysis.figures.limits import limits
from analysis.figures.mean_curves import drawn
from analysis.report.packing import packed, packed_images
from analysis.study.data import StudyData
from analysis.tables.frame import level
from src.errors import StoreError
from src.storage.store import read_filters
from src.timeline import Curve, curve_of

MOST_LINES = 60
"""The most mean curves of one way to group the runs: more cannot be told apart."""

MOST_EPOCHS = 12
"""The most epochs at which the page has a run's filters, evenly spaced in their logarithm."""


def curves_of(sweep: StudyData, most: int) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the curves that fit into so many bytes of text, and the names of the others."""
    kept: list[dict[str, Any]] = []
    left_out = []
    for name in sweep.curve_names:
        values = sweep.curve(name)
        numbers = packed(values)
        if len(numbers["data"]) > most and kept:
            left_out.append(name)
            continue
        most -= len(numbers["data"])
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


def means_of(
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


def filters_of(sweep: StudyData, most: int) -> tuple[dict[str, Any], list[str]]:
    """Return the filters of as many runs as there is most for, the first seed's first."""
    order = sweep.runs[sweep.design.seed].argsort(kind="stable").to_numpy()
    out: dict[str, Any] = {}
    for place in order:
        try:
            epochs, images = read_filters(sweep.folders[place])
        except (StoreError, AnalysisError):
            continue
        wanted = np.unique(np.geomspace(1, len(epochs), MOST_EPOCHS).round().astype(int) - 1)
        found = {"epochs": epochs[wanted].tolist(), **packed_images(images[wanted].astype(float))}
        most -= len(found["data"])
        if most < 0:
            break
        out[str(sweep.runs.index[int(place)])] = found
    missing = len(sweep.runs) - len(out)
    return out, [f"filters of {missing:,} of {len(sweep.runs):,} runs"] if missing else []
