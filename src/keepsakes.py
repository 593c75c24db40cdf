"""What a study keeps beside its runs: its history, its experiment's card, the mean of every class.

    sweep.json          every command on the study: overrides, versions, commit, runs trained
    experiment.json     the question, and the figures, comparisons and claims that answer it
    class_means.npz     the mean image of every class, to hold filters against

Owns these files, which `analysis` reads so that it needs nothing of `conf/` or of the engine.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from src.errors import StoreError
from src.files import pack, read_arrays, read_json, replace, to_json

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
    content = read_json(path, "the history of a study")
    if not isinstance(content, dict) or not isinstance(content.get("history"), list):
        raise StoreError(f"{path} is not the history of a study")
    history: list[dict[str, Any]] = content["history"]
    return history


def write_history(study: Path, history: list[dict[str, Any]]) -> None:
    """Replace a study's history."""
    _write(study / HISTORY, to_json({"format": 1, "history": history}))


def write_card(study: Path, name: str, card: Mapping[str, Any]) -> None:
    """Put an experiment's name and card (question, figures, comparisons, claims) into its study."""
    _write(study / CARD, to_json({"format": 1, "experiment": name, **card}))


def read_card(study: Path) -> dict[str, Any] | None:
    """Read the card of the experiment that a study belongs to, None where it has none."""
    path = study / CARD
    card: dict[str, Any] | None = (
        read_json(path, "the card of an experiment") if path.exists() else None
    )
    return card


def write_class_means(study: Path, labels: NDArray[Any], means: NDArray[Any]) -> None:
    """Put the mean image of every class into a study: labels (C,), means (C, H, V) in 0..1."""
    _write(study / CLASS_MEANS, pack(labels=labels, means=means))


def read_class_means(study: Path) -> dict[int, NDArray[Any]] | None:
    """Read the mean image (H, V) of every class by its label, None where the study has none."""
    if not (study / CLASS_MEANS).exists():
        return None
    arrays = read_arrays(study / CLASS_MEANS, ("labels", "means"))
    return dict(zip(arrays["labels"].tolist(), arrays["means"], strict=True))


def _write(path: Path, data: bytes) -> None:
    try:
        replace(path, data)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror or error}") from error
