"""Is what was said true? The claims of several studies, judged as one family.

Every number of every claim is one test of one family: Holm's correction and the simultaneous
intervals run over all of them (`analysis.statistics.comparison.judge`). A statement holds where it
is shown, does not hold where the opposite is shown, or equivalence within its margin; all else is
not shown. A claim of several parts needs all of them (or any, where it says so). What is exact is
checked in every run and belongs to no family.

Owns these verdicts and their tables; no sentence about a result is written by hand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.exactness import ROUNDING, Exactness, check
from analysis.statements import Claim, Statement, claims_of
from analysis.statistics.comparison import judge
from analysis.tables.table import Show, Table, estimate
from analysis.testing import Test, counted_interval, test_of
from analysis.verdicts import Verdict, compose, key, verdict_of
from src.keepsakes import read_card

if TYPE_CHECKING:
    from analysis.sweep import Sweep


@dataclass(frozen=True)
class Finding:
    """A statement with what came out of it; numbers are NaN where there is no chance in it."""

    statement: Statement
    verdict: Verdict
    difference: float = np.nan
    low: float = np.nan
    high: float = np.nan
    p: float = np.nan
    n: int = 0
    left_out: int = 0
    note: str = ""

    @property
    def size(self) -> float:
        """Of the difference, in units of its margin."""
        return abs(self.difference) / (self.statement.margin or 1.0)


def judged(
    sweeps: Mapping[str, "Sweep"], names: Sequence[str] | None = None, alpha: float = 0.05
) -> tuple[Table, Table]:
    """Judge the claims of studies.

    Parameters
    ----------
    sweeps : by the name of the study that claims ask for
    names : the studies whose claims are judged; all unless given
    alpha : the family's rate of false alarms

    Returns
    -------
    claims : a row a claim: quote, reading, the statement that decided it, difference with its
        interval, p (corrected), n, verdict and figure
    parts : a row a statement
    """
    claims = [
        claim
        for name in (sweeps if names is None else names)
        for claim in claims_of(read_card(sweeps[name].folder) or {}, name)
    ]
    leaves = list(dict.fromkeys(key(leaf) for claim in claims for leaf in claim.parts.leaves()))
    of = {key(leaf): leaf for claim in claims for leaf in claim.parts.leaves()}
    found = dict(zip(leaves, _findings([of[k] for k in leaves], sweeps, alpha), strict=True))
    tests = sum(1 + (of[k].margin is not None) for k, f in found.items() if not np.isnan(f.p))
    rows = [_row(claim, found) for claim in claims]
    parts = [
        {"study": claim.study, "claim": claim.name, **_fields(found[key(leaf)])}
        for claim in claims
        for leaf in claim.parts.leaves()
    ]
    caption = (
        f"All {tests} tests of these claims (of a difference and, with a margin, of equivalence) "
        f"are one family: p after Holm, intervals hold together at {1 - alpha:.0%}. n counts "
        "seeds. The row shows the statement that decided the claim. Exact claims have no p: every "
        f"run agrees to {ROUNDING:g}, or the claim does not hold."
    )
    shown: dict[str, str | Show] = {"claim": "quote", "statement": "statement", "n": "n"}
    shown |= {"difference": show_estimate, "p (Holm)": show_p, "verdict": "verdict"}
    return (
        Table(pd.DataFrame(rows), "The claims, judged", caption, {**shown, "figure": "figure"}),
        Table(
            pd.DataFrame(parts),
            "The statements behind the claims",
            caption,
            {**{k: v for k, v in shown.items() if k != "claim"}, "claim": "claim", "note": "note"},
        ),
    )


def _findings(
    leaves: Sequence[Statement], sweeps: Mapping[str, "Sweep"], alpha: float
) -> list[Finding]:
    there = [leaf for leaf in leaves if leaf.study in sweeps]
    made = {key(leaf): test_of(leaf, sweeps[leaf.study]) for leaf in there if not leaf.exact}
    family = judge([test.contrast for test in made.values()], alpha)
    size = len(family) + int(family["delta"].notna().sum())
    judgements = dict(zip(made, family.to_dict("records"), strict=True))
    out = []
    for leaf in leaves:
        if leaf.study not in sweeps:
            out.append(Finding(leaf, "not trained", note=f"{leaf.study} was not trained"))
        elif leaf.exact:
            part = sweeps[leaf.study]
            part = part.where(leaf.where) if leaf.where else part
            out.append(_exact(leaf, check(part, leaf.exact)))
        else:
            test, row = made[key(leaf)], judgements[key(leaf)]
            out.append(_finding(leaf, test, row, alpha / max(size, 1)))
    return out


def _exact(leaf: Statement, found: Exactness) -> Finding:
    verdict: Verdict = "holds" if found.holds else "does not hold"
    return Finding(leaf, verdict, difference=found.deviation, n=found.runs, note=str(found))


def _finding(leaf: Statement, test: Test, row: Mapping[Any, Any], alpha: float) -> Finding:
    difference, low, high = (float(row[k]) for k in ("difference", "low", "high"))
    if test.counted:
        low, high = counted_interval(test.contrast, 1 - alpha)
    real, equivalent = bool(row["real"]), bool(row["equivalent"])
    verdict = verdict_of(leaf, difference, low, high, real, equivalent)
    by_equivalence = equivalent and leaf.direction not in ("higher", "lower", "different")
    if leaf.direction == "equal" and verdict == "not shown":
        by_equivalence = True
    if verdict == "does not hold" and equivalent:
        by_equivalence = True
    p = float(row["p_equivalent_holm" if by_equivalence else "p_holm"])
    note = str(row["note"])
    left = int(row["left_out"])
    if left:
        note = f"{left} runs or pairs without a value left out" + (f"; {note}" if note else "")
    return Finding(leaf, verdict, difference, low, high, p, int(row["n"]), left, note)


def _row(claim: Claim, found: Mapping[str, Finding]) -> dict[str, object]:
    findings = {key(leaf): found[key(leaf)] for leaf in claim.parts.leaves()}
    verdict = compose(claim.parts, {name: f.verdict for name, f in findings.items()})
    same = [f for f in findings.values() if f.verdict == verdict] or list(findings.values())
    # A chain is as strong as its weakest link: of what all must hold, or any might have.
    one_decides = (verdict == "holds") == (claim.parts.how == "any")
    order = sorted(same, key=lambda f: (-1.0 if np.isnan(f.p) else f.p, -f.size))
    decided = order[0 if one_decides and verdict != "not shown" else -1]
    return {
        "study": claim.study,
        "name": claim.name,
        "quote": claim.quote,
        "reading": claim.reading,
        "parts": len(findings),
        **_fields(decided),
        "verdict": verdict,
        "figure": f"{claim.study}-{claim.figure}" if claim.figure else "",
    }


def _fields(f: Finding) -> dict[str, object]:
    return {
        "statement": str(f.statement),
        "n": f.n,
        "difference": f.difference,
        "low": f.low,
        "high": f.high,
        "margin": np.nan if f.statement.margin is None else f.statement.margin,
        "p": f.p,
        "verdict": f.verdict,
        "note": f.note,
    }


def show_estimate(row: pd.Series) -> str:
    """Return a row's difference with its interval, in as many digits as the interval allows."""
    ends = {"difference_low": row["low"], "difference_high": row["high"]}
    return estimate("difference")(pd.Series({"difference": row["difference"], **ends}))


def show_p(row: pd.Series) -> str:
    """Return a row's corrected p."""
    p = float(row["p"])
    return "exact" if np.isnan(p) else "< 0.001" if p < 0.001 else f"{p:.3f}"


def sweeps_of(folders: Mapping[str, Path]) -> dict[str, "Sweep"]:
    """Load the studies that there are, by name."""
    from analysis.sweep import load_sweep

    return {name: load_sweep(folder) for name, folder in folders.items() if folder.is_dir()}
