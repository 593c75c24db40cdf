"""The values that an override sweeps over, and how many there are.

Owns what a grid is made of: choices of a config group, lists, ranges and patterns.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from hydra.core.override_parser.types import Glob, Override, RangeSweep

from src.config import CONF
from src.errors import ConfigError

FEW = 100_000
"""Values of a range that are counted by making them."""


def options(group: str, folders: Sequence[Path] = (CONF,)) -> list[str]:
    """Return the choices of a config group; none where there is no such group."""
    return sorted({path.stem for folder in folders for path in (folder / group).glob("*.yaml")})


def values(override: Override, folders: Sequence[Path] = (CONF,)) -> Iterator[Any]:
    """Yield the one value of an override, or all those that it sweeps over, lazily."""
    swept = override.value()
    if isinstance(swept, Glob):
        yield from swept.filter(options(override.key_or_group, folders))
    elif override.is_discrete_sweep():
        yield from map(Override._convert_value, override.sweep_iterator())
    else:
        yield swept


def count(override: Override, folders: Sequence[Path] = (CONF,)) -> int:
    """Return how many values an override has; those of a range are not made."""
    swept = override.value()
    if isinstance(swept, RangeSweep):
        start, stop, step = ends(swept)
        about = math.ceil((stop - start) / step)
        if about > FEW:  # so many that the last one, which rounding may add, does not matter
            return about
    return sum(1 for _ in values(override, folders))


def ends(swept: RangeSweep) -> tuple[float, float, float]:
    """Return start, stop and step of a range."""
    return swept.start or 0, swept.stop or 0, swept.step


def grid_size(overrides: Iterable[Override], folders: Sequence[Path] = (CONF,)) -> int:
    """Return how many jobs a grid has, without making it."""
    size = 1
    for override in overrides:
        size *= count(override, folders)
    return size


def by_experiment(
    words: Sequence[str], overrides: Iterable[Override], folders: Sequence[Path] = (CONF,)
) -> list[list[str]]:
    """Return the words of a command for each experiment that it names: each has its own grid.

    Raises
    ------
    ConfigError
        Several are named, and one study for all of them.
    """
    of = {override.key_or_group: override for override in overrides}
    asked = of.get("experiment")
    names = list(values(asked, folders)) if asked is not None else []
    if asked is None or len(names) < 2:
        return [list(words)]
    if "study" in of:
        rule = "left out where several experiments are named: each has its own study"
        raise ConfigError.of("study", rule, of["study"].input_line)
    line = asked.input_line
    return [[f"experiment={n}" if word == line else word for word in words] for n in names]
