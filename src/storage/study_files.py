"""What a study keeps beside its runs: its history, its experiment's card, the mean of every class.

    sweep.json          every command on the study: overrides, versions, commit, runs trained
    experiment.json     the question, and the figures, comparisons and claims that answer it
    class_means.npz     the mean image of every class, to hold filters against

Owns these files, which `analysis` reads so that it needs nothing of `conf/` or of the engine.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from src.errors import StoreError
from src.plan import LISTS
from src.storage.files import MOST_JSON, pack, read_arrays, read_bytes, read_json, replace, to_json

FORMAT = 2
"""Of the history and the card; 1 had no checksum."""

MOST_HISTORY = 16 * MOST_JSON
"""Bytes of ten thousand commands."""

HISTORY = "sweep.json"
CARD = "experiment.json"
CLASS_MEANS = "class_means.npz"


def read_history(study: Path) -> list[dict[str, Any]]:
    """Read what was done in a study: an entry a command.

    Raises
    ------
    StoreError
        Its history is damaged.
    """
    path = study / HISTORY
    if not path.exists():
        return []
    content = _read(path, "the history of a study", MOST_HISTORY)
    history = content.get("history")
    if not isinstance(history, list) or not all(isinstance(entry, dict) for entry in history):
        raise StoreError(f"{path} is not the history of a study")
    return history


def write_history(study: Path, history: list[dict[str, Any]]) -> None:
    """Replace a study's history."""
    _write(study / HISTORY, _sealed({"history": history}))


def write_card(study: Path, name: str, card: Mapping[str, Any]) -> None:
    """Put an experiment's name and card (question, figures, comparisons, claims) into its study."""
    _write(study / CARD, _sealed({"experiment": name, **card}))


def read_card(study: Path) -> dict[str, Any] | None:
    """Read the card of the experiment that a study belongs to, None where it has none."""
    path = study / CARD
    if not path.exists():
        return None
    card = _read(path, "the card of an experiment")
    lists = [card.get(key) or [] for key in LISTS]
    if not all(isinstance(entry, dict) for each in lists for entry in _entries(each)):
        raise StoreError(f"{path} is not the card of an experiment")
    return card


def card_written(study: Path) -> datetime | None:
    """Return when a study's card was written, None where it has none."""
    path = study / CARD
    return datetime.fromtimestamp(path.stat().st_mtime) if path.exists() else None


def _entries(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [None]


def write_class_means(study: Path, labels: NDArray[Any], means: NDArray[Any]) -> None:
    """Put the mean image of every class into a study: labels (C,), means (C, H, V) in 0..1."""
    _write(study / CLASS_MEANS, pack(labels=labels, means=means))


def read_class_means(study: Path) -> dict[int, NDArray[Any]] | None:
    """Read the mean image (H, V) of every class by its label, None where the study has none."""
    if not (study / CLASS_MEANS).exists():
        return None
    labels, means = read_arrays(study / CLASS_MEANS, ("labels", "means")).values()
    if labels.ndim != 1 or means.ndim != 3 or len(labels) != len(means):
        raise StoreError(f"{study / CLASS_MEANS} does not hold an image a class")
    return dict(zip(labels.tolist(), means, strict=True))


def class_means_checksum(study: Path) -> str | None:
    """Return the SHA-256 of the file of class means, None where there is none."""
    path = study / CLASS_MEANS
    return hashlib.sha256(read_bytes(path)).hexdigest() if path.exists() else None


def _sealed(values: Mapping[str, Any]) -> bytes:
    """Return values as JSON with the checksum of themselves."""
    values = {"format": FORMAT, **values}
    return to_json({**values, "checksum": _checksum(values)})


def _read(path: Path, what: str, most: int = MOST_JSON) -> dict[str, Any]:
    """Read what `_sealed` made, or its first format, which had no checksum."""
    values = read_json(path, what, most)
    if not isinstance(values, dict) or values.get("format") not in range(1, FORMAT + 1):
        raise StoreError(f"{path} is not {what}")
    checksum = values.pop("checksum", None)
    if checksum != (_checksum(values) if values["format"] > 1 else None):
        raise StoreError(f"{path} is damaged: its checksum does not hold")
    return values


def _checksum(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True, allow_nan=False).encode()).hexdigest()


def _write(path: Path, data: bytes) -> None:
    try:
        replace(path, data)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror or error}") from error
