"""The examination of one run's folder: every file against its checksum, its schema and the others.

Leaves to `doctor.py` what only the study as a whole can tell: duplicates, and what is stale.
"""

import hashlib
import json
from itertools import chain
from math import isfinite
from pathlib import Path

from analysis.doctor.findings import Finding, Kind
from src.errors import StoreError
from src.storage.files import read_bytes
from src.storage.identity import ID_LENGTH, LABELS
from src.storage.job_files import TEXTS
from src.storage.record import Record
from src.storage.run_folder import CHECKPOINT, FILES, RECORD, UNFINISHED, has_result, misfit
from src.storage.store import (
    damage,
    read_checkpoint,
    read_curves,
    read_filters,
    read_parameters,
    read_record,
)

HYDRAS = ("config.yaml", "overrides.yaml")
"""What is kept in `.hydra/`."""


def examine_run(folder: Path) -> tuple[list[Finding], Record | None]:
    """Examine every file in a run's folder; return also its record, None where it has none."""
    if folder.is_symlink():  # what lies behind it is not the study's
        return [Finding(folder, Kind.damaged, str(misfit(folder)))], None
    left = sorted(chain(folder.glob(".*.tmp"), (folder / ".hydra").glob(".*.tmp")))
    findings = [Finding(path, Kind.left_over, Kind.left_over.value) for path in left]
    strange = [path for path in sorted(folder.iterdir()) if path.name not in (*FILES, ".hydra")]
    strange += [path for path in sorted(folder.glob(".hydra/*")) if path.name not in HYDRAS]
    strange = [path for path in strange if path not in left]
    findings += [Finding(path, Kind.foreign, Kind.foreign.value) for path in strange]
    if (odd := misfit(folder)) is not None:
        return [*findings, Finding(folder, Kind.damaged, odd)], None
    if has_result(folder):
        found, record = _examine_result(folder)
        return findings + found, record
    words, record = "begun, and not ended", None
    if (folder / UNFINISHED).exists():
        try:
            record = read_record(folder)
            words = f"{record.outcome}: {record.outcome.reason}"
        except StoreError as error:
            words = str(error)
    if (folder / CHECKPOINT).exists() and read_checkpoint(folder) is None:
        words += "; its checkpoint is damaged, it will start anew"
    return [*findings, Finding(folder, Kind.unfinished, words)], record


def _examine_result(folder: Path) -> tuple[list[Finding], Record | None]:
    try:
        record = read_record(folder)
        wrong = damage(folder, record.id) or _contradiction(folder, record)
    except StoreError as error:
        return [Finding(folder, Kind.damaged, str(error))], None
    if wrong is not None:
        return [Finding(folder, Kind.damaged, wrong)], record
    if folder.name[-ID_LENGTH:] != record.id:
        return [Finding(folder, Kind.misplaced, f"{RECORD} is that of run {record.id}")], record
    if (folder / CHECKPOINT).exists() or (folder / UNFINISHED).exists():
        words = "of an attempt before the result; the next sweep removes it"
        return [Finding(folder, Kind.left_over, words)], record
    return [], record


def _contradiction(folder: Path, record: Record) -> str | None:
    """Return in what the files of a result, whole each for itself, do not agree."""
    curves = read_curves(folder)
    read_filters(folder)
    read_parameters(folder)
    if {len(curve) for curve in curves.values()} != {record.config.get("epochs", -1) + 1}:
        return "its curves do not have the epochs of its config"
    last = {name: float(curve[-1]) for name, curve in curves.items()}
    if record.final != {name: x if isfinite(x) else None for name, x in last.items()}:
        return f"the final values in {RECORD} are not the last of its curves"
    if (wrong := _other_request(folder / ".hydra", record)) is not None:
        return wrong
    return None if (folder / UNFINISHED).exists() else _other_text(folder, record)


def _other_text(folder: Path, record: Record) -> str | None:
    """Return which file of text is not as the record has it; older records have none of them."""
    known = record.execution.get("texts") or {}
    if not isinstance(known, dict):
        return f"{folder / RECORD} does not name its files of text"
    for name in TEXTS:
        if name in known and hashlib.sha256(read_bytes(folder / name)).hexdigest() != known[name]:
            return f"{folder / name} is not the file that was written"
    return None


def _other_request(hydra: Path, record: Record) -> str | None:
    """Return what is wrong with Hydra's own files of a run, which it can do without."""
    try:
        if (hydra / "config.yaml").exists():  # a key a line, its value as JSON
            lines = read_bytes(hydra / "config.yaml").decode().splitlines()
            asked = {key: json.loads(value) for key, _, value in (x.partition(": ") for x in lines)}
            free = {*LABELS, "T", "TT"}  # "all there are" has been counted in the record
            for key in record.config.keys() & asked.keys() - free:
                if asked[key] != record.config[key]:
                    return f"{hydra / 'config.yaml'} asks for another run: {key} is {asked[key]!r}"
        if (hydra / "overrides.yaml").exists():
            read_bytes(hydra / "overrides.yaml").decode()
    except ValueError as error:
        return f"{hydra} is not what was asked for: {error}"
    return None
