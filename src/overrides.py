"""The words of a command line, checked before Hydra composes anything.

Owns the sentences for a user's slips: an unknown group choice or key, a value of the wrong type,
a path that leads outside the studies. What a value may be beyond its type is `run.check`'s
affair.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_type_hints

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob, Override, RangeSweep
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from src.config import CONF, Schema
from src.errors import ConfigError, nearest

_KNOWN = [field.name for field in fields(Schema)]
_TYPES = get_type_hints(Schema)
_FIXED = ("hydra.run", "hydra.sweep.", "hydra.output_subdir", "hydra.job_logging", "hydra.job.name")


def parse(words: Sequence[str], folders: Sequence[Path] = (CONF,)) -> list[Override]:
    """Parse overrides and check every choice, key and value of them.

    Parameters
    ----------
    words
        Such as `act=tanh,relu` or `lrA=0.1`.
    folders
        Where the config groups lie.

    Raises
    ------
    ConfigError
        One of them cannot be meant.
    """
    try:
        overrides = OverridesParser.create().parse_overrides(list(words))
    except HydraException as error:
        raise ConfigError(" ".join(str(error).split())) from error
    for override in overrides:
        _check(override, folders)
    return overrides


def values(override: Override, folders: Sequence[Path] = (CONF,)) -> Iterator[Any]:
    """Yield the one value of an override, or all those that it sweeps over, lazily."""
    swept = override.value()
    if isinstance(swept, Glob):
        yield from swept.filter(options(override.key_or_group, folders))
    elif override.is_discrete_sweep():
        yield from map(Override._convert_value, override.sweep_iterator())
    else:
        yield swept


def count(override: Override) -> int:
    """Return how many values an override has, without making them."""
    swept = override.value()
    if isinstance(swept, RangeSweep):
        start, stop, step = float(swept.start or 0), float(swept.stop or 0), float(swept.step)
        return max(0, -int((start - stop) // step)) if step else 0
    return sum(1 for _ in values(override))


def options(group: str, folders: Sequence[Path] = (CONF,)) -> list[str]:
    """Return the choices of a config group; none where there is no such group."""
    return sorted({path.stem for folder in folders for path in (folder / group).glob("*.yaml")})


def _check(override: Override, folders: Sequence[Path]) -> None:
    key, word = override.key_or_group, override.input_line
    if key.startswith(_FIXED):
        rule = "left alone: every study lies in multirun_outputs/, under the name study=NAME"
        raise ConfigError.of(key, rule, word)
    if "_target_" in (word or ""):
        raise ConfigError(f"{key} must not name a _target_: nothing is called by its name")
    if key.startswith("hydra"):
        return
    if override.is_sweep_override() and not override.is_discrete_sweep():
        raise ConfigError.of(key, "a value, a list of values or a range", word)
    if choices := options(key, folders):
        _check_choices(override, choices, folders)
    elif key not in _KNOWN:
        raise ConfigError(f"{key} is not a key of Sweepscope{nearest(key, _KNOWN + _groups())}")
    elif override.is_delete():
        raise ConfigError(f"{key} must have a value, it cannot be taken away")
    else:
        for value in values(override):
            typed(key, value)


def _groups() -> list[str]:
    return [path.name for path in CONF.iterdir() if path.is_dir()]


def _check_choices(override: Override, choices: list[str], folders: Sequence[Path]) -> None:
    group = override.key_or_group
    for choice in values(override, folders):
        if choice not in choices and not (choice is None and group == "experiment"):
            hint = nearest(str(choice), choices)
            got = "null" if choice is None else repr(choice)
            raise ConfigError(f"{group} must be one of {', '.join(choices)}, got {got}{hint}")


def typed(key: str, value: Any) -> Any:
    """Return a key's value in its type, as OmegaConf converts it.

    Raises
    ------
    ConfigError
        It is of another type; the sentence lists the options where there are few.
    """
    node = OmegaConf.structured(Schema)
    try:
        node[key] = value
        return value if isinstance(value, str) and "${" in value else node[key]
    except OmegaConfBaseException as error:
        rule, choices = _rule(_TYPES[key])
        got = "null" if value is None else repr(value)
        hint = nearest(str(value), choices)
        raise ConfigError(f"{key} must be {rule}, got {got}{hint}") from error


def _rule(hint: Any) -> tuple[str, list[str]]:
    if isinstance(hint, type) and issubclass(hint, Enum):
        choices = [member.name for member in hint]
        return f"one of {', '.join(choices)}", choices
    names: dict[Any, str] = {
        float: "a number",
        int: "a whole number",
        str: "a name",
        bool: "true or false",
        list[int]: "a list of whole numbers, such as [3,1]",
    }
    if hint in names:
        return names[hint], []
    inner = next(arg for arg in get_args(hint) if arg is not type(None))
    return f"{names[inner]} or null", []


def grid_size(overrides: Iterable[Override]) -> int:
    """Return how many jobs a grid has, without making it."""
    size = 1
    for override in overrides:
        size *= count(override)
    return size
