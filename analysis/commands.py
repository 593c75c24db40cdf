"""The commands that take experiments: `python -m analysis reproduce`, `python -m analysis judge`.

Owns their words. The verbs that ask a study are the affair of `shell`.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from analysis.errors import AnalysisError

COMMANDS = {
    "reproduce": "train, draw and judge the seed report's experiments; only what is missing",
    "judge": "draw and judge the card of studies, such as your own copy of the template",
}


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence, like all others."""

    def error(self, message: str) -> NoReturn:
        """Raise the message."""
        raise AnalysisError(f"{message} (python -m analysis {self.prog.split()[-1]} --help)")


def run(words: Sequence[str]) -> None:
    """Answer `reproduce` or `judge`, given all words of the command line.

    Raises
    ------
    SweepscopeError
        In one sentence, what cannot be done.
    """
    command, rest = words[0], list(words[1:])
    (_reproduce if command == "reproduce" else _judge)(rest)


def _parser(command: str) -> Parser:
    parser = Parser(prog=f"python -m analysis {command}", description=COMMANDS[command])
    parser.add_argument("--out", type=Path, help="folder of figures, tables and verdicts")
    return parser


def _reproduce(words: Sequence[str]) -> None:
    from analysis.publication import publish
    from analysis.reproduction import EXPERIMENTS, SEED_REPORT, reproduce

    parser = _parser("reproduce")
    parser.add_argument("names", nargs="*", metavar="EXPERIMENT", help=", ".join(EXPERIMENTS))
    parser.add_argument("--without", nargs="+", default=[], metavar="EXPERIMENT")
    parser.add_argument(
        "--again", action="store_true", help="also in a second setting: do verdicts carry over?"
    )
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", help="for all runs")
    parser.add_argument(
        "--publish", type=Path, metavar="README", help="put the verdicts into a Markdown file"
    )
    given = parser.parse_args(words)
    names = [name for name in given.names or EXPERIMENTS if name not in given.without]
    out = given.out or SEED_REPORT
    print(reproduce(names, again=given.again, out=out, more=given.set))
    if given.publish:
        print(f"written: {publish(out, given.publish)}")


def _judge(words: Sequence[str]) -> None:
    from analysis.exhibits import exhibit
    from analysis.reading import find
    from analysis.reproduction import verdicts

    parser = _parser("judge")
    parser.add_argument("studies", nargs="+", metavar="STUDY", help="folder, name, or latest")
    given = parser.parse_args(words)
    folders = {folder.name: folder for folder in map(find, given.studies)}
    out = given.out or next(iter(folders.values())) / "analysis"
    written = [p for name, folder in folders.items() for p in exhibit(folder, out, f"{name}-")]
    text, judged = verdicts(folders, out)
    print(text)
    for path in (*written, *judged):
        print(f"written: {path}")
    if not judged:
        print(f"unchanged: {out / 'verdicts.md'}, judged before of the same runs")
