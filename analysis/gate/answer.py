"""The gate's answer, as a table for people and as JSON for programs.

Owns the words and the schema, which `docs/gate.md` documents: a field may be added, and none is
renamed or removed without another `schema`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.gate.compared import Compared
from analysis.gate.judgement import CODES, Judged, Require, Verdict
from analysis.tables.frame import Table, estimate, p_value, words

SCHEMA = "sweepscope/gate/1"


@dataclass(frozen=True, eq=False)
class Answer:
    """A verdict with all that it rests on.

    Attributes
    ----------
    verdict : on the change as a whole
    require : what a pass is; None over a threshold
    baseline, candidate : the study and the selection of each side; of a threshold no baseline
    paired : whether runs are paired by seed; None over a threshold
    resamples : what differs from seed to seed, in words
    alpha : the most that each kind of error may have
    rows : each metric, with its verdict
    """

    verdict: Verdict
    require: Require | None
    baseline: Mapping[str, Any] | None
    candidate: Mapping[str, Any]
    paired: bool | None
    resamples: str
    alpha: float
    rows: Sequence[tuple[Compared, Judged]]

    @property
    def code(self) -> int:
        """The exit code: 0 keep, 1 do not, 2 undecided."""
        return CODES[self.verdict]

    def to_fields(self) -> dict[str, Any]:
        """Return the answer as JSON's values; what there is not, such as an interval, is null."""
        return {
            "schema": SCHEMA,
            "verdict": self.verdict,
            "exit_code": self.code,
            "require": self.require or "threshold",
            "baseline": self.baseline,
            "candidate": self.candidate,
            "paired": self.paired,
            "alpha": self.alpha,
            "metrics": [_fields(compared, judged) for compared, judged in self.rows],
        }

    def to_text(self) -> str:
        """Return the verdict and a table of all metrics."""
        rows = pd.DataFrame([_row(compared, judged) for compared, judged in self.rows])
        notes = [f"{c.asked.metric}: {j.note}." for c, j in self.rows if j.note]
        of = self.candidate["study"]
        bar = f"against {self.baseline['study']}" if self.baseline else "against a threshold"
        return Table(
            rows,
            f"{of} {bar}: {self.verdict}",
            " ".join([self._caption(), *notes]),
            {
                "metric": "metric",
                "baseline" if self.baseline else "threshold": lambda r: words(r["baseline"]),
                "candidate": lambda r: words(r["candidate"]),
                "gain": estimate("gain"),
                "margin": lambda r: f"{r['margin']:g}",
                "seeds": "seeds",
                "p (pass)": p_value("p_pass"),
                "p (fail)": p_value("p_fail"),
                "verdict": "verdict",
            },
        ).to_text()

    def _caption(self) -> str:
        how = sorted({compared.asked.gain.by for compared, _ in self.rows})
        sides = {
            True: "Runs are paired by seed.",
            False: "Runs are not paired: the two sides are taken for independent.",
            None: "",
        }[self.paired]
        family = "" if len(self.rows) == 1 else f", Holm over {len(self.rows)} metrics"
        left = max(compared.left_out for compared, _ in self.rows)
        out = f" {left} runs do not count, for they or their pairs lack a value." if left else ""
        return (
            f"{sides} Seeds resample {self.resamples}; p one-sided by {' and '.join(how)}{family}, "
            f"each kind of error in at most {self.alpha:.0%}; a gain above 0 is good, and each "
            f"end of its interval (Student's t) is passed in at most {self.alpha:.0%}.{out}"
        ).strip()


def _row(compared: Compared, judged: Judged) -> dict[str, Any]:
    asked = compared.asked
    low, high = compared.seeds
    return {
        "metric": asked.metric,
        "baseline": compared.baseline,
        "candidate": compared.candidate,
        "gain": asked.gain.mean,
        "gain_low": judged.low,
        "gain_high": judged.high,
        "margin": asked.margin,
        "seeds": f"{low}" if low == high else f"{low} and {high}",
        "p_pass": judged.p_pass,
        "p_fail": judged.p_fail,
        "verdict": judged.verdict,
    }


def _fields(compared: Compared, judged: Judged) -> dict[str, Any]:
    asked, needed = compared.asked, judged.needed
    return {
        "metric": asked.metric,
        "verdict": judged.verdict,
        "better": compared.better,
        "baseline": _number(compared.baseline),
        "candidate": _number(compared.candidate),
        "gain": _number(asked.gain.mean),
        "low": _number(judged.low),
        "high": _number(judged.high),
        "margin": asked.margin,
        "test": asked.gain.by,
        "seeds": {"baseline": compared.seeds[0], "candidate": compared.seeds[1]},
        "left_out": compared.left_out,
        "lost": asked.lost,
        "p_pass": _number(judged.p_pass),
        "p_fail": _number(judged.p_fail),
        "seeds_needed": needed and {"n": needed.n, "low": needed.low, "high": needed.high},
        "note": judged.note,
    }


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
