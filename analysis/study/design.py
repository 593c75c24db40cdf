"""The design of a study: what its seeds resample, what else varies, and what goes with what.

Owns the rule that the seed is the unit: which column names it, which other factors are averaged
over within it, and which cannot be told apart.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError

STREAMS = ("subset_seed", "init_seed", "order_seed", "noise_seed")
SEEDS = ("seed", *STREAMS)


@dataclass(frozen=True)
class Design:
    """What varies between the runs of a study, and as what.

    Attributes
    ----------
    seed : the column whose values are the units
    resampled : what differs from seed to seed: subset, init, order
    factors : what varies beside the seeds, none of them determined by another
    implied : what does, but goes with one of them
    crossed : streams that vary apart from the seed, and are averaged over like factors
    """

    seed: str
    resampled: tuple[str, ...]
    factors: tuple[str, ...]
    crossed: tuple[str, ...] = ()
    implied: tuple[str, ...] = ()

    @property
    def resamples(self) -> str:
        """What differs from seed to seed, in words."""
        return ", ".join(self.resampled) or "nothing"

    def others(self, runs: pd.DataFrame, *named: str) -> tuple[list[str], list[str]]:
        """Return the factors that are averaged over, and those that only go with a named one.

        Parameters
        ----------
        runs : a row a run
        named : the factors that are compared or listed
        """
        rest = [key for key in (*self.factors, *self.crossed) if key not in named]
        also = [key for key in self.implied if key not in named]
        along = [key for key in (*rest, *also) if any(follows(runs, key, n) for n in named)]
        return [key for key in rest if key not in along], along


def design(runs: pd.DataFrame, varying: Collection[str], seed: str | None = None) -> Design:
    """Tell seeds from factors.

    Parameters
    ----------
    runs : a row a run
    varying : the columns with two levels or more
    seed : the column that is the unit, where several streams vary apart

    Raises
    ------
    AnalysisError
        Several streams are crossed and none is named, or the named one does not vary.
    """
    streams = _streams(runs)
    seeds = [key for key in ("seed", *streams) if key in varying]
    if seed is not None and seed not in seeds:
        there = ", ".join(seeds) or "none"
        raise AnalysisError(f"seed must be a stream that varies, got {seed!r}: there are {there}")
    unit = seed or next((key for key in seeds if _leads(runs, key, seeds)), None)
    if unit is None and seeds:
        raise AnalysisError(
            f"{' and '.join(seeds)} vary apart, and runs that share one are no independent seeds: "
            f"name the one that is the unit, as in --seed {seeds[0]}"
        )
    unit = unit or "seed"
    crossed = [key for key in seeds if key != unit and not follows(runs, key, unit)]
    resampled = tuple(
        stream.removesuffix("_seed")
        for stream in streams
        if runs[stream].nunique() > 1 and stream not in crossed
    )
    factors: list[str] = []
    implied: list[str] = []
    for key in (key for key in varying if key not in SEEDS):
        goes_along = any(follows(runs, key, leader) for leader in factors)
        (implied if goes_along else factors).append(key)
    return Design(unit, resampled, tuple(factors), tuple(crossed), tuple(implied))


def _streams(runs: pd.DataFrame) -> list[str]:
    """Return the streams that decide something: that of the noise does where labels are wrong."""
    noise = "label_noise" in runs and bool((runs["label_noise"] > 0).any())
    return [key for key in STREAMS if key in runs and (noise or key != "noise_seed")]


def follows(runs: pd.DataFrame, key: str, leader: str) -> bool:
    """Tell whether a column has one value for every level of another."""
    return bool((runs.groupby(leader, dropna=False)[key].nunique(dropna=False) == 1).all())


def led(runs: pd.DataFrame, keys: Sequence[str], leaders: Sequence[str]) -> dict[str, list[str]]:
    """Return which keys go along with which leader: with the first that determines them.

    Parameters
    ----------
    runs : a row a run
    keys : each determined by one of the leaders
    leaders : factors, and first those that are held while others are compared
    """
    of = {key: next(name for name in leaders if follows(runs, key, name)) for key in keys}
    return {name: found for name in leaders if (found := [k for k in keys if of[k] == name])}


def differ(keys: Sequence[str], leader: str) -> str:
    """Say that keys differ with a factor."""
    return f"{', '.join(keys)} {'differs' if len(keys) == 1 else 'differ'} with {leader}"


def _leads(runs: pd.DataFrame, key: str, seeds: Sequence[str]) -> bool:
    return all(follows(runs, other, key) for other in seeds if other != key)


def cell_of(runs: pd.DataFrame, factors: Sequence[str]) -> pd.Series:
    """Return the number of every run's combination of factors, (n,); 0 without factors."""
    if not factors:
        return pd.Series(0, index=runs.index)
    return runs.groupby(list(factors), dropna=False).ngroup()


def groups(runs: pd.DataFrame, keys: Sequence[str]) -> list[tuple[tuple[Any, ...], Any]]:
    """Return the places of the runs of every combination of levels."""
    if not keys:
        return [((), np.arange(len(runs)))]
    places = pd.Series(np.arange(len(runs)), runs.index)
    return [
        (values, places[group.index].to_numpy())
        for values, group in runs[list(keys)].groupby(list(keys), dropna=False)
    ]
