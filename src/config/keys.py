"""The schema: the type of every key, by which Hydra and we check a value before any job starts.

Owns the types of keys in a config; those of a run are declared by `Run`. The values are YAML's
alone: the schema has no defaults. What a value may be beyond its type is `run.check`'s affair.
"""

from dataclasses import dataclass, field, fields, make_dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, get_args, get_origin, get_type_hints

from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from src.errors import ConfigError, nearest
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
    node = _schema()
    try:
        node[key] = value
        converted = node[key]
        return OmegaConf.to_container(converted) if OmegaConf.is_list(converted) else converted
    except OmegaConfBaseException as error:
        rule, choices = _rule(_TYPES[key])
        got = "null" if value is None else repr(value)
        hint = nearest(str(value), choices)
        raise ConfigError(f"{key} must be {rule}, got {got}{hint}") from error


def is_list(key: str) -> bool:
    """Return whether one value of a key is a list."""
    kinds = (_TYPES[key], *get_args(_TYPES[key]))
    return any(get_origin(kind) is list for kind in kinds)


@lru_cache(maxsize=1)
def _schema() -> DictConfig:
    schema: DictConfig = OmegaConf.structured(Schema)
    return schema


def _rule(hint: Any) -> tuple[str, list[str]]:
    if isinstance(hint, type) and issubclass(hint, Enum):
        choices = [member.name for member in hint]
        return f"one of {', '.join(choices)}", choices
    names: dict[Any, str] = {
        float: "a number",
        int: "a whole number",
        str: "a name",
        bool: "true or false",
        dict[str, Any]: "a card with its entries",
        list[int]: "a list of whole numbers, such as [3,1]",
    }
    if hint in names:
        return names[hint], []
    inner = next(arg for arg in get_args(hint) if arg is not type(None))
    return f"{names[inner]} or null", []
