"""The curves of runs that have not ended, up to their checkpoints.

Owns how a row of `sweep.runs` is told of a run that has no record yet.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.study.index import Contents
from analysis.study.reading import RESULTS, chained, typed
from analysis.study.timelines import Floats, Timelines
from src.storage.identity import ID_LENGTH
from src.storage.run_folder import CHECKPOINT
from src.storage.store import read_checkpoint
from src.timeline import CURVES

RUNNING = "running"
"""The outcome of a run that has none yet."""


def with_running(contents: Contents, running: tuple[Path, ...]) -> Contents:
    """Return what a study holds, and the runs that have a checkpoint, up to its epoch.

    A run that began with choices that cannot be told is left out until it has ended.
    """
    rows: dict[str, dict[str, Any]] = {}
    curves: list[dict[str, Floats]] = []
    folders = []
    for folder in running:
        checkpoint = read_checkpoint(folder) if (folder / CHECKPOINT).exists() else None
        row = _row(folder, contents.runs) if checkpoint else None
        if checkpoint is None or row is None or row["epochs"] <= checkpoint.epoch:
            continue
        of = {name: curve[: checkpoint.epoch + 1] for name, curve in checkpoint.curves.items()}
        final = {name: float(curve[-1]) for name, curve in of.items()}
        ends = {"outcome": RUNNING, "epoch": checkpoint.epoch, "place": None, "message": None}
        rows[folder.name[-ID_LENGTH:]] = {**row, **ends, **dict.fromkeys(CURVES, np.nan), **final}
        curves.append(of)
        folders.append(folder)
    if not rows:
        return contents
    index = pd.Index(list(rows), name="run", dtype="str")
    more = typed(pd.DataFrame(list(rows.values()), index=index))
    runs = more if contents.runs.empty else pd.concat([contents.runs, more[list(contents.runs)]])
    new = _timelines(curves)
    old = contents.timelines
    empty = contents.runs.empty
    return Contents(
        runs, [*contents.folders, *folders], lambda: new if empty else chained([old(), new])
    )


def _timelines(curves: list[dict[str, Floats]]) -> Timelines:
    lengths = np.array([len(next(iter(of.values()))) for of in curves], np.int64)
    return Timelines(
        list(CURVES),
        lengths,
        lambda name: np.concatenate(
            [of.get(name, np.full(n, np.nan)) for of, n in zip(curves, lengths, strict=True)]
        ),
    )


def _row(folder: Path, ended: pd.DataFrame) -> dict[str, Any] | None:
    """Return the columns of a run from its config; None where they cannot all be told."""
    try:
        config = _lines((folder / ".hydra" / "config.yaml").read_text("utf-8"))
        words = json.loads(
            "[" + ",".join(_items((folder / ".hydra" / "overrides.yaml").read_text("utf-8"))) + "]"
        )
    except (OSError, ValueError):
        return None
    given = dict(word.lstrip("+").split("=", 1) for word in words if "=" in str(word))
    known: dict[str, Any] = {k: str(v) if isinstance(v, list) else v for k, v in config.items()}
    if ended.empty:
        return known
    row: dict[str, Any] = {"engine": ended["engine"].iloc[-1], "digest": ended["digest"].iloc[-1]}
    row |= {"seconds": np.nan, "finished": ""}
    for name in ended:
        if name in row or name in RESULTS or name in CURVES:
            continue
        key = str(name)
        value = known.get(key, given.get(key))
        if value is None and key not in known:
            values = ended[name].unique()
            if len(values) != 1:
                return None
            value = values[0]
        row[key] = value
    return row


def _lines(text: str) -> Mapping[str, Any]:
    """Return the values of a config that was written as one line of JSON each."""
    pairs = (line.split(": ", 1) for line in text.splitlines() if line)
    return {key: json.loads(value) for key, value in pairs}


def _items(text: str) -> list[str]:
    return [line.removeprefix("- ") for line in text.splitlines() if line.startswith("- ")]
