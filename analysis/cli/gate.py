"""The command line of the gate: `python -m analysis gate BASELINE CANDIDATE`."""

import argparse
import json
from typing import TYPE_CHECKING

from analysis.cli.parser import Listed
from analysis.errors import AnalysisError
from src.terminal import show

if TYPE_CHECKING:
    from analysis.gate.judgement import Require
    from analysis.statistics.contrasts import Better
    from analysis.sweep import Sweep

MEANING = "may a change be kept? Exit code 0 not worse (or better), 1 worse, 2 undecided"
EPILOG = (
    "An error ends with 1 too, with a sentence and no answer. "
    "Metrics are those of `compare --help`. Quote their brackets."
)


def add(of: argparse.ArgumentParser) -> None:
    """Add the gate's arguments."""
    of.set_defaults(run=run)
    of.usage = "python -m analysis gate BASELINE [CANDIDATE] --metric METRIC … [OPTION …]"
    of.epilog = EPILOG
    of.add_argument(
        "studies",
        nargs="+",
        metavar="STUDY",
        help="baseline and candidate; one study for two parts of it, or for a threshold",
    )
    asked = of.add_argument_group("the question")
    asked.add_argument("--metric", nargs="+", action=Listed, default=["test_acc"])
    asked.add_argument(
        "--margin",
        nargs="+",
        type=float,
        default=[],
        metavar="SIZE",
        help="a loss up to here does not count; one for all metrics, or one each",
    )
    asked.add_argument(
        "--require",
        choices=["not-worse", "better"],
        default="not-worse",
        help="what a pass is; not-worse, by the margin, unless given",
    )
    bars = asked.add_mutually_exclusive_group()
    for name, end in (("at-least", "higher"), ("at-most", "lower")):
        bars.add_argument(
            f"--{name}",
            nargs="+",
            type=float,
            default=[],
            metavar="VALUE",
            help=f"a threshold instead of a baseline, of metrics whose {end} end is good",
        )
    for name in ("higher", "lower"):
        asked.add_argument(
            f"--{name}",
            nargs="+",
            action=Listed,
            default=[],
            metavar="METRIC",
            help=f"metrics whose {name} end is good, where that is not known",
        )
    asked.add_argument(
        "--paired",
        action=argparse.BooleanOptionalAction,
        help="by seed; where two seeds or more are shared unless given",
    )
    asked.add_argument(
        "--test",
        choices=["permutation", "t"],
        default="permutation",
        help="of paired runs: sign flips, or Student's t, which assumes normal differences",
    )
    asked.add_argument(
        "--alpha", type=float, default=0.05, metavar="RATE", help="the most of each kind of error"
    )
    runs = of.add_argument_group("the runs")
    for name, which in (("where", "both sides"), ("baseline", "baseline"), ("candidate", "")):
        flag = "--where" if name == "where" else f"--{name}-where"
        words = f"only these, of {'the ' if name != 'where' else ''}{which or name}"
        runs.add_argument(flag, nargs="+", metavar="KEY=V,V", help=words)
    runs.add_argument("--seed", metavar="KEY", help="the stream that is the unit")
    of.add_argument("--json", action="store_true", help="print the answer as JSON (docs/gate.md)")


def run(given: argparse.Namespace) -> int:
    """Judge, print the answer, and return its exit code.

    Raises
    ------
    SweepscopeError
        In one sentence, what cannot be answered.
    """
    from analysis.gate.gate import gate

    require: Require = "better" if given.require == "better" else "not worse"
    ends: dict[str, Better] = dict.fromkeys(given.higher, "higher")
    ends |= dict.fromkeys(given.lower, "lower")
    if both := set(given.higher) & set(given.lower):
        raise AnalysisError(f"--higher and --lower must name different metrics: {both.pop()} twice")
    threshold = given.at_least or given.at_most
    _check(given, bool(threshold))
    for name in given.metric if threshold else ():
        ends[name] = "higher" if given.at_least else "lower"
    *before, after = given.studies
    candidate = _part(after, given, given.candidate_where)
    baseline = None
    if not threshold:
        baseline = _part((before or given.studies)[0], given, given.baseline_where)
    answer = gate(
        baseline,
        candidate,
        given.metric,
        margin=given.margin,
        require=require,
        threshold=threshold,
        ends=ends,
        paired=given.paired,
        test=given.test,
        alpha=given.alpha,
    )
    show(json.dumps(answer.to_fields(), indent=2) if given.json else answer.to_text())
    return answer.code


def _check(given: argparse.Namespace, threshold: bool) -> None:
    if threshold:
        if len(given.studies) != 1 or given.baseline_where:
            raise AnalysisError("a threshold must be given for one study, without a baseline")
        return
    if len(given.studies) > 2:
        raise AnalysisError(f"a gate must be between two studies, got {len(given.studies)}")
    if len(given.studies) == 1 and not (given.baseline_where and given.candidate_where):
        raise AnalysisError(
            "two parts of one study must be named by --baseline-where and --candidate-where"
        )


def _part(study: str, given: argparse.Namespace, where: list[str] | None) -> "Sweep":
    from analysis.study.selection import parse
    from analysis.sweep import load_sweep

    sweep = load_sweep(study)
    words = [*(given.where or ()), *(where or ())]
    return (sweep.where(parse(words)) if words else sweep).units(given.seed)
