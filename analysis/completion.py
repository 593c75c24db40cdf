"""The words that may stand where the cursor is, in a command of analysis: verbs, options, studies.

A shell asks `python -m analysis.completion LINE` at every press of Tab.
"""

import argparse
import re
import sys

from analysis.__main__ import parser
from src.completion import last_word, studies


def candidates(line: str) -> list[str]:
    """Return the words that a command's last, unfinished word may become."""
    before, word = re.split(r"\s+", line.strip())[1:], last_word(line)
    before = before[:-1] if word else before
    whole = parser()
    verbs = next(a.choices for a in whole._actions if isinstance(a, argparse._SubParsersAction))
    verb = next((each for each in before if each in verbs), None)
    if verb is None:
        found = [*verbs, "--results", "--completion", "--version", "--help"]
    else:
        options = {flag: a for a in verbs[verb]._actions for flag in a.option_strings}
        last = options.get(before[-1]) if before else None
        if word.startswith("-"):
            found = list(options)
        elif last is not None and last.choices:
            found = list(map(str, last.choices))
        else:
            found = [*studies(), "latest"]
    return sorted(each for each in set(found) if each.startswith(word))


if __name__ == "__main__":
    print("\n".join(candidates(sys.argv[1])))
