"""The words of a command line, checked before Hydra composes anything.

Owns the sentences for a user's slips: an unknown group choice or key, a value of the wrong type,
a path that leads outside the studies. What a value may be beyond its type is `run.rules`'s
affair.
"""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, OverrideType, RangeSweep

from src.config import CONF
from src.config.grammar import parse_word
from src.config.grid import ends, options, values
from src.config.keys import KEYS, check_executor, is_list, typed
from src.errors import ConfigError, nearest

_OPEN = ("hydra.launcher.", "hydra.sweeper.", "hydra.verbose")
"""What may be set of Hydra's own config. The rest says where files go, which code is called and
where more config is looked for."""

_OPEN_GROUPS = ("hydra/launcher", "hydra/sweeper")

_ELSEWHERE = {
    "optimizer": "it is called opt",
    "scheduler": "it is called schedule",
    **dict.fromkeys(("learning_rate", "rate"), "the rates are lrA and lrW"),
    **dict.fromkeys(("beta1", "betas"), "they are called momentum and beta2"),
    "batch_size": "it is called batch",
    **dict.fromkeys(("device", "gpu", "cuda"), "networks train on the CPU"),
}
"""What people look for that know other programs, with what there is here."""

MOST_LETTERS = 100_000
MOST_BRACKETS = 100


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
    for word in words:
        if len(word) > MOST_LETTERS or max(word.count(c) for c in "[{(") > MOST_BRACKETS:
            rule = f"at most {MOST_LETTERS:,} letters and {MOST_BRACKETS} brackets"
            raise ConfigError.of("a word", rule, f"{word[:20]}…")
        if "=" not in word and not word.startswith("~"):
            raise ConfigError.of("a word", "key=value", word)
    parser = OverridesParser.create()
    overrides = [parse_word(parser, word) for word in words]
    for override in overrides:
        _check(override, folders)
    _check_executors(overrides)
    return overrides


def check_modes(overrides: Iterable[Override], many: bool) -> None:
    """Refuse several values where a single run is asked for.

    Raises
    ------
    ConfigError
        A word has several.
    """
    for override in overrides:
        if override.is_sweep_override() and not many:
            rule = "one value for a single run (-m sweeps over several)"
            raise ConfigError.of(override.key_or_group, rule, override.input_line)
        if override.key_or_group == "executor" and override.value() != "local" and not many:
            rule = "local for a single run (-m sweeps over several)"
            raise ConfigError.of("executor", rule, override.value())


def _check_range(override: Override) -> None:
    """Refuse a range that has no end, before anything counts it."""
    swept = override.value()
    if isinstance(swept, RangeSweep):
        start, stop, step = ends(swept)
        if step == 0 or not all(map(math.isfinite, (start, stop, step))):
            rule = "a range of finite numbers with a step other than 0"
            raise ConfigError.of(override.key_or_group, rule, override.input_line)


