"""What matters most? Shares of variance of factors and interactions; components of the streams."""

from collections.abc import Sequence

import pandas as pd

from analysis.errors import AnalysisError
from analysis.metrics.quantities import Quantity, quantities
from analysis.study.data import StudyData
from analysis.study.names import Names, names
from analysis.study.selection import key
from analysis.tables.frame import Table, estimate, p_value

MOST_FACTORS = 5
"""Beyond, the interactions outnumber what anybody could read."""


def effects(sweep: StudyData, metric: Sequence[str], by: Names = None) -> Table:
    """Share out the variance of metrics over factors and interactions, seeds as blocks.

    Where the streams vary apart and nothing else does, their components of variance are told.

    Parameters
    ----------
    metric : names of metrics, rates among them
    by : the factors; all that vary unless given

    Returns
    -------
    Table
        metric, effect, share, low, high, F, p; or metric, component, variance, share, low, high.

    Raises
    ------
    AnalysisError
        One seed, no factor, or a constant metric.
    """
    asked = quantities(sweep, metric)
    streams = _streams(sweep)
    if len(streams) > 1 and not names(by):
        return _components(sweep, asked, streams)
    from analysis.statistics.effects import COVERS
    from analysis.statistics.effects import effects as shares

    design = sweep.design
    factors = [key(name, list(sweep.runs.columns)) for name in names(by)] or [
        *design.factors,
        *design.crossed,
    ]
    if not factors:
        raise AnalysisError(
            "effects must have a factor with two levels or more, and nothing varies: train a grid, "
            "such as -m act=tanh,relu 'seed=range(0,20)'"
        )
    if len(factors) > MOST_FACTORS:
        raise AnalysisError(
            f"{len(factors)} factors vary, which makes {2 ** len(factors) - 1} effects: name at "
            f"most {MOST_FACTORS} with --by, and select one level of the others with --where"
        )
    others, _ = design.others(sweep.runs, *factors)
    if others:
        raise AnalysisError(
            f"{', '.join(others)} vary too: name them with --by, or one level with --where"
        )
    parts, grids = [], []
    for q in asked:
        frame = sweep.runs[[design.seed, *factors]].assign(**{q.name: q.values})
        table, grid = shares(frame, factors, q.name, seed=design.seed)
        parts.append(table.assign(metric=q.name))
        grids.append(f"{q.name} on {grid}")
    whole = pd.concat(parts, ignore_index=True)
    ends = {"low": "share_low", "high": "share_high"}
    whole = whole.rename(columns=ends)[["metric", "effect", "share", *ends.values(), "F", "p"]]
    return Table(
        whole,
        f"{sweep.name}: what matters most to {', '.join(q.name for q in asked)}?",
        f"Shares of the variance, corrected for what chance alone would explain; seeds, which "
        f"resample {design.resamples}, are blocks. {'; '.join(grids)}. {COVERS} p is not "
        "corrected for the number of effects.",
        {
            **({"metric": "metric"} if len(asked) > 1 else {}),
            "effect": "effect",
            "share of variance": _percent,
            "p": p_value("p"),
        },
    )


def _streams(sweep: StudyData) -> list[str]:
    """Return the streams that vary apart."""
    from analysis.study.design import STREAMS, follows

    varying = [name for name in STREAMS if name in sweep.runs and sweep.runs[name].nunique() > 1]
    apart = all(not follows(sweep.runs, a, b) for a in varying for b in varying if a != b)
    return varying if apart else []


def _components(sweep: StudyData, asked: Sequence[Quantity], streams: Sequence[str]) -> Table:
    from analysis.statistics.components import COVERS, components

    factors = [name for name in sweep.factors if name not in ("seed", *streams)]
    if factors:
        raise AnalysisError(
            f"streams vary apart, whose components are those of one configuration, but "
            f"{', '.join(factors)} vary too: select one level of each with --where"
        )
    parts, grids = [], []
    for q in asked:
        frame = sweep.runs[list(streams)].assign(**{q.name: q.values})
        table, grid = components(frame, q.name, streams=streams)
        parts.append(table.assign(metric=q.name))
        grids.append(f"{q.name} on {grid}")
    ends = {"low": "variance_low", "high": "variance_high"}
    whole = pd.concat(parts, ignore_index=True).rename(columns=ends)
    return Table(
        whole[["metric", "component", "variance", "share", *ends.values()]],
        f"{sweep.name}: whose luck was it, in {', '.join(q.name for q in asked)}?",
        f"Components of variance of crossed random streams. {'; '.join(grids)}. {COVERS}",
        {
            **({"metric": "metric"} if len(asked) > 1 else {}),
            "component": "component",
            "variance": estimate("variance"),
            "share": lambda row: f"{row['share']:.0%}",
        },
    )


def _percent(row: pd.Series) -> str:
    if pd.isna(row["share_low"]):
        return f"{row['share']:.1%}"
    return f"{row['share']:.1%} [{row['share_low']:.1%}, {row['share_high']:.1%}]"
