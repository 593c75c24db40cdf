"""Is this difference real? The levels of one factor, paired by seed, judged as one family."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd

from analysis.errors import AnalysisError
from analysis.metrics.quantities import Quantity, quantities
from analysis.statistics import Test
from analysis.statistics.comparison import caption, judge
from analysis.statistics.contrasts import Contrast
from analysis.statistics.pairing import contrasts
from analysis.statistics.seeds import counted
from analysis.statistics.tuning import tune as at_best
from analysis.study.data import StudyData
from analysis.study.design import cell_of, differ, led
from analysis.study.names import Names, names
from analysis.study.selection import factor, key
from analysis.tables.frame import Show, Table, estimate, level, levels, p_value, words
from analysis.tables.pairs import pairs_of

MOST_PAIRS = 2_000
"""A family beyond which nothing could be shown, and nobody could read it."""


def compare(
    sweep: StudyData,
    vary: str,
    metric: Sequence[str],
    by: Names = None,
    *,
    against: Any = None,
    delta: float | Sequence[float] | None = None,
    tune: Names = None,
    test: Test = "permutation",
    alpha: float = 0.05,
    needed: float | None = None,
) -> Table:
    """Compare the levels of one factor; all rows of the table are one family.

    Parameters
    ----------
    vary : the factor
    metric : names of metrics
    by : factors within each of whose levels the comparison is made; the others are averaged over
    against : compare every other level with this one, instead of all pairs
    delta : differences within ±delta count as none; one for all metrics, or one each
    tune : nuisance factors: every level runs at its own best values, chosen on one half of the
        seeds by the first metric and scored on the other, both ways round
    test : "permutation" (exact) or "t", which assumes normal differences
    alpha : the family's rate of false alarms
    needed : also say how many seeds would show a true difference of this size

    Returns
    -------
    Table
        by …, metric, level, against, n, difference, low, high (simultaneous), effect (d_z), p,
        p_holm, verdict, note and the other columns of `analysis.statistics.comparison.judge`.

    Raises
    ------
    AnalysisError
        The factor has one level, a name is wrong, or the runs cannot answer.
    """
    runs, design = sweep.runs, sweep.design
    factor(runs, vary, list(sweep.factors))
    split, nuisances = ([key(name, list(runs.columns)) for name in names(of)] for of in (by, tune))
    others, along = design.others(runs, vary, *split, *nuisances)
    asked = quantities(sweep, metric)
    margins = _margins(delta, asked)
    endpoints = [q.endpoint(margin) for q, margin in zip(asked, margins, strict=True)]
    cells = _cells(sweep, asked, [vary, *split, *others, *nuisances])
    if not nuisances:
        cells = _counting(cells, asked, [vary, *split], others, design.seed)
    pairs = pairs_of(sweep, vary, against)
    parts = [((), cells)] if not split else list(cells.groupby(split, dropna=False))
    if len(pairs) * len(parts) * len(endpoints) > MOST_PAIRS:
        raise AnalysisError(
            f"{len(pairs)} pairs of {vary} are too many to compare: name a level to compare with "
            "(--against), or rank them (ranks)"
        )
    first = asked[0]
    choose = partial(at_best, metric=first.name, kind=first.kind, better=first.order)
    family: list[Contrast] = []
    rows: list[dict[str, Any]] = []
    captions: list[str] = []
    for values, part in parts:
        if nuisances:
            at = choose(part, vary, nuisances, factors=others, seed=design.seed)
            made, chosen = at.contrasts(endpoints, pairs), _choices(at.choices, nuisances)
            captions = [at.caption()]
        else:
            made = contrasts(
                part, vary, endpoints, pairs, factors=others, seed=design.seed, test=test
            )
            chosen = {}
        family += made
        here = dict(zip(split, values, strict=True))
        rows += [here | _where(row, chosen) for row in made]
    table = judge(family, alpha)
    table = pd.concat([pd.DataFrame(rows, index=table.index), table], axis=1)
    if needed is not None:
        table["seeds_needed"] = [_needed(row, needed, table, alpha) for row in family]
    apart = led(runs, along, [*split, *nuisances, vary]).get(vary, [])  # by and tune hold theirs
    captions += _captions(
        table, caption(table, design.resamples, alpha, bool(tune)), vary, apart, asked
    )
    title = f"{sweep.name}: does {vary} make a difference to {', '.join(q.name for q in asked)}?"
    return Table(table, title, " ".join(captions), _columns(split, table, len(asked)))


def _cells(sweep: StudyData, asked: Sequence[Quantity], columns: Sequence[str]) -> pd.DataFrame:
    seed = sweep.design.seed
    frame = sweep.runs[list(dict.fromkeys([seed, *columns]))].reset_index(drop=True)
    frame = frame.assign(survived=sweep.survived, **{q.name: q.values for q in asked})
    return frame.copy()


def _counting(
    cells: pd.DataFrame,
    asked: Sequence[Quantity],
    levels: Sequence[str],
    others: Sequence[str],
    seed: str,
) -> pd.DataFrame:
    """Return the runs without the values that do not count."""
    cell, line = cell_of(cells, others), cell_of(cells, levels)
    for q in asked:
        known = cells[q.name].notna().to_numpy()
        if q.kind == "value":
            known = known & cells["survived"].to_numpy()
        cells[q.name] = cells[q.name].where(counted(known, cells[seed], cell, line))
    return cells


def _margins(
    delta: float | Sequence[float] | None, asked: Sequence[Quantity]
) -> list[float | None]:
    if delta is None:
        return [None] * len(asked)
    given = [float(delta)] if isinstance(delta, int | float) else list(map(float, delta))
    if len(given) not in (1, len(asked)):
        raise AnalysisError(f"delta must be one number, or one for each of {len(asked)} metrics")
    return [*given] * len(asked) if len(given) == 1 else [*given]


def _choices(choices: pd.DataFrame, nuisances: Sequence[str]) -> dict[object, str]:
    """Return what each level was run at, both halves."""
    of: dict[object, list[str]] = {}
    for row in choices.to_dict("records"):
        words = ", ".join(f"{name}={level(row[name])}" for name in nuisances)
        of.setdefault(row["level"], []).append(words)
    return {value: " | ".join(dict.fromkeys(words)) for value, words in of.items()}


def _where(row: Contrast, chosen: dict[object, str]) -> dict[str, str]:
    """Return the columns that say what either side ran at, if levels are tuned."""
    sides = ("level", "against") if chosen else ()
    return {f"{side}_at": chosen[getattr(row, side)] for side in sides}


def _needed(row: Contrast, difference: float, family: pd.DataFrame, alpha: float) -> str:
    from analysis.statistics.power import seeds_needed

    if not (row.n >= 2 and row.sd > 0):
        return "—"
    tests = len(family) + int(family["delta"].notna().sum())
    return str(
        seeds_needed(difference, row.sd, pilot=row.n, tests=tests, alpha=alpha, test=row.test)
    )


def _captions(
    table: pd.DataFrame, rests: str, vary: str, along: Sequence[str], asked: Sequence[Quantity]
) -> list[str]:
    said = [rests]
    if along:
        said.append(f"{differ(along, vary)} and cannot be told apart from it.")
    if vary == "loss" and any("_loss" in q.name for q in asked):
        said.append("Values of different loss functions are no common measure: compare test_acc.")
    if left := int(table["left_out"].sum()):
        said.append(
            f"{left} pairs were left out, for a run has no value, or its seed or setting lacks "
            "one: compare rate(diverged) too."
        )
    said += [
        f"{q.name} counts a run that never got there as {q.horizon:g} epochs, the common horizon."
        for q in asked
        if q.horizon is not None
    ]
    if table["note"].nunique() == 1 and table["note"].iloc[0]:
        said.append(f"{table['note'].iloc[0]}.")
    return said


def _columns(split: Sequence[str], table: pd.DataFrame, metrics: int) -> dict[str, str | Show]:
    def pair(row: pd.Series) -> str:
        return f"{level(row['level'])} − {level(row['against'])}"

    shown: dict[str, str | Show] = dict(levels(split))
    if metrics > 1:
        shown["metric"] = "metric"
    shown |= {"levels": pair}
    if "level_at" in table:
        shown |= {"at": lambda row: f"{row['level_at']} − {row['against_at']}"}
    shown |= {"n": "n", "difference": _difference, "effect": _effect}
    shown |= {"p": p_value("p"), "p (Holm)": p_value("p_holm"), "verdict": "verdict"}
    if "seeds_needed" in table:
        shown["seeds needed"] = "seeds_needed"
    if table["note"].nunique() > 1:  # one note for all rows stands in the caption
        shown["note"] = "note"
    return shown


def _effect(row: pd.Series) -> str:
    return words(float(row["effect"]), 2)


def _difference(row: pd.Series) -> str:
    renamed = {"difference_low": row["low"], "difference_high": row["high"]}
    return estimate("difference")(pd.Series({"difference": row["difference"], **renamed}))