def _check(override: Override, folders: Sequence[Path]) -> None:
    key, word = override.key_or_group, override.input_line
    if not key:
        raise ConfigError(f"a word must be key=value, got {word!r}")
    if "_target_" in (word or ""):
        raise ConfigError(f"{key} must not name a _target_: nothing is called by its name")
    if key == "hydra" or key.startswith("hydra."):
        _check_hydras(override)
        return
    _check_range(override)
    if key.startswith("hydra/"):
        _check_hydras_choice(override)
        return
    if key.startswith("executor."):
        return  # below, with the executor that is chosen
    if override.package is not None:
        raise ConfigError.of(key, "chosen without @, for a group has one place", word)
    if override.is_sweep_override() and not override.is_discrete_sweep():
        raise ConfigError.of(key, "a value, a list of values or a range", word)
    if choices := options(key, folders):
        if override.is_add() or override.is_force_add() or override.is_delete():
            sign = "~" if override.is_delete() else "+"
            raise ConfigError.of(key, f"chosen without {sign}, as {key}=…", word)
        _check_choices(override, choices, folders)
    elif key not in KEYS:
        hint = f": {_ELSEWHERE[key]}" if key in _ELSEWHERE else ""
        hint = hint or nearest(key, sorted(KEYS) + _groups())
        raise ConfigError(f"{key} is not a key of Sweepscope{hint}")
    elif key == "card":
        raise ConfigError("card must be set in a file of conf/experiment/, not on the command line")
    elif override.is_add():
        raise ConfigError.of(key, f"set without +, as {key}=…", word)
    elif override.is_delete():
        raise ConfigError(f"{key} must have a value, it cannot be taken away")
    else:
        swept = override.value()
        # A range holds numbers of one type: its start stands for the rest.
        first = ends(swept)[:1] if isinstance(swept, RangeSweep) else values(override)
        for value in first:
            if is_list(key) and override.is_sweep_override() and not isinstance(value, list):
                rule = f"lists in brackets, such as {key}=[3,1] or {key}=[3,1],[4,9]"
                raise ConfigError.of(key, rule, word)
            typed(key, value)


def _check_executors(overrides: Iterable[Override]) -> None:
    """Check the keys of an executor, and that there is one for the whole sweep."""
    values = {o.key_or_group: o for o in overrides if o.key_or_group}
    chosen: str | None = "local"
    for key in ("experiment", "executor"):  # an experiment's file may choose one, too
        if key in values:
            chosen = None if key == "experiment" else str(values[key].value())
    for key, override in values.items():
        if not (key == "executor" or key.startswith("executor.")):
            continue
        word = override.input_line
        if override.type is not OverrideType.CHANGE or override.is_sweep_override():
            raise ConfigError.of(key, "one value for the whole sweep", word)
        name, *inner = key.split(".")[1:] or [""]
        if inner:
            raise ConfigError.of(key, f"part of executor.{name}={{option: value}}", word)
        if name:
            check_executor(name, override.value(), chosen)


def _check_hydras(override: Override) -> None:
    key, word = override.key_or_group, override.input_line
    if not key.startswith(_OPEN):
        rule = "left alone: a study lies in multirun_outputs/ under study=NAME, and of Hydra's own "
        rule += "keys only those of launcher and sweeper are open"
        raise ConfigError.of(key, rule, word)
    plain = (bool,) if key == "hydra.verbose" else (str, int, float, bool, type(None))
    value = override.value()
    if value is None and key.startswith("hydra.sweeper.params"):
        raise ConfigError.of(key, "the values of a key, such as hydra.sweeper.params.lrA=0.1", word)
    if not isinstance(value, plain) or "${" in str(value):
        raise ConfigError.of(key, "true or false" if len(plain) == 1 else "a plain value", word)


def _check_hydras_choice(override: Override) -> None:
    """Leave open which launcher and sweeper there are: files that come with Hydra say so."""
    key, word = override.key_or_group, override.input_line
    if key not in _OPEN_GROUPS:
        rule = f"left alone: of Hydra's own groups only {' and '.join(_OPEN_GROUPS)} are open"
        raise ConfigError.of(key, rule, word)
    if override.is_delete() or not isinstance(override.value(), str):
        raise ConfigError.of(key, "the name of one choice", word)


def _groups() -> list[str]:
    return [path.name for path in CONF.iterdir() if path.is_dir()]


def _check_choices(override: Override, choices: list[str], folders: Sequence[Path]) -> None:
    group = override.key_or_group
    for choice in values(override, folders):
        if choice not in choices:
            hint = nearest(str(choice), choices)
            if group == "lr" and isinstance(choice, int | float):
                hint = ": lr names a pair of rates, and the rates themselves are lrA and lrW"
            got = "null" if choice is None else repr(choice)
            raise ConfigError(f"{group} must be one of {', '.join(choices)}, got {got}{hint}")
