"""The door of analysis: `python -m analysis VERB STUDY`. The only part of it that writes."""

import sys
import warnings

from analysis.shell import run
from src.errors import SweepscopeError


def main(words: list[str] | None = None) -> int:
    """Answer a command, and return its exit code: an error is one sentence and 1."""
    warnings.showwarning = lambda message, *_: print(f"warning: {message}", file=sys.stderr)
    try:
        run(words)
    except SweepscopeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # of `| head`
        sys.stderr.close()
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
