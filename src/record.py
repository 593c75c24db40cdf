"""Record: everything that a run's folder says about it but its arrays.

Owns the fields of run.json, and what a foreign or damaged one is told by.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from src.timeline import Ending, Outcome

FORMAT = 2
"""1 had no checksum of the record itself."""


@dataclass
class Record:
    """How one run was configured, executed and ended."""

    id: str
    config: dict[str, Any]
    """The flat typed record that determines the result."""
    choices: dict[str, str]
    """The chosen name of every config group."""
    data_digest: str
    engine_version: int
    outcome: Outcome
    execution: dict[str, Any] = field(default_factory=dict)
    """What differs between two executions of the run: seconds, versions, machine, commit; in the
    file also the checksum of all that it says."""
    final: dict[str, float | None] = field(default_factory=dict)
    """Every curve's last value; None where it is not a finite number."""
    class_accuracy: dict[str, float | None] = field(default_factory=dict)
    """By class; None where there is no test digit of it."""
    confusion: list[list[int]] = field(default_factory=list)
    """Test digits by true class (row) and decision (column), in the order of `config.classes`."""
    files: dict[str, str] = field(default_factory=dict)
    """SHA-256 of every other file."""
    format: int = FORMAT

    def to_fields(self) -> dict[str, Any]:
        """Return the record as JSON's values."""
        values = asdict(self)
        values["outcome"]["ending"] = self.outcome.ending.name
        values["execution"]["checksum"] = _checksum(values)
        return values

    @classmethod
    def of_fields(cls, values: dict[str, Any]) -> "Record":
        """Make a record of JSON's values.

        Raises
        ------
        ValueError, KeyError, TypeError, AttributeError
            They are not those of a record.
        """
        values = dict(values)
        execution = values["execution"] = dict(values["execution"])
        checksum = execution.pop("checksum", None)
        if checksum != (_checksum(values) if values["format"] > 1 else None):
            raise ValueError("its checksum does not hold")
        outcome = dict(values.pop("outcome"))
        ending = Ending[outcome.pop("ending")]
        for name, kinds in _OUTCOME.items():
            _check(name, outcome[name], kinds)
        record = cls(outcome=Outcome(ending, **outcome), **values)
        for each in fields(cls):
            if each.name in _KINDS:
                _check(each.name, getattr(record, each.name), _KINDS[each.name])
        return record


_OUTCOME: dict[str, tuple[type, ...]] = {
    "epoch": (int, type(None)),
    "place": (str, type(None)),
    "message": (str, type(None)),
}

_KINDS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("id", "data_digest"), (str,)),
    **dict.fromkeys(("engine_version", "format"), (int,)),
    **dict.fromkeys(
        ("config", "choices", "execution", "final", "class_accuracy", "files"), (dict,)
    ),
    "confusion": (list,),
}


def _checksum(values: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a record's fields; it stands with the execution, which it covers."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, allow_nan=False).encode()).hexdigest()


def _check(name: str, value: Any, kinds: tuple[type, ...]) -> None:
    if not isinstance(value, kinds) or isinstance(value, bool):
        raise TypeError(f"{name} is {value!r:.40}")
