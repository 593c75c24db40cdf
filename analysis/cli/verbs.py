"""The verbs at the command line: `python -m analysis VERB STUDY`.

A verb's options, their help and the formats of its files come from the signature and the docstring
of its function in `tables/verbs.py` or `figures/verbs.py`. Defaults are the function's.
"""

import argparse
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from analysis.answers import WITH_BOTH
from analysis.cli.output import STANDARD_OUTPUT, print_tables, write_files
from analysis.cli.parser import Listed, Parser, parameters
from analysis.figures import verbs as figures
from analysis.files import FIGURES, FILMS, TABLES, either, known
from analysis.tables import verbs as tables
from src.terminal import show

if TYPE_CHECKING:
    pass


OLD_NAMES = {"meetings": "crossings", "film": "animation"}
"""What a verb was called before, which goes on working."""

BOTH = (*TABLES, *FIGURES)
FORMATS = {"Table": TABLES, "Drawing": FIGURES, "Film": FILMS}


@dataclass(frozen=True)
class Option:
    """An option of a verb, from a parameter of the verb's function.

    Attributes
    ----------
    flag : its name at the command line, without dashes
    name : the parameter's
    settings : what argparse is told of it
    """

    flag: str
    name: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Verb:
    """A verb: what it answers, its options, and the formats of its files."""

    meaning: str
    options: tuple[Option, ...]
    formats: tuple[str, ...]


def _verb(name: str, function: Callable[..., Any]) -> Verb:
    signature, text = inspect.signature(function), inspect.getdoc(function) or ""
    described = parameters(text)
    taken = dict(list(signature.parameters.items())[1:])
    options = [_option(word, p.annotation, described[word]) for word, p in taken.items()]
    if name == "ranks":  # of the figure beside the table
        options.append(_option("title", str, "Text above the figure."))
    formats = BOTH if name in WITH_BOTH else FORMATS[signature.return_annotation]
    return Verb(text.split("\n", 1)[0].rstrip("."), tuple(options), formats)


def _option(name: str, annotation: Any, text: str) -> Option:
    """Return the option of a parameter: its type says how words are read."""
    flag = "pick" if name == "seed" else name  # --seed names the stream that is the unit
    how: dict[str, Any] = {"help": text.replace("%", "%%")}
    kinds = get_args(annotation)
    if get_origin(annotation) is Literal:
        how["choices"] = kinds
    elif annotation is bool:
        how["action"] = argparse.BooleanOptionalAction
    elif name in ("vary", "metric", "by", "tune"):
        how |= {"nargs": "+", "action": Listed, "metavar": "METRIC" if name == "metric" else "KEY"}
    elif name == "delta":
        how |= {"nargs": "+", "type": float, "metavar": "SIZE"}
    elif annotation is float or float in kinds:
        how |= {"type": float, "metavar": "SIZE" if name == "needed" else "RATE"}
    elif annotation is int or int in kinds:
        how |= {"type": int, "metavar": flag.upper()}
    else:
        how["metavar"] = {"against": "LEVEL", "pick": "SEED"}.get(flag, flag.upper())
    return Option(flag, name, how)


VERBS = {
    function.__name__: _verb(function.__name__, function)
    for function in (
        tables.table, tables.compare, tables.effects, tables.ranks, figures.curves,
        tables.crossings, figures.heatmap, tables.diagnose, figures.filters, figures.animation,
        figures.similarity, tables.confusion, tables.classes,
    )
}  # fmt: skip

_CURVES = "Here a metric is a curve: train_loss, train_acc, test_loss, test_acc, or a probe."
METRICS = {
    "": "A metric is a curve (test_acc: its final value), at(test_acc, 50), tail(test_acc, 10), "
    "area(test_acc), epochs_to(test_acc, 0.95), gap(acc), instability(train_loss), "
    "best(test_acc), rate(diverged) or rate(dead). "
    "Quote its brackets: --metric 'tail(test_acc, 10)'.",
    "curves": _CURVES,
    "crossings": _CURVES,
}
"""What may be measured, by verb."""


def add(verbs: "argparse._SubParsersAction[Parser]") -> None:
    """Add the verbs to the command line of `python -m analysis`."""
    for name, verb in VERBS.items():
        asks_metric = any(option.name == "metric" for option in verb.options)
        of = verbs.add_parser(
            name,
            usage=f"python -m analysis {name} [STUDY] [OPTION …]",
            description=f"{verb.meaning}.",
            epilog=METRICS.get(name, METRICS[""]) if asks_metric else None,
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
        for option in verb.options:
            asked.add_argument(
                f"--{option.flag}",
                dest=f"of_{option.name}",
                default=argparse.SUPPRESS,
                **option.settings,
            )
        of_runs = of.add_argument_group("the runs")
        of_runs.add_argument("--where", nargs="+", metavar="KEY=V,V", help="only these")
        of_runs.add_argument("--seed", metavar="KEY", help="the stream that is the unit")
        files = of.add_argument_group("the files")
        files.add_argument(
            "--out",
            type=Path,
            help="their folder; STUDY/analysis unless given; - writes tables to standard output",
        )
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
    from analysis.study.folders import own_folder
    from analysis.study.selection import parse
    from analysis.sweep import load_sweep
    from analysis.tables.frame import Table

    whole = load_sweep(given.study)
    sweep = whole.units(given.seed)
    if given.where:
        sweep = sweep.where(parse(given.where))
    names = [option.name for option in VERBS[given.verb].options]
    how = {name: getattr(given, f"of_{name}") for name in names if hasattr(given, f"of_{name}")}
    found = answers(given.verb, sweep, how)
    if given.out == STANDARD_OUTPUT:
        print_tables([answer for _, answer in found if isinstance(answer, Table)], given.format)
        return 0
    for _, answer in found:
        if isinstance(answer, Table):
            show(answer.to_text(60))
    runs = {name: value for name in ("where", "seed") if (value := getattr(given, name))}
    named = [(stem(given.verb, {**how, **runs}, word), answer) for word, answer in found]
    write_files(named, given.format, given.out or own_folder(whole.folder))
    return 0
