"""The verbs at the shell: the words that each takes, what is printed, and what is written.

Owns the command line of `python -m analysis VERB`. A verb and its words mean what they mean in a
notebook; what is not given is left to the room that answers, which owns every default.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.cli.parser import Listed, Parser
from analysis.errors import AnalysisError
from analysis.files import FIGURES, FILMS, TABLES, either, known

if TYPE_CHECKING:
    from analysis.answers import Answers


@dataclass(frozen=True)
class Verb:
    """What a verb answers, the options that it takes beside those of all, and its formats."""

    meaning: str
    takes: tuple[str, ...]
    formats: tuple[str, ...] = TABLES


BOTH = (*TABLES, *FIGURES)
VERBS = {
    "table": Verb(
        "what came out? n, failures, every metric with its interval", ("metric", "by", "centre")
    ),
    "compare": Verb(
        "is a difference real? Paired by seed, corrected, with a verdict",
        ("vary", "metric", "by", "against", "tune", "delta", "test", "alpha", "needed"),
    ),
    "effects": Verb(
        "what matters most? Shares of variance of factors and interactions", ("metric", "by"), BOTH
    ),
    "ranks": Verb(
        "which of many is best? Average ranks, and what is not told apart",
        ("vary", "metric", "alpha", "title"),
        BOTH,
    ),
    "curves": Verb(
        "how did they learn? Curves with bands, and where they part and cross",
        ("metric", "vary", "by", "title"),
        BOTH,
    ),
    "meetings": Verb("where do curves part and cross?", ("vary", "metric", "by", "delta")),
    "heatmap": Verb(
        "which pair of levels? A metric over lrA × lrW, or two other factors",
        ("metric", "vary", "by", "title"),
        BOTH,
    ),
    "diagnose": Verb("why did runs fail? A label and its evidence for every run", ("by",), BOTH),
    "filters": Verb(
        "what did the filters learn? Side by side, on one scale",
        ("vary", "pick", "epoch", "title"),
        FIGURES,
    ),
    "film": Verb(
        "how did the filters come about? A film over the epochs", ("vary", "pick", "title"), FILMS
    ),
    "confusion": Verb("which digits are taken for which?", ("by",)),
    "classes": Verb("how well is each class decided?", ("by",)),
}

_CURVES = "Here a metric is a curve: train_loss, train_acc, test_loss, test_acc, or a probe."
METRICS = {
    "": "A metric is a curve (test_acc: its final value), tail(test_acc, 10), area(test_acc), "
    "epochs_to(test_acc, 0.95), gap(acc), instability(train_loss), best(test_acc), rate(diverged) "
    "or rate(dead). Quote its brackets: --metric 'tail(test_acc, 10)'.",
    "curves": _CURVES,
    "meetings": _CURVES,
}
"""What may be measured, by verb."""

_NAMES = {"nargs": "+", "action": Listed}
OPTIONS: dict[str, dict[str, Any]] = {
    "vary": {**_NAMES, "metavar": "KEY", "help": "what is compared, such as act"},
    "metric": {**_NAMES, "metavar": "METRIC", "help": "what is measured: see below"},
    "by": {**_NAMES, "metavar": "KEY", "help": "rows of a table, panels of a figure"},
    "centre": {"choices": ("mean", "median"), "help": "with its interval; the mean unless given"},
    "against": {"metavar": "LEVEL", "help": "compare with this level, not all pairs"},
    "tune": {**_NAMES, "metavar": "KEY", "help": "every level at its own best of these"},
    "delta": {
        "nargs": "+", "type": float, "metavar": "SIZE", "help": "differences within ± this count "
        "as none; one, or one for each metric",
    },
    "test": {"choices": ("permutation", "t"), "help": "permutation unless given, which is exact"},
    "alpha": {"type": float, "help": "rate of false alarms; 0.05 unless given"},
    "needed": {
        "type": float, "metavar": "SIZE", "help": "say how many seeds would show this difference",
    },
    "pick": {"metavar": "SEED", "help": "of the runs that are drawn; the first unless given"},
    "epoch": {"type": int, "help": "the last kept at or before it; the end unless given"},
    "title": {"help": "above the figure"},
}  # fmt: skip


def add(verbs: "argparse._SubParsersAction[Parser]") -> None:
    """Add the verbs to the command line of `python -m analysis`."""
    for name, verb in VERBS.items():
        of = verbs.add_parser(
            name,
            usage=f"python -m analysis {name} [STUDY] [OPTION …]",
            description=f"{verb.meaning[0].upper()}{verb.meaning[1:]}",
            epilog=METRICS.get(name, METRICS[""]) if "metric" in verb.takes else None,
        )
        of.set_defaults(run=run)
        of.add_argument(
            "study",
            nargs="?",
            default="latest",
            metavar="STUDY",
            help="folder, or name under multirun_outputs/; the latest unless given",
        )
        asked = of.add_argument_group("the question")
        for word in verb.takes:
            asked.add_argument(f"--{word}", default=argparse.SUPPRESS, **OPTIONS[word])
        of_runs = of.add_argument_group("the runs")
        of_runs.add_argument("--where", nargs="+", metavar="KEY=V,V", help="only these")
        of_runs.add_argument("--seed", metavar="KEY", help="the stream that is the unit")
        files = of.add_argument_group("the files")
        files.add_argument("--out", type=Path, help="their folder; STUDY/analysis unless given")
        formats = either(verb.formats)
        if verb.formats is BOTH:
            formats = f"of tables {either(TABLES)}; of figures {either(FIGURES)}"
        files.add_argument("--format", nargs="+", action=Listed, default=[], help=formats)


def run(given: argparse.Namespace) -> int:
    """Answer one verb: print a readable table, write files, print their paths, and return 0.

    Raises
    ------
    SweepscopeError
        In one sentence, what cannot be answered.
    """
    for word in given.format:
        known(word, VERBS[given.verb].formats, f"--format of {given.verb}")
    from analysis.answers import answers, stem
    from analysis.study.selection import parse
    from analysis.sweep import load_sweep
    from analysis.tables.frame import Table

    whole = load_sweep(given.study)
    sweep = whole.units(given.seed)
    if given.where:
        sweep = sweep.where(parse(given.where))
    takes = VERBS[given.verb].takes
    how = {name: getattr(given, name) for name in takes if hasattr(given, name)}
    found = answers(given.verb, sweep, how)
    for _, answer in found:
        if isinstance(answer, Table):
            print(answer.to_text(60))
    runs = {name: value for name in ("where", "seed") if (value := getattr(given, name))}
    named = [(stem(given.verb, {**how, **runs}, word), answer) for word, answer in found]
    _write(named, given.format, given.out or whole.folder / "analysis", whole.folder)
    return 0


def _write(found: "Answers", formats: Sequence[str], out: Path, study: Path) -> None:
    from analysis.study.reading import unmarked

    with unmarked(study):
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise AnalysisError(f"{out} cannot be made: {error.strerror or error}") from error
        for name, answer in found:
            asked = [ending for ending in formats if ending in answer.FORMATS]
            for ending in asked or answer.FORMATS[:1]:
                print(f"written: {answer.write(out / f'{name}.{ending}')}")
