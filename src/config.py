"""The wall: a composed DictConfig becomes a Run, and nothing past here sees Hydra.

Owns the schema, by which Hydra types every key before the first job starts, and the places of
`conf/` and of a run's folder. The values are YAML's alone: the schema has no defaults.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from hydra.core.config_store import ConfigStore
from omegaconf import MISSING, DictConfig, ListConfig, OmegaConf

from src import ENGINE_VERSION
from src.activations import Act
from src.datasets import Dataset, load, subset
from src.errors import ConfigError, nearest
from src.identity import folder_name, run_id
from src.inits import Init
from src.orders import Order
from src.run import Dtype, Run, Source, check
from src.study import study_folder
from src.timeline import CURVES

GROUPS = ("act", "order", "init", "lr", "data", "net")

_here = Path(__file__).resolve().parent
CONF = _here / "conf" if (_here / "conf").is_dir() else _here.parent / "conf"
"""The config groups: inside the package in a wheel, beside it in a checkout."""


@dataclass
class Schema:
    """The type of every key; `Run` has those that determine a result."""

    act: Act = MISSING
    act_out: Act = MISSING
    order: Order = MISSING
    init: Init = MISSING
    init_scale: float = MISSING
    lrA: float = MISSING
    lrW: float = MISSING
    L: int = MISSING
    I: int = MISSING
    J: int = MISSING
    source: Source = MISSING
    folder: str | None = MISSING
    classes: list[int] = MISSING
    T: int | None = MISSING
    TT: int | None = MISSING
    batch: int = MISSING
    epochs: int = MISSING
    dtype: Dtype = MISSING
    seed: int = MISSING
    subset_seed: int = MISSING
    init_seed: int = MISSING
    order_seed: int = MISSING
    study: str | None = MISSING
    objective: str = MISSING
    n_jobs: int | None = MISSING


def register() -> None:
    """Make the schema and the resolver of a run's folder known to Hydra."""
    ConfigStore.instance().store(name="schema", node=Schema)
    OmegaConf.register_new_resolver(
        "run_folder", lambda *, _root_: run_folder(to_run(plain(_root_))), replace=True
    )
    OmegaConf.register_new_resolver("study_folder", study_folder, replace=True)


def to_run(values: Mapping[str, Any]) -> Run:
    """Make a Run of a config's values.

    Raises
    ------
    ConfigError
        A key is unknown or missing, or a value breaks its rule.
    DataError
        The digits that it names cannot be read.
    """
    values = dict(values)
    _check_keys(values)
    if values["objective"] not in CURVES:
        raise ConfigError.of("objective", f"one of {', '.join(CURVES)}", values["objective"])
    for rate in ("lrA", "lrW", "init_scale"):
        values[rate] += 0.0  # −0.0 is 0
    values["classes"] = tuple(values["classes"])
    dataset = load(values["source"].name, values["folder"])
    values["T"], values["TT"] = _sizes(
        values["source"], values["folder"], values["classes"], values["T"], values["TT"]
    )
    run = Run(**{field.name: values[field.name] for field in fields(Run)})
    check(run, dataset)
    return run


def plain(config: DictConfig) -> dict[str, Any]:
    """Return the task's part of a composed config as a plain dict, interpolations resolved."""
    keys = [str(key) for key in config if key != "hydra"]
    for key in keys:
        if OmegaConf.is_missing(config, key):
            raise ConfigError(f"{key} must be given: {key}=…")
    return {key: _value(config[key]) for key in keys}


def _check_keys(keys: Iterable[str]) -> None:
    known = [field.name for field in fields(Schema)]
    for key in keys:
        if key not in known:
            raise ConfigError(f"{key} is not a key of Sweepscope{nearest(key, known)}")


def dataset_of(run: Run) -> Dataset:
    """Return the digits that a run names."""
    return load(run.source.name, run.folder)


def identify(run: Run) -> str:
    """Return the run's id."""
    return run_id(run.record(), dataset_of(run).digest, ENGINE_VERSION)


def run_folder(run: Run) -> str:
    """Return the name of the run's folder in its study."""
    return folder_name(run.record(), identify(run))


def _value(value: Any) -> Any:
    return list(value) if isinstance(value, ListConfig) else value


@lru_cache(maxsize=64)
def _sizes(
    source: Source, folder: str | None, classes: tuple[int, ...], T: int | None, TT: int | None
) -> tuple[int, int]:
    """Return T and TT as numbers; they do not depend on the seed."""
    rng = np.random.default_rng(0)
    train, test = subset(load(source.name, folder), classes, T, TT, rng)
    return len(train), len(test)
