"""The examination of what lies in a study beside its runs: study files, shards, left-overs.

Leaves to `run_examination.py` what lies in a run's folder.
"""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from analysis.doctor.findings import Finding, Kind
from analysis.study.index import INDEX
from src.errors import StoreError
from src.storage.identity import ID_LENGTH
from src.storage.run_folder import has_result
from src.storage.study import ASIDE, LOCK, is_shard
from src.storage.study_files import (
    CARD,
    CLASS_MEANS,
    HISTORY,
    class_means_checksum,
    read_card,
    read_class_means,
    read_history,
)

KEPT = {HISTORY, CARD, CLASS_MEANS, LOCK, ASIDE, "analysis", "multirun.yaml"}


def beside_runs(study: Path, folders: Sequence[Path]) -> list[Finding]:
    """Examine everything in a study but the folders of its runs."""
    runs, findings = set(folders), []
    shards = sorted(path for path in study.iterdir() if is_shard(path))
    for path in sorted(chain(study.iterdir(), *(shard.iterdir() for shard in shards))):
        if path == study / ASIDE and path.is_dir():
            words = f"{len(list(path.iterdir()))} damaged that were set aside"
            findings.append(Finding(path, Kind.set_aside, words))
        elif path.name.startswith(".") and path.suffix == ".tmp":
            findings.append(Finding(path, Kind.left_over, Kind.left_over.value))
        elif path in runs:
            if path.parent != study and not path.name[-ID_LENGTH:].startswith(path.parent.name):
                words = f"it belongs into {study / path.name[-ID_LENGTH:][:2]}"
                findings.append(Finding(path, Kind.misplaced, words))
        elif path.name[0] != "." and path not in shards and path.name not in KEPT:
            words = "a run under a name that nobody looks for" if has_result(path) else ""
            findings.append(Finding(path, Kind.foreign, words or Kind.foreign.value))
    for place in (study / "analysis", study / INDEX):
        left = sorted(place.glob(".*.tmp")) if place.is_dir() and not place.is_symlink() else []
        findings += [Finding(path, Kind.left_over, Kind.left_over.value) for path in left]
    for name, read in ((HISTORY, read_history), (CARD, read_card), (CLASS_MEANS, read_class_means)):
        try:
            read(study)
        except StoreError as error:
            findings.append(Finding(study / name, Kind.damaged, str(error)))
    if study / CLASS_MEANS not in {finding.path for finding in findings}:
        findings += _class_means(study)
    return findings


def _class_means(study: Path) -> list[Finding]:
    """Hold the class means against the checksum that the latest command noted."""
    try:
        noted = [entry["class_means"] for entry in read_history(study) if "class_means" in entry]
        now = class_means_checksum(study)
    except StoreError:  # which is a finding of its own
        return []
    if not noted or now == noted[-1]:
        return []
    if now is None:
        return [Finding(study / CLASS_MEANS, Kind.lost, f"{CLASS_MEANS} is missing")]
    words = f"{CLASS_MEANS} is not the file that was written"
    return [Finding(study / CLASS_MEANS, Kind.damaged, words)]
