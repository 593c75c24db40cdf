"""Training a run again from its folder alone: `python -m src.train --from RUN_FOLDER`.

Owns the comparison. Nothing is written: what the run left is held against what it leaves now.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from src import ENGINE_VERSION
from src.errors import ConfigError, DataError, StoreError
from src.run import Run
from src.run.rules import check
from src.storage.provenance import provenance
from src.storage.record import Record
from src.storage.run_folder import has_ended
from src.storage.store import contents, damage, read_curves, read_record
from src.timeline import Timeline
from src.training.trainer import train


def train_again(folder: Path) -> tuple[str, int]:
    """Train a stored run again and say whether the result is byte-identical.

    Returns
    -------
    What to print, and the exit code: 1 only where this machine, with the same versions and engine,
    gives other bytes.

    Raises
    ------
    StoreError, ConfigError, DataError
        The folder holds no result, or the run cannot be trained here.
    """
    if not has_ended(folder):
        raise StoreError(f"{folder} is not the folder of a run that has ended")
    record = read_record(folder)
    run = Run.of_record(record.config)
    dataset = run.dataset()
    if dataset.digest != record.data_digest:
        raise DataError(f"{folder} was trained on other data than {run.folder or run.source.name}")
    if not record.files:
        raise ConfigError(f"{folder} has no result to compare with: {record.outcome}")
    check(run, dataset)
    if wrong := damage(folder, record.id):
        raise StoreError(f"{wrong}: there is nothing to compare with")
    (timeline,) = train([run], dataset)
    then = read_curves(folder)
    # Of a curve that only one of the two has there is nothing to compare: it stays as it was.
    now = {name: timeline.curves.get(name, curve) for name, curve in then.items()}
    apart = sorted(timeline.curves.keys() ^ then.keys())
    note = f"; not compared, as only one of the two has it: {', '.join(apart)}" if apart else ""
    timeline = replace(timeline, curves=now)
    differing = [
        name for name, data in contents(timeline).items() if (folder / name).read_bytes() != data
    ]
    if not differing:
        return f"{folder}: byte-identical ({', '.join(sorted(record.files))}){note}", 0
    changes = _changes(record)
    lines = [f"{folder}: differs in {', '.join(differing)}{note}", *_distances(folder, timeline)]
    lines += [f"  {change}" for change in changes]
    lines.append(
        "no failure: bits are promised for one machine and fixed versions"
        if changes
        else "on the same machine, versions and engine: this is a fault, please report it"
    )
    return "\n".join(lines), int(not changes)


def _changes(record: Record) -> list[str]:
    """Return what is not as it was when the run was trained."""
    now = {**provenance(), "engine": ENGINE_VERSION}
    then: dict[str, Any] = {**record.execution, "engine": record.engine_version}
    names = ("python", "packages", "machine", "engine")
    return [
        f"{name}: then {then.get(name)}, now {now[name]}"
        for name in names
        if then.get(name) != now[name]
    ]


def _distances(folder: Path, timeline: Timeline) -> list[str]:
    """Return, for every curve that differs, by how much at most."""
    lines = []
    for name, before in read_curves(folder).items():
        after = timeline.curves[name]
        if after.shape != before.shape:
            lines.append(f"  {name}: of another length")
        elif not np.array_equal(before, after, equal_nan=True):
            lines.append(f"  {name}: by {np.nanmax(np.abs(before - after)):.2g} at most")
    return lines
