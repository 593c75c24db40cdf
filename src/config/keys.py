"""The schema: the type of every key, by which Hydra and we check a value before any job starts.

Owns the types of keys in a config; those of a run are declared by `Run`. The values are YAML's
alone: the schema has no defaults. What a value may be beyond its type is `run.rules`'s affair.
"""

from dataclasses import dataclass, field, fields, make_dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, get_args, get_origin, get_type_hints

from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from src.errors import ConfigError, nearest
from src.execution.executors import EXECUTORS
from src.run import Run


@dataclass
class Settings:
    """The keys of a study and of its execution, which do not determine a result."""

    study: str | None = MISSING
    card: dict[str, Any] | None = MISSING
    objective: str = MISSING
    force: bool = MISSING
    checkpoint_seconds: float = MISSING
    n_jobs: int | None = MISSING
    dry_run: bool = MISSING
    fail_fast: bool = MISSING
    most_runs: int = MISSING
    stack_memory: int = MISSING
    executor: dict[str, Any] = MISSING


_RUN_TYPES = get_type_hints(Run) | {"classes": list[int] | None, "T": int | None, "TT": int | None}
"""In a config a list is one of YAML, and classes, T or TT may be null: all that there are."""

_TYPES = _RUN_TYPES | get_type_hints(Settings)

Schema = make_dataclass(
    "Schema", [(name, kind, field(default=MISSING)) for name, kind in _TYPES.items()]
)
"""The type of every key: those of a run, which `Run` declares, and the settings."""

KEYS = frozenset(field.name for field in fields(Schema))
RUN_KEYS = frozenset(field.name for field in fields(Run)) | {"experiment"}
"""The keys that may differ between the runs of a sweep."""


def typed(key: str, value: Any) -> Any:
    """Return a key's value in its type, as OmegaConf converts it.

    Raises
    ------
    ConfigError
        It is of another type; the sentence lists the options where there are few.
    """
    if isinstance(value, str) and "${" in value:
        return value
    return _converted(_schema(""), key, value, _TYPES[key], key)


def check_executor(word: str, value: Any, chosen: str | None) -> None:
    """Hold the value of a key of the group `executor`, such as `executor.cpus`, to its type.

    Parameters
    ----------
    word
        The key, without the group.
    value
        Its value.
    chosen
        The executor, None where a config file may choose it.

    Raises
    ------
    ConfigError
        The executor does not have the key, or the value is of another type.
    """
    kinds = [EXECUTORS[chosen]] if chosen in EXECUTORS else list(EXECUTORS.values())
    hints = {key: (kind, hint) for kind in kinds for key, hint in get_type_hints(kind).items()}
    del hints["name"]
    if word not in hints:
        which = f"executor={chosen}" if chosen in EXECUTORS else "any executor"
        raise ConfigError(f"executor.{word} is not a key of {which}{nearest(word, sorted(hints))}")
    kind, hint = hints[word]
    _converted(_schema(kind.__name__), word, value, hint, f"executor.{word}")


def executor_values(config: DictConfig) -> dict[str, Any]:
    """Return the values of the chosen executor, each in its type.

    Raises
    ------
    ConfigError
        One of them is of another type.
    """
    values: Any = OmegaConf.to_container(config.executor)
    kind = EXECUTORS.get(values.get("name"))
    if kind is None:
        return dict(values)
    hints = get_type_hints(kind)
    return {
        key: _converted(_schema(kind.__name__), key, value, hints[key], f"executor.{key}")
        if key in hints
        else value
        for key, value in values.items()
    }


def _converted(node: DictConfig, key: str, value: Any, hint: Any, label: str) -> Any:
    try:
        node[key] = value
        found = node[key]
        return OmegaConf.to_container(found) if OmegaConf.is_config(found) else found
    except OmegaConfBaseException as error:
        rule, choices = _rule(key, hint)
        got = "null" if value is None else repr(value)
        near = nearest(str(value), choices)
        raise ConfigError(f"{label} must be {rule}, got {got}{near}") from error


def is_list(key: str) -> bool:
    """Return whether one value of a key is a list."""
    kinds = (_TYPES[key], *get_args(_TYPES[key]))
    return any(get_origin(kind) is list for kind in kinds)


@lru_cache(maxsize=8)
def _schema(name: str) -> DictConfig:
    kinds: dict[str, Any] = {kind.__name__: kind for kind in EXECUTORS.values()}
    schema: DictConfig = OmegaConf.structured(kinds.get(name, Schema))
    OmegaConf.set_readonly(schema, False)  # as a frozen class makes it
    return schema


def _rule(key: str, hint: Any) -> tuple[str, list[str]]:
    if isinstance(hint, type) and issubclass(hint, Enum):
        choices = [member.name for member in hint]
        return f"one of {', '.join(choices)}", choices
    names: dict[Any, str] = {
        float: "a number",
        int: "a whole number",
        str: "a name",
        bool: "true or false",
        dict[str, Any]: "a card with its entries" if key == "card" else "keys with values",
        list[int]: "a list of whole numbers, such as [3,1]",
    }
    if hint in names:
        return names[hint], []
    inner = next(arg for arg in get_args(hint) if arg is not type(None))
    return f"{names[inner]} or null", []
