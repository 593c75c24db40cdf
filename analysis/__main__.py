"""The command line: `python -m analysis VERB STUDY`.

Owns it as a whole: its help, and which module answers a verb or a command.
"""

import argparse
import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from analysis.cli import commands, verbs
from analysis.cli.parser import Parser
from analysis.errors import AnalysisError, nearest
from src.completion import script
from src.errors import SweepscopeError
from src.storage.provenance import version_line
from src.storage.study_name import VARIABLE
from src.terminal import prepare, say, show

EXAMPLES = """
  python -m analysis table
  python -m analysis compare rates --vary act --by lrA
  python -m analysis curves rates --metric train_loss test_acc --where lrW=0.001
  python -m analysis compare --help"""


def main(words: Sequence[str] | None = None) -> int:
    """Answer a command, and return its exit code: an error is one sentence and 1."""
    prepare()
    warnings.showwarning = lambda message, *_: say(f"warning: {message}")
    try:
        return answer(sys.argv[1:] if words is None else words)
    except SweepscopeError as error:
        say(f"error: {error}")
        return 1
    except OSError as error:  # a folder that nobody may read, a full disk
        what = error.filename or "the study"
        say(f"error: {what} cannot be used: {error.strerror or error}")
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        return 130


def answer(words: Sequence[str]) -> int:
    """Answer a command, and return its exit code.

    Raises
    ------
    SweepscopeError
        In one sentence, what cannot be answered.
    """
    words = _take_results(words)
    if words[:1] == ["--completion"]:
        if len(words) != 2:
            raise AnalysisError("--completion must stand alone with a shell: --completion bash")
        show(script(words[1], "sweepscope-analysis", "analysis.completion"))
        return 0
    known = [*verbs.VERBS, *commands.COMMANDS]
    if words and (name := verbs.OLD_NAMES.get(words[0])):
        say(f"{words[0]} is the old name of {name}")
        words = [name, *words[1:]]
    if words and not words[0].startswith("-") and words[0] not in known:
        raise AnalysisError(f"no verb is called {words[0]!r}: {nearest(words[0], known)}")
    args, unknown = parser().parse_known_args(words)
    if unknown:
        verb = f"{args.verb} --help"
        raise AnalysisError(f"{args.verb} does not take {unknown[0]} (python -m analysis {verb})")
    code: int = args.run(args)
    return code


def _take_results(words: Sequence[str]) -> list[str]:
    """Let the folder of `--results FOLDER` hold all studies, and return the other words."""
    first = Parser(add_help=False, allow_abbrev=False)
    first.add_argument("--results")
    given, rest = first.parse_known_args(words)
    if given.results is not None:
        if not Path(given.results).is_dir():
            raise AnalysisError(f"--results must be a folder, got {given.results!r}")
        os.environ[VARIABLE] = given.results
    return rest


def parser() -> Parser:
    """Return the parser of the whole command line."""
    whole = Parser(
        prog="python -m analysis",
        usage="python -m analysis VERB [STUDY] [OPTION …]",
        description="Ask a study: a folder, a name under multirun_outputs/, or else the latest."
        "\n--results FOLDER, or SWEEPSCOPE_RESULTS in the environment, names another folder of "
        "studies.\nEvery verb prints a readable table and names the files that it writes.\n\n"
        + _listed("verbs", {name: verb.meaning for name, verb in verbs.VERBS.items()})
        + _listed("commands", commands.COMMANDS),
        epilog=f"examples:{EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument(
        "--completion", metavar="SHELL", help="print what bash, zsh or fish completes by"
    )
    whole.add_argument(
        "--version", action="version", version=version_line(), help="print versions and end"
    )
    subparsers = whole.add_subparsers(
        dest="verb",
        required=True,
        metavar="VERB",
        prog="python -m analysis",
        help=argparse.SUPPRESS,
    )
    verbs.add(subparsers)
    commands.add(subparsers)
    return whole


def _listed(head: str, meanings: Mapping[str, str]) -> str:
    lines = [f"  {name:10}  {meaning}" for name, meaning in meanings.items()]
    return "\n".join([f"{head}:", *lines, "", ""])


if __name__ == "__main__":
    sys.exit(main())
