"""The verbs at the shell: their words, what each prints, and which files it writes.

Owns the command line of `python -m analysis`. The words mean what they mean in a notebook.
"""

import argparse
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from analysis.errors import AnalysisError

if TYPE_CHECKING:
    from analysis.sweep import Sweep

TABLES = ("txt", "md", "tex", "csv", "parquet")
FIGURES = ("png", "svg", "pdf")

VERBS = {
    "table": "what came out: n, failures and every metric with its interval, by factors",
    "compare": "is a difference real: --vary act, paired by seed, corrected, with a verdict",
    "effects": "what matters most: shares of variance of factors and interactions",
    "ranks": "many levels: average ranks and the critical-difference diagram",
    "curves": "timelines with bands, and where they part and cross",
    "heatmap": "a metric over lrA × lrW, or two factors that --vary names",
    "diagnose": "why runs failed: a label and its evidence for every run",
    "filters": "filters side by side on one scale",
    "film": "the filters over the epochs, as a GIF",
    "confusion": "which digits are taken for which, and the accuracy of every class",
}
Answer = tuple[str, Any]
"""A file's stem, and a table, drawing or film that can be written."""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence, like all others."""

    def error(self, message: str) -> NoReturn:
        """Raise the message."""
        raise AnalysisError(f"{message} (python -m analysis --help)")


def parser() -> Parser:
    """Return the parser of the command line."""
    words = Parser(
        prog="python -m analysis",
        description="Ask a study: python -m analysis VERB [STUDY] …",
        epilog="Metrics: a curve (test_acc, its final value), tail(test_acc, 10), area(test_acc), "
        "epochs_to(test_acc, 0.95), gap(acc), instability(train_loss), best(test_acc), "
        "rate(diverged), rate(dead). python -m analysis VERB --help lists what a verb takes. "
        "Also: doctor (is a study whole?), reproduce (the seed report), judge (a card's claims).",
    )
    verbs = words.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, meaning in VERBS.items():
        of = verbs.add_parser(verb, help=meaning, description=meaning)
        of.add_argument("study", nargs="?", default="latest", help="folder, name, or latest")
        of.add_argument("--where", nargs="+", default=[], metavar="KEY=V,V", help="select runs")
        of.add_argument("--by", nargs="+", default=[], metavar="KEY", help="rows or panels")
        of.add_argument("--seed", metavar="KEY", help="the stream that is the unit")
        of.add_argument("--out", type=Path, help="folder of the files; STUDY/analysis unless given")
        of.add_argument(
            "--format", nargs="+", default=[], help="txt md tex csv parquet png svg pdf"
        )
        if verb not in ("diagnose", "confusion", "filters", "film"):
            of.add_argument("--metric", nargs="+", default=[], metavar="METRIC")
        if verb in ("compare", "ranks", "curves", "heatmap", "filters", "film"):
            of.add_argument("--vary", nargs="+", default=[], metavar="KEY", help="what is compared")
        if verb in ("curves", "heatmap", "filters", "film", "ranks"):
            of.add_argument("--title", default="")
        if verb == "table":
            of.add_argument("--centre", choices=("mean", "median"), default="mean")
        if verb in ("filters", "film"):
            of.add_argument("--pick", metavar="SEED", help="of the runs that are drawn")
        if verb == "filters":
            of.add_argument("--epoch", type=int, help="the last kept at or before it")
        if verb == "compare":
            _compare(of)
    return words


def _compare(of: argparse.ArgumentParser) -> None:
    of.add_argument("--against", metavar="LEVEL", help="compare with this level alone")
    of.add_argument("--tune", nargs="+", default=[], metavar="KEY", help="at each level's own best")
    of.add_argument(
        "--delta", nargs="+", type=float, help="differences within ±delta count as none"
    )
    of.add_argument("--test", choices=("permutation", "t"), default="permutation")
    of.add_argument("--alpha", type=float, default=0.05)
    of.add_argument("--needed", type=float, help="seeds that would show this difference")


def run(words: Sequence[str] | None = None) -> None:
    """Answer one command: print a readable table, write files, and print their paths.

    Raises
    ------
    SweepscopeError
        In one sentence, what cannot be answered.
    """
    given = parser().parse_args(words)
    if unknown := [f for f in _formats(given.format) if f not in (*TABLES, *FIGURES)]:
        from analysis.metrics import nearest

        known = (*TABLES, *FIGURES)
        raise AnalysisError(f"no format is called {unknown[0]!r}: {nearest(unknown[0], known)}")
    from analysis.selection import parse
    from analysis.sweep import load_sweep

    whole = load_sweep(given.study)
    sweep = whole.units(given.seed)
    if given.where:
        sweep = sweep.where(parse(given.where))
    answers = ANSWERS[given.verb](sweep, given)
    for _, answer in answers:
        if hasattr(answer, "to_text"):
            print(answer.to_text(60))
    _write(answers, given, whole.folder)


def _write(answers: Sequence[Answer], given: argparse.Namespace, study: Path) -> None:
    from analysis.reading import unmarked

    out = given.out or study / "analysis"
    formats = _formats(given.format)
    with unmarked(study):
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise AnalysisError(f"{out} cannot be made: {error.strerror or error}") from error
        for stem, answer in answers:
            for ending in _endings(answer, formats):
                print(f"written: {answer.write(out / f'{stem}.{ending}')}")


def _endings(answer: Any, formats: Sequence[str]) -> list[str]:
    if hasattr(answer, "to_text"):
        return [f for f in formats if f in TABLES] or ["csv"]
    if hasattr(answer, "frames"):
        return ["gif"]
    return [f for f in formats if f in FIGURES] or ["png"]


def _formats(given: Sequence[str]) -> list[str]:
    return [word for words in given for word in words.split(",") if word]


def stem(*parts: Any) -> str:
    """Return a file's name of words, safe on every file system."""
    words = [str(p) for part in parts for p in (part if isinstance(part, list) else [part]) if p]
    return re.sub(r"[^A-Za-z0-9.+-]+", "_", "-".join(words)).strip("_.")[:120]


