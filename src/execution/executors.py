"""Who runs the chunks of a sweep, and the keys that each of them takes.

Owns the names and rules of the config group `executor`. Its values stand in `conf/executor/`, and
none of them determines a result.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from src.errors import ConfigError, nearest

_OPTION = re.compile(r"[a-z][a-z0-9-]*")

_SET = """array chdir error export job-name no-requeue ntasks open-mode output parsable requeue
signal test-only wrap"""

_OURS = {
    **dict.fromkeys(_SET.split(), "set by Sweepscope"),
    "partition": "executor.partition",
    "account": "executor.account",
    "time": "executor.time",
    "mem": "executor.memory",
    "cpus-per-task": "executor.cpus",
    "wait": "executor.wait",
}
"""Options of `sbatch` that are not the user's, with where to turn instead."""


@dataclass(frozen=True)
class Local:
    """Worker processes on this machine."""

    name: str


@dataclass(frozen=True)
class Slurm:
    """Arrays of tasks on SLURM."""

    name: str
    partition: str | None
    account: str | None
    time: str | None
    memory: str | None
    cpus: int
    sbatch: dict[str, Any] | None
    throttle: int | None
    chunk_seconds: float
    signal_seconds: int
    poll_seconds: float
    wait: bool

    def __post_init__(self) -> None:
        _check_amounts(self)
        for name, value in (self.sbatch or {}).items():
            key = f"executor.sbatch.{name}"
            if not _OPTION.fullmatch(name):
                raise ConfigError.of(key, "the long name of an option of sbatch", name)
            if name in _OURS:
                raise ConfigError.of(key, f"left out: it is {_OURS[name]}", value)
            if not isinstance(value, str | int | float):
                raise ConfigError.of(key, "a value, or true for an option without one", value)

    @property
    def options(self) -> list[str]:
        """The options of `sbatch` that the user has chosen."""
        named: dict[str, Any] = {"partition": self.partition, "account": self.account}
        named |= {"time": self.time, "mem": self.memory, "cpus-per-task": self.cpus}
        said = {
            name: value
            for name, value in (named | (self.sbatch or {})).items()
            if value is not None
        }
        return [
            f"--{name}" if value is True else f"--{name}={value}"
            for name, value in said.items()
            if value is not False
        ]


Executor = Local | Slurm

EXECUTORS: dict[str, type[Executor]] = {"local": Local, "slurm": Slurm}


def executor_of(values: Mapping[str, Any]) -> Executor:
    """Make an executor of the values of its config group.

    Raises
    ------
    ConfigError
        A key is not one of its own, or a value breaks its rule.
    """
    kind = EXECUTORS.get(values.get("name", ""))
    if kind is None:
        raise ConfigError.one_of("executor", EXECUTORS, values.get("name"))
    names = [field.name for field in fields(kind)]
    for key in values:
        if key not in names:
            hint = nearest(key, names)
            raise ConfigError(f"executor.{key} is not a key of executor={values['name']}{hint}")
    if missing := [name for name in names if name not in values]:
        raise ConfigError(f"executor.{missing[0]} must be given")
    return kind(**values)


def _check_amounts(executor: Slurm) -> None:
    least = {"cpus": 1, "throttle": 1, "signal_seconds": 1}
    for name, bound in least.items():
        value = getattr(executor, name, None)
        if value is not None and value < bound:
            raise ConfigError.of(f"executor.{name}", f"{bound} or more", value)
    for name in ("chunk_seconds", "poll_seconds"):
        value = getattr(executor, name)
        if not 0 < value < float("inf"):
            raise ConfigError.of(f"executor.{name}", "more than 0 seconds", value)
