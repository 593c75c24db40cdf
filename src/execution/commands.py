"""Commands of `python -m src.train` that compose nothing: `--from`, `--chunk` and `--status`.

Owns these options. They need no Hydra, which takes half a second to load.
"""

import os
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from src.errors import ConfigError, SweepscopeError
from src.execution.rerun import train_again
from src.execution.status import status
from src.execution.task import train_chunk
from src.terminal import prepare, say, show


def _from(word: str) -> int:
    said, code = train_again(Path(word))
    show(said)
    return code


def _chunk(word: str) -> int:
    return train_chunk(Path(word))


def _status(word: str) -> int:
    show(status(word))
    return 0


_COMMANDS: dict[str, tuple[Callable[[str], int], str, str]] = {
    "--from": (_from, "a run's folder", "RUN_FOLDER"),
    "--chunk": (_chunk, "the file of a chunk", "FILE"),
    "--status": (_status, "the name of a study", "STUDY"),
}
"""Each with what it does, and what it is to be told in words and in letters."""

OFTEN = ("--chunk", "--status")
"""Those that a study needs by the thousand, for which Hydra is not loaded."""


def is_one(words: Sequence[str], which: Collection[str] = _COMMANDS) -> bool:
    """Return whether a command line asks for one of these commands."""
    return any(word.split("=")[0] in which for word in words)


def answer(words: Sequence[str]) -> int:
    """Do what a command line asks for, and return the exit code.

    Raises
    ------
    ConfigError
        It does not stand alone.
    """
    flag = next(name for word in words if (name := word.split("=")[0]) in _COMMANDS)
    act, what, letters = _COMMANDS[flag]
    words = words[0].split("=", 1) if len(words) == 1 else words
    if len(words) != 2 or words[0] != flag:
        raise ConfigError(f"{flag} must stand alone with {what}: {flag} {letters}")
    return act(words[1])


def answer_without_hydra(words: Sequence[str]) -> int:
    """Do the same as a process of its own, in which an error is a sentence and exit code 1."""
    prepare()
    try:
        return answer(words)
    except (SweepscopeError, OSError) as error:
        if os.environ.get("HYDRA_FULL_ERROR") == "1":
            raise
        say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        say("interrupted: at once")
        return 130