def _split(words: Sequence[str]) -> list[str]:
    """Return names given one by one or with commas between them, those in brackets left alone."""
    return [
        part.strip() for word in words for part in re.split(r",(?![^(]*\))", word) if part.strip()
    ]


def _vary(given: argparse.Namespace, sweep: "Sweep") -> str:
    varied = _split(given.vary) or list(sweep.design.factors)[:1]
    if len(varied) != 1:
        there = ", ".join(sweep.factors) or "nothing"
        raise AnalysisError(f"--vary must name one factor; what varies is {there}")
    return varied[0]


def _table(sweep: "Sweep", given: argparse.Namespace) -> list[Answer]:
    by, metric = _split(given.by), _split(given.metric)
    found = sweep.table(metric or ["test_acc", "test_loss"], by=by, centre=given.centre)
    return [(stem("table", metric, by and ["by", *by], given.where), found)]


def _compared(sweep: "Sweep", given: argparse.Namespace) -> list[Answer]:
    vary, by, metric = _vary(given, sweep), _split(given.by), _split(given.metric)
    found = sweep.compare(
        vary,
        metric or "test_acc",
        by=by,
        against=given.against,
        delta=given.delta,
        tune=_split(given.tune),
        test=given.test,
        alpha=given.alpha,
        needed=given.needed,
    )
    tuned = given.tune and ["tuned", *_split(given.tune)]
    return [(stem("compare", vary, metric, by and ["by", *by], tuned, given.where), found)]


def _effects(sweep: "Sweep", given: argparse.Namespace) -> list[Answer]:
    from analysis.figures.shares import effects

    metric, by = _split(given.metric), _split(given.by)
    found = sweep.effects(metric or "test_acc", by=by)
    name = stem("effects", metric, by, given.where)
    return [(name, found), (name, effects(found))]


def _ranks(sweep: "Sweep", given: argparse.Namespace) -> list[Answer]:
    from analysis.figures.ranking import ranks

    vary, metric = _vary(given, sweep), (_split(given.metric) or ["test_acc"])[0]
    name = stem("ranks", vary, metric, given.where)
    return [
        (name, sweep.ranks(vary, metric)),
        (name, ranks(sweep, vary, metric, given.title)),
    ]


def _curves(sweep: "Sweep", given: argparse.Namespace) -> list[Answer]:
    vary, by, metric = _split(given.vary), _split(given.by), _split(given.metric)
    name = stem("curves", metric, vary, by and ["by", *by], given.where)
    answers: list[Answer] = [(name, sweep.curves(metric, vary=vary, by=by, title=given.title))]
    if not by and len(vary := vary or list(sweep.design.factors)[:1]) == 1:
        with suppress(AnalysisError):  # one seed or many levels: there is a figure, and no table
            answers.append((name, sweep.meetings(vary[0], metric or "test_acc")))
    return answers


def _heatmap(sweep: "Sweep", given: argparse.Namespace) -> list[Answer]:
    vary, by, metric = _split(given.vary), _split(given.by), _split(given.metric) or ["test_acc"]
    found = sweep.heatmap(metric[0], vary=vary, by=by, title=given.title)
    name = stem("heatmap", metric[0], vary, by and ["by", *by], given.where)
    from analysis.tables.table import Table

    return [(name, found), (name, Table(found.table, found.title, found.caption))]


def _diagnosed(sweep: "Sweep", given: argparse.Namespace) -> list[Answer]:
    from analysis.figures.diagnoses import diagnose

    by = _split(given.by) or list(sweep.design.factors)[:2]
    name = stem("diagnose", by and ["by", *by], given.where)
    answers: list[Answer] = [(stem("diagnose", "runs", given.where), sweep.diagnose())]
    if by:
        answers += [(name, sweep.diagnose(by)), (name, diagnose(sweep, by))]
    return answers


def _filters(sweep: "Sweep", given: argparse.Namespace) -> list[Answer]:
    vary = _split(given.vary) or _split(given.by)
    how = {"vary": vary, "seed": given.pick, "title": given.title}
    name = stem(given.verb, vary, given.where)
    if given.verb == "film":
        return [(name, sweep.film(**how))]
    return [(name, sweep.filters(**how, epoch=given.epoch))]


def _confusion(sweep: "Sweep", given: argparse.Namespace) -> list[Answer]:
    by = _split(given.by)
    return [
        (stem("confusion", by, given.where), sweep.confusion(by)),
        (stem("classes", by, given.where), sweep.classes(by)),
    ]


ANSWERS: dict[str, Callable[["Sweep", argparse.Namespace], list[Answer]]] = {
    "table": _table,
    "compare": _compared,
    "effects": _effects,
    "ranks": _ranks,
    "curves": _curves,
    "heatmap": _heatmap,
    "diagnose": _diagnosed,
    "filters": _filters,
    "film": _filters,
    "confusion": _confusion,
}
