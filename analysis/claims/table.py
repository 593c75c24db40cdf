"""Is what was said true? The claims of several studies, judged as one family.

A claim of several parts needs all of them (or any, where it says so); how each part is judged is
the affair of `judgement`.

Owns these verdicts and their tables; no sentence about a result is written by hand.
"""

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.claims.exact import ROUNDING
from analysis.claims.judge import Finding, findings
from analysis.claims.statements import Claim, claims_of
from analysis.claims.verdicts import compose, key
from analysis.tables.frame import Show, Table, estimate
from src.storage.study_files import read_card

if TYPE_CHECKING:
    from analysis.sweep import Sweep


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
    asks = {key(leaf): claim.name for claim in claims for leaf in claim.parts.leaves()}
    found = dict(zip(leaves, findings([of[k] for k in leaves], asks, sweeps, alpha), strict=True))
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
        "seeds. A difference is level − against, as its statement says. The row shows the "
        "statement that decided the claim. Exact claims have no p: every run agrees to "
        f"{ROUNDING:g}, or the claim does not hold."
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


def _row(claim: Claim, found: Mapping[str, Finding]) -> dict[str, object]:
    own = {key(leaf): found[key(leaf)] for leaf in claim.parts.leaves()}
    verdict = compose(claim.parts, {name: f.verdict for name, f in own.items()})
    same = [f for f in own.values() if f.verdict == verdict] or list(own.values())
    # A chain is as strong as its weakest link: of what all must hold, or any might have.
    one_decides = (verdict == "holds") == (claim.parts.how == "any")
    order = sorted(same, key=lambda f: (-1.0 if np.isnan(f.p) else f.p, -f.size))
    decided = order[0 if one_decides and verdict != "not shown" else -1]
    return {
        "study": claim.study,
        "name": claim.name,
        "quote": claim.quote,
        "reading": claim.reading,
        "part": 1 + list(own.values()).index(decided),
        "parts": len(own),
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


def notes(claims: pd.DataFrame) -> str:
    """Return why each claim that is not shown is not, a paragraph each."""
    said = [
        textwrap.fill(f"{row['name']}: {row['note']}.", 100, subsequent_indent="  ")
        for _, row in claims.iterrows()
        if row["verdict"] == "not shown" and row["note"]
    ]
    return "".join(f"{one}\n" for one in ["", "Not shown:", *said] if said)


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
