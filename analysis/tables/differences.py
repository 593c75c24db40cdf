"""Is this difference real? The levels of one factor, paired by seed, judged as one family."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.errors import AnalysisError
from analysis.metrics import nearest
from analysis.quantities import Quantity, quantities
from analysis.selection import Names, key, names
from analysis.statistics.comparison import caption, judge
from analysis.statistics.contrasts import Contrast, Endpoint, Test
from analysis.statistics.pairing import contrasts
from analysis.tables.table import Show, Table, estimate, level, levels, p_value, words

if TYPE_CHECKING:
    from analysis.sweep import Sweep

MOST_PAIRS = 2_000
"""A family beyond which nothing could be shown, and nobody could read it."""


def compare(
    sweep: "Sweep",
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
        p_holm, verdict, note and the other columns of `analysis.statistics.comparison.compare`.

    Raises
    ------
    AnalysisError
        The factor has one level, a name is wrong, or the runs cannot answer.
    """
    runs, design = sweep.runs, sweep.design
    key(vary, list(sweep.factors) or [vary])
    split, nuisances = names(by), [key(name, list(runs.columns)) for name in names(tune)]
    for name in split:
        key(name, list(runs.columns))
    others, along = design.others(runs, vary, *split, *nuisances)
    asked = quantities(sweep, metric)
    endpoints = [
        q.endpoint(margin) for q, margin in zip(asked, _margins(delta, asked), strict=True)
    ]
    cells = _cells(sweep, asked, [vary, *split, *others, *nuisances])
    pairs = _pairs(sweep, vary, runs, against)
    parts = [((), cells)] if not split else list(cells.groupby(split, dropna=False))
    if len(pairs) * len(parts) * len(endpoints) > MOST_PAIRS:
        raise AnalysisError(
            f"{len(pairs)} pairs of {vary} are too many to compare: name a level to compare with "
            "(--against), or rank them (ranks)"
        )
    family: list[Contrast] = []
    rows: list[dict[str, Any]] = []
    captions: list[str] = []
    for values, part in parts:
        here = dict(zip(split, values, strict=True))
        if nuisances:
            made, at = _tuned(part, vary, nuisances, asked, endpoints, others, design.seed, pairs)
            captions = [at.caption()]
            chosen = _choices(at.choices, nuisances)
        else:
            made = [
                row
                for endpoint in endpoints
                for row in contrasts(
                    part, vary, endpoint, pairs, factors=others, seed=design.seed, test=test
                )
            ]
            chosen = {}
        family += made
        rows += [
            {**here, **{f"{side}_at": chosen[getattr(row, side)] for side in ("level", "against")}}
            if chosen
            else here
            for row in made
        ]
    table = judge(family, alpha)
    table = pd.concat([pd.DataFrame(rows, index=table.index), table], axis=1)
    if needed is not None:
        table["seeds_needed"] = [_needed(row, needed, table, alpha) for row in family]
    resampled = design.resampled or ("nothing",)
    captions.append(caption(table, resampled, alpha))
    if along:
        captions.append(f"{', '.join(along)} differ with {vary} and cannot be told apart from it.")
    if left := int(table["left_out"].sum()):
        captions.append(
            f"{left} pairs were left out, for one of the two runs has no value: compare "
            "rate(diverged) too."
        )
    captions += _horizons(asked)
    if table["note"].nunique() == 1 and table["note"].iloc[0]:
        captions.append(f"{table['note'].iloc[0]}.")
    title = f"{sweep.folder.name}: does {vary} make a difference?"
    return Table(table, title, " ".join(captions), _columns(split, table, len(asked)))


def _cells(sweep: "Sweep", asked: Sequence[Quantity], columns: Sequence[str]) -> pd.DataFrame:
    seed = sweep.design.seed
    frame = sweep.runs[list(dict.fromkeys([seed, *columns]))].reset_index(drop=True)
    frame = frame.assign(survived=sweep.survived, **{q.name: q.values for q in asked})
    return frame.copy()


def _pairs(
    sweep: "Sweep", vary: str, runs: pd.DataFrame, against: Any
) -> list[tuple[object, object]]:
    there = set(runs[vary].dropna())
    known = [value for value in sweep.levels.get(vary, sorted(there)) if value in there]
    if len(known) < 2:
        raise AnalysisError(
            f"{vary} must have two levels or more to compare, got {', '.join(map(level, known))}"
        )
    if against is None:
        return list(combinations(known, 2))
    base = next(
        (value for value in known if level(value) == level(against) or value == against), None
    )
    if base is None:
        base = next((v for v in known if _same_number(v, against)), None)
    if base is None:
        options = [level(value) for value in known]
        raise AnalysisError(f"no run has {vary}={against}: {nearest(str(against), options)}")
    return [(value, base) for value in known if value != base]


def _same_number(value: Any, word: Any) -> bool:
    try:
        return float(value) == float(word)
    except (TypeError, ValueError):
        return False


def _margins(
    delta: float | Sequence[float] | None, asked: Sequence[Quantity]
) -> list[float | None]:
    if delta is None:
        return [None] * len(asked)
    given = [float(delta)] if isinstance(delta, int | float) else list(map(float, delta))
    if len(given) not in (1, len(asked)):
        raise AnalysisError(f"delta must be one number, or one for each of {len(asked)} metrics")
    return [*given] * len(asked) if len(given) == 1 else [*given]


def _tuned(
    part: pd.DataFrame,
    vary: str,
    nuisances: Sequence[str],
    asked: Sequence[Quantity],
    endpoints: Sequence[Endpoint],
    others: Sequence[str],
    seed: str,
    pairs: Sequence[tuple[object, object]],
) -> tuple[list[Contrast], Any]:
    from analysis.statistics.tuning import tune

    first = asked[0]
    if first.kind == "time":  # a time is known of every run, so that none ranks last for its end
        part = part.assign(survived=True)
    at = tune(part, vary, nuisances, first.name, better=first.better, factors=others, seed=seed)
    made = [row for endpoint in endpoints for row in at.contrasts(endpoint)]
    wanted = {frozenset(pair): pair for pair in pairs}
    kept = [row for row in made if frozenset((row.level, row.against)) in wanted]
    return [_turned(row, wanted[frozenset((row.level, row.against))]) for row in kept], at


def _turned(row: Contrast, pair: tuple[object, object]) -> Contrast:
    if (row.level, row.against) == pair:
        return row
    turned = replace(row, level=pair[0], against=pair[1], difference=-row.difference)
    return replace(turned, effect=-row.effect)


def _choices(choices: pd.DataFrame, nuisances: Sequence[str]) -> dict[object, str]:
    """Return what each level was run at, both halves."""
    of: dict[object, list[str]] = {}
    for row in choices.to_dict("records"):
        words = ", ".join(f"{name}={level(row[name])}" for name in nuisances)
        of.setdefault(row["level"], []).append(words)
    return {value: " | ".join(dict.fromkeys(words)) for value, words in of.items()}


def _needed(row: Contrast, difference: float, family: pd.DataFrame, alpha: float) -> str:
    from analysis.statistics.power import seeds_needed

    if not (row.n >= 2 and row.sd > 0):
        return "—"
    tests = len(family) + int(family["delta"].notna().sum())
    found = seeds_needed(difference, row.sd, pilot=row.n, tests=tests, alpha=alpha, test=row.test)
    return f"{found.n} ({found.low} to {found.high})"


def _horizons(asked: Sequence[Quantity]) -> list[str]:
    return [
        f"{q.name} counts a run that never got there as {q.horizon:g} epochs, the common horizon."
        for q in asked
        if q.horizon is not None
    ]


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
