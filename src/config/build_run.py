"""A composed DictConfig becomes a Run; what trains it sees neither Hydra nor OmegaConf.

Owns the step from values to a checked Run, and the place of a run's folder. The
keys and their types stand in `keys.py`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, OmegaConf

from src.config.keys import KEYS, Schema, typed
from src.data.datasets import load
from src.data.subsets import subset
from src.errors import ConfigError, nearest
from src.run import Run, Source
from src.run.rules import check
from src.storage.study import Homes
from src.storage.study_name import study_folder
from src.timeline import CURVES

_MEANT = {"folder": "PATH, the folder of the IDX files or the npz file"}
"""Of keys that have no default."""

_LATER = ("momentum", "beta2", "epsilon", "weight_decay", "decay_factor", "label_noise")

_REFERENCE = re.compile(r"\$\{(\w+)\}")

GROUPS = ("act", "loss", "opt", "schedule", "order", "init", "lr", "data", "net")


def register() -> None:
    """Make the schema and the resolver of a run's folder known to Hydra."""
    ConfigStore.instance().store(name="schema", node=Schema)
    OmegaConf.register_new_resolver(
        "run_folder", lambda *, _root_: _run_folder(plain(_root_)), replace=True
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
    for key, value in values.items():
        if value == "???":
            raise ConfigError(f"{key} must be given: {key}={_MEANT.get(key, '…')}")
    if (objective := values["objective"]) not in CURVES:
        raise ConfigError.one_of("objective", CURVES, objective)
    for key in ("n_jobs", "most_runs", "stack_memory"):
        if values[key] is not None and values[key] < 1:
            raise ConfigError.of(key, "1 or more", values[key])
    if not values["checkpoint_seconds"] >= 0:
        raise ConfigError.of("checkpoint_seconds", "0 or more", values["checkpoint_seconds"])
    for rate in ("lrA", "lrW", "init_scale", *_LATER):
        values[rate] += 0.0  # −0.0 is 0
    dataset = load(values["source"].name, values["folder"], values["transpose"])
    if values["classes"] is None:
        values["classes"] = np.unique(dataset.labels[: dataset.test_from]).tolist()
    values["classes"] = tuple(values["classes"])
    if not values["label_noise"]:
        values["noise_seed"] = values["seed"]  # idle: it is no second seed
    of = (values["source"], values["folder"], values["transpose"], values["classes"])
    values["T"], values["TT"] = _sizes(*of, values["T"], values["TT"])
    run = Run(**{field.name: values[field.name] for field in fields(Run)})
    check(run, dataset)
    return run


def plain(config: DictConfig) -> dict[str, Any]:
    """Return the task's part of a composed config as a plain dict, references resolved."""
    task = OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"])
    values: Any = OmegaConf.to_container(task)
    return resolved(values)


def resolved(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with references such as `${seed}` replaced by what they name.

    Raises
    ------
    ConfigError
        One is more than the name of another key (no resolver is ever called), or of another type.
    """
    return {key: _resolve(values, key) for key in values}


def _resolve(values: Mapping[str, Any], key: str) -> Any:
    value, names = values[key], [key]
    while isinstance(value, str) and "${" in value:
        match = _REFERENCE.fullmatch(value)
        if match is None or match[1] not in values or match[1] in names:
            raise ConfigError.of(key, "a value, or ${name} of another key that has one", value)
        names.append(match[1])
        value = values[match[1]]
    return typed(key, value) if len(names) > 1 and key in KEYS else value


def _check_keys(keys: Iterable[str]) -> None:
    for key in keys:
        if key not in KEYS:
            raise ConfigError(f"{key} is not a key of Sweepscope{nearest(key, sorted(KEYS))}")


def _run_folder(values: Mapping[str, Any]) -> str:
    """Return where a run's folder lies, or will lie, below its study."""
    study = Path(study_folder(values["study"]))
    return str(Homes(study)[to_run(values).folder_name()].relative_to(study))


@lru_cache(maxsize=64)
def _sizes(
    source: Source,
    folder: str | None,
    transpose: bool,
    classes: tuple[int, ...],
    T: int | None,
    TT: int | None,
) -> tuple[int, int]:
    """Return T and TT as numbers; they do not depend on the seed."""
    rng = np.random.default_rng(0)
    train, test = subset(load(source.name, folder, transpose), classes, T, TT, rng)
    return len(train), len(test)
