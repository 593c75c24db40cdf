"""The door of analysis: `python -m analysis VERB STUDY`. The only part of it that writes."""

import sys
import warnings
from collections.abc import Sequence

from src.errors import SweepscopeError


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
    """Hand a command to the room that answers it, and return its exit code."""
    from analysis import commands, doctor, shell

    verb = words[0] if words else None
    if verb == "doctor":
        return doctor.run(words[1:])
    if verb in commands.COMMANDS:
        commands.run(words)
    else:
        shell.run(words)
    return 0


if __name__ == "__main__":
    sys.exit(main())
