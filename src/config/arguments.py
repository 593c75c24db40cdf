"""The flags of the command line, checked before Hydra acts on them.

Owns which of Hydra's flags are open. The words beside them are the affair of `overrides.py`, and
our own flags that of `train.py`.
"""

import argparse
from typing import NoReturn

from hydra._internal.utils import get_args_parser

from src.errors import ConfigError


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


def _parser() -> argparse.ArgumentParser:
    """Return Hydra's parser of flags, whose complaint is an error like all others."""
    parser = get_args_parser()

    def refuse(message: str) -> NoReturn:
        raise ConfigError(f"{message} (python -m src.train --help)")

    parser.error = refuse  # type: ignore[method-assign]  # Hydra makes it, so there is no subclass
    return parser


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
    if arguments.experimental_rerun:
        raise ConfigError("--experimental-rerun must not be given: it would load a pickle")
