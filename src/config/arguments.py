"""The flags of the command line, checked before Hydra acts on them.

Owns which of Hydra's flags are open, and our own `results=FOLDER` and
`--completion`. The words beside them are the affair of `overrides.py`.
"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

from hydra._internal import utils as hydra_utils

from src.errors import ConfigError
from src.storage.study_name import VARIABLE


def parse_flags() -> argparse.Namespace:
    """Return the flags of this process, and its overrides.

    Raises
    ------
    ConfigError
        A flag is unknown, closed, or does not go with another.
    """
    arguments = _parser().parse_args()
    _check(arguments)
    return arguments


def take_results(words: list[str]) -> None:
    """Take `results=FOLDER` out of the words of a command, and let that folder hold all studies.

    It is no key of a config: a config file that somebody else wrote must not say where files go,
    and a run's own files name no path of the machine.

    Raises
    ------
    ConfigError
        It names no folder, or several.
    """
    given = [word for word in words if word.startswith("results=")]
    if not given:
        return
    folder = given[-1].partition("=")[2]
    if len(given) > 1 or not folder or "\0" in folder:
        raise ConfigError.of("results", "one folder, in which all studies lie", folder)
    if Path(folder).expanduser().exists() and not Path(folder).expanduser().is_dir():
        raise ConfigError.of("results", "a folder, and is a file", folder)
    os.environ[VARIABLE] = str(Path(folder).expanduser())
    words[:] = [word for word in words if word not in given]


def shell_from(words: Sequence[str]) -> str | None:
    """Return the shell of `--completion SHELL`, None where that is not asked for.

    Raises
    ------
    ConfigError
        It does not stand alone.
    """
    if "--completion" not in words:
        return None
    if len(words) != 2 or words[0] != "--completion":
        raise ConfigError("--completion must stand alone with a shell: --completion bash")
    return words[1]


def _parser() -> argparse.ArgumentParser:
    """Return Hydra's parser of flags, whose complaint is an error like all others."""
    parser = hydra_utils.get_args_parser()

    def refuse(message: str) -> NoReturn:
        raise ConfigError(f"{message} (python -m src.train --help)")

    parser.error = refuse  # type: ignore[method-assign]  # Hydra makes it, so there is no subclass
    return parser


class _WordedHelp(argparse.ArgumentParser):
    """A parser for Hydra, one of whose help texts is an object that makes it when it is printed.

    From Python 3.14 on argparse looks into every help text at once, and ends in a TypeError. The
    text is that of Hydra's own completion, which `--completion` stands for here.
    """

    def add_argument(self, *names: Any, **settings: Any) -> argparse.Action:
        """Put a text where there is none."""
        if not isinstance(settings.get("help", ""), str):
            settings["help"] = "--completion SHELL stands for it"
        return super().add_argument(*names, **settings)


# Hydra makes its parser in one function, here and in `hydra.main`, of what it calls `argparse`.
_argparse: Any = SimpleNamespace(**vars(argparse) | {"ArgumentParser": _WordedHelp})
hydra_utils.__dict__["argparse"] = _argparse


def _check(arguments: argparse.Namespace) -> None:
    """Refuse what Hydra would refuse with a traceback."""
    modes = {"--run": arguments.run, "--multirun": arguments.multirun, "--cfg": arguments.cfg}
    modes |= {"--info": arguments.info, "--shell-completion": arguments.shell_completion}
    given = [flag for flag, value in modes.items() if value]
    if len(given) > 1:
        raise ConfigError(f"only one of {', '.join(modes)} can be given, got {' '.join(given)}")
    if arguments.resolve and not (arguments.cfg or arguments.help):
        raise ConfigError("--resolve must come with --cfg")
    for flag in ("config_path", "config_name"):
        if getattr(arguments, flag):
            words = "further config groups come with --config-dir FOLDER"
            raise ConfigError(f"--{flag.replace('_', '-')} must not be given: {words}")
    if arguments.shell_completion:
        raise ConfigError("--shell-completion must not be given: --completion bash, zsh or fish is")
    if arguments.experimental_rerun:
        raise ConfigError("--experimental-rerun must not be given: it would load a pickle")
