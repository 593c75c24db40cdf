"""The door of analysis: `python -m analysis VERB STUDY`. The only part of it that writes.

Owns the command line as a whole: its help, and which room answers a word.
"""

import argparse
import sys
import warnings
from collections.abc import Mapping, Sequence

from analysis.cli import commands
from analysis.cli import verbs as shell
from analysis.cli.parser import Parser
from analysis.errors import AnalysisError, nearest
from src.errors import SweepscopeError

EXAMPLES = """
  python -m analysis table
  python -m analysis compare rates --vary act --by lrA
  python -m analysis curves rates --metric train_loss test_acc --where lrW=0.001
  python -m analysis compare --help"""


def main(words: Sequence[str] | None = None) -> int:
    """Answer a command, and return its exit code: an error is one sentence and 1."""
    warnings.showwarning = lambda message, *_: print(f"warning: {message}", file=sys.stderr)
    try:
        return answer(sys.argv[1:] if words is None else words)
    except SweepscopeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # of `| head`
        sys.stderr.close()
        return 1
    except OSError as error:  # a folder that nobody may read, a full disk
        what = error.filename or "the study"
        print(f"error: {what} cannot be used: {error.strerror or error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def answer(words: Sequence[str]) -> int:
    """Hand a command to the room that answers it, and return its exit code.

    Raises
    ------
    SweepscopeError
        In one sentence, what cannot be answered.
    """
    there = [*shell.VERBS, *commands.COMMANDS]
    if words and not words[0].startswith("-") and words[0] not in there:
        raise AnalysisError(f"no verb is called {words[0]!r}: {nearest(words[0], there)}")
    given, strange = parser().parse_known_args(words)
    if strange:
        verb = f"{given.verb} --help"
        raise AnalysisError(f"{given.verb} does not take {strange[0]} (python -m analysis {verb})")
    code: int = given.run(given)
    return code


def parser() -> Parser:
    """Return the parser of the whole command line."""
    whole = Parser(
        prog="python -m analysis",
        usage="python -m analysis VERB [STUDY] [OPTION …]",
        description="Ask a study: a folder, a name under multirun_outputs/, or else the latest."
        "\nEvery verb prints a readable table and names the files that it writes.\n\n"
        + _listed("verbs", {name: verb.meaning for name, verb in shell.VERBS.items()})
        + _listed("commands", commands.COMMANDS),
        epilog=f"examples:{EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = whole.add_subparsers(
        dest="verb",
        required=True,
        metavar="VERB",
        prog="python -m analysis",
        help=argparse.SUPPRESS,
    )
    shell.add(verbs)
    commands.add(verbs)
    return whole


def _listed(head: str, meanings: Mapping[str, str]) -> str:
    lines = [f"  {name:9}  {meaning}" for name, meaning in meanings.items()]
    return "\n".join([f"{head}:", *lines, "", ""])


if __name__ == "__main__":
    sys.exit(main())
