"""Record: everything that a run's folder says about it but its arrays.

Owns the fields of run.json, and what a foreign or damaged one is told by.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from src.storage.identity import filled, run_id
from src.timeline import Ending, Outcome, Timeline

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
    """SHA-256 of the three files of arrays."""
    format: int = FORMAT

    def with_result(self, timeline: Timeline, files: Mapping[str, bytes]) -> "Record":
        """Return the record of a run that left a timeline, in files of these contents."""
        return replace(
            self,
            final={name: _finite(timeline.final(name)) for name in timeline.curves},
            class_accuracy=_class_accuracy(self.config["classes"], timeline.confusion),
            confusion=timeline.confusion.tolist(),
            files={name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
        )

    def without_result(self, message: str) -> "Record":
        """Return the record of the same run before it has a result."""
        outcome = Outcome(Ending.interrupted, None, message=message)
        nothing: dict[str, Any] = {"final": {}, "class_accuracy": {}, "confusion": [], "files": {}}
        return replace(self, outcome=outcome, format=FORMAT, **nothing)

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
        _check_contents(record)
        added = filled(record.config)
        record.config.update({k: v for k, v in added.items() if k not in record.config})
        expected = run_id(record.config, record.data_digest, record.engine_version)
        if record.id != expected:
            raise ValueError(f"its id is {record.id}, and that of its config {expected}")
        return record


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _class_accuracy(classes: list[int], confusion: NDArray[np.int64]) -> dict[str, float | None]:
    of_class = confusion.sum(axis=1)
    right = confusion.diagonal()
    return {
        str(label): float(k / n) if n else None
        for label, k, n in zip(classes, right, of_class, strict=True)
    }


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


MOST_LETTERS = 255
"""Of a choice, which is the name of a file."""

_NUMBER = (int, float)
_CONFIG: dict[str, tuple[type, ...]] = dict.fromkeys(("epochs", "L", "I", "J"), (int,))
_EXECUTION: dict[str, tuple[type, ...]] = {"seconds": _NUMBER, "finished": (str,)}


def _check_contents(record: Record) -> None:
    """Hold what stands inside a record's dictionaries to its kind; whoever reads on relies on it.

    Raises
    ------
    KeyError, TypeError
        A key that is needed is missing, or a value is of another kind.
    """
    for name, kinds in _CONFIG.items():
        _check(name, record.config[name], kinds)
    for name, value in record.config.items():
        items = value if isinstance(value, list) else [value]
        if not all(isinstance(item, bool | int | float | str | None) for item in items):
            raise TypeError(f"{name} is {value!r:.40}")
    for label in _items("classes", record.config["classes"]):
        _check("classes", label, (int,))
    for name, kinds in _EXECUTION.items():
        if name in record.execution:
            _check(name, record.execution[name], kinds)
    for name, value in (record.final | record.class_accuracy).items():
        _check(name, value, (*_NUMBER, type(None)))
    for name, value in (record.choices | record.files).items():
        _check(name, value, (str,))
        if not value.isprintable() or len(value) > MOST_LETTERS:
            raise ValueError(f"{name} is {value!r:.40}")
    for row in record.confusion:
        for count in _items("confusion", row):
            _check("confusion", count, (int,))


def _items(name: str, value: Any) -> list[Any]:
    _check(name, value, (list,))
    return list(value)


def _checksum(values: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a record's fields; it stands with the execution, which it covers."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, allow_nan=False).encode()).hexdigest()


def _check(name: str, value: Any, kinds: tuple[type, ...]) -> None:
    if not isinstance(value, kinds) or isinstance(value, bool):
        raise TypeError(f"{name} is {value!r:.40}")
