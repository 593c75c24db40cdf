"""Doctor: is a study whole? Every file against its checksum, its schema and its run's identity.

Owns the examination. It changes nothing, unless it is told to set the damaged aside, so that the
next sweep trains them again.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from src import ENGINE_VERSION
from src.errors import StoreError
from src.identity import ID_LENGTH, run_id
from src.keepsakes import CARD, CLASS_MEANS, HISTORY, read_card, read_class_means, read_history
from src.store import (
    CHECKPOINT,
    FILES,
    RECORD,
    UNFINISHED,
    damage,
    has_result,
    read_checkpoint,
    read_curves,
    read_filters,
    read_parameters,
    read_record,
)
from src.study import ASIDE, LOCK, ROOT, run_folders, set_aside

DAMAGED = ("damaged", "wrong id", "duplicate")
"""What `quarantine` sets aside. The rest is said, and left to people."""

KEPT = {HISTORY, CARD, CLASS_MEANS, LOCK, ASIDE, "analysis", "multirun.yaml"}


@dataclass(frozen=True)
class Finding:
    """Something in a study that is not as a sweep leaves it."""

    path: Path
    kind: str
    """damaged, wrong id, duplicate, foreign, left over, unfinished, or another engine's."""
    words: str

    @property
    def harmless(self) -> bool:
        """Whether the study is whole all the same: the next sweep makes it good by itself."""
        return self.kind in ("unfinished", "left over", "another engine's", "set aside")


def examine(study: Path) -> list[Finding]:
    """Examine every file of a study.

    Raises
    ------
    StoreError
        There is no such folder.
    """
    if not study.is_dir():
        raise StoreError(f"{study} is not the folder of a study")
    folders = list(run_folders(study))
    findings = [finding for folder in folders for finding in _examine_run(folder)]
    findings += _duplicates(folders)
    findings += _beside_runs(study, set(folders))
    return findings


def quarantine(study: Path, findings: list[Finding]) -> list[Path]:
    """Set the damaged runs of a study aside and return where they are now."""
    folders = {f.path if f.path.is_dir() else f.path.parent for f in findings if f.kind in DAMAGED}
    return [set_aside(study, folder) for folder in sorted(folders) if folder != study]


def run(words: Sequence[str]) -> int:
    """Answer `doctor STUDY [--quarantine]`, and return the exit code.

    Raises
    ------
    SweepscopeError
        There is no such study, or a word cannot be meant.
    """
    from analysis.shell import Parser

    parser = Parser(prog="python -m analysis doctor", description=__doc__.splitlines()[0])
    parser.add_argument("study", help="folder or name")
    parser.add_argument("--quarantine", action="store_true", help="set the damaged aside")
    given = parser.parse_args(words)
    named = Path(ROOT, given.study)
    text, code = report(named if named.is_dir() else Path(given.study), given.quarantine)
    print(text)
    return code


def report(study: Path, aside: bool = False) -> tuple[str, int]:
    """Return what to print of a study, and the exit code: 0 where it is whole.

    Parameters
    ----------
    study
        Its folder.
    aside
        Set the damaged aside.
    """
    findings = examine(study)
    runs = len(list(run_folders(study)))
    lines = [f"{finding.kind:16}  {finding.path}: {finding.words}" for finding in findings]
    moved = quarantine(study, findings) if aside else []
    lines += [f"{'set aside':16}  {path}" for path in moved]
    bad = [f for f in findings if not f.harmless and not (aside and f.kind in DAMAGED)]
    verdict = "whole" if not bad else f"not whole: {len(bad)} of these need a look"
    lines.append(f"{study}: {runs:,} run{'s' * (runs != 1)}, {verdict}")
    return "\n".join(lines), int(bool(bad))


def _examine_run(folder: Path) -> list[Finding]:
    findings = [
        Finding(path, "left over", "a writer was killed; the next sweep removes it")
        for path in folder.glob(".*.tmp")
    ]
    known = {*FILES, ".hydra", *(finding.path.name for finding in findings)}
    strange = sorted(path for path in folder.iterdir() if path.name not in known)
    findings += [Finding(path, "foreign", "no run writes it") for path in strange]
    if has_result(folder):
        return findings + _examine_result(folder)
    words = "begun, and not ended"
    if (folder / UNFINISHED).exists():
        try:
            words = str(read_record(folder).outcome)
        except StoreError as error:
            words = str(error)
    if (folder / CHECKPOINT).exists() and read_checkpoint(folder) is None:
        words += "; its checkpoint is damaged, it will start anew"
    return [*findings, Finding(folder, "unfinished", words)]


def _examine_result(folder: Path) -> list[Finding]:
    try:
        record = read_record(folder)
        wrong = damage(folder, record.id)
        lengths = {len(curve) for curve in read_curves(folder).values()}
        read_filters(folder)
        read_parameters(folder)
    except StoreError as error:
        return [Finding(folder, "damaged", str(error))]
    if wrong is not None:
        return [Finding(folder, "damaged", wrong)]
    if lengths != {record.config.get("epochs", -1) + 1}:
        return [Finding(folder, "damaged", "its curves do not have the epochs of its config")]
    expected = run_id(record.config, record.data_digest, record.engine_version)
    if record.id != expected or folder.name[-ID_LENGTH:] != expected:
        return [Finding(folder, "wrong id", f"{RECORD} is that of run {expected}")]
    findings = []
    if (folder / CHECKPOINT).exists() or (folder / UNFINISHED).exists():
        findings.append(Finding(folder, "left over", "a checkpoint; the next sweep removes it"))
    if record.engine_version != ENGINE_VERSION:
        words = f"trained by engine {record.engine_version}, this is {ENGINE_VERSION}"
        findings.append(Finding(folder, "another engine's", words))
    return findings


def _duplicates(folders: list[Path]) -> list[Finding]:
    """Find runs that lie in two places, and data that changed under a study."""
    places: dict[str, list[Path]] = defaultdict(list)
    digests: dict[tuple[object, object], dict[str, Path]] = defaultdict(dict)
    for folder in folders:
        places[folder.name[-ID_LENGTH:]].append(folder)
        try:
            record = read_record(folder)
        except StoreError:
            continue
        source = record.config.get("source"), record.config.get("folder")
        digests[source].setdefault(record.data_digest, folder)
    findings = [
        Finding(folder, "duplicate", f"the run also lies in {same[0]}")
        for same in places.values()
        for folder in same[1:]
    ]
    for source, seen in digests.items():
        if len(seen) > 1:
            words = f"some runs had other data from {source[1] or source[0]} than others"
            findings += [Finding(path, "other data", words) for path in list(seen.values())[1:]]
    return findings


def _beside_runs(study: Path, folders: set[Path]) -> list[Finding]:
    findings = []
    shards = {folder.parent for folder in folders} - {study}
    for path in sorted(study.iterdir()):
        if path.name == ASIDE:
            words = f"{len(list(path.iterdir()))} damaged runs that were set aside"
            findings.append(Finding(path, "set aside", words))
        elif path.name.startswith(".") and path.suffix == ".tmp":
            findings.append(Finding(path, "left over", "a writer was killed"))
        elif path not in folders | shards and path.name not in KEPT and path.name[0] != ".":
            findings.append(Finding(path, "foreign", "no sweep writes it"))
    for name, read in ((HISTORY, read_history), (CARD, read_card), (CLASS_MEANS, read_class_means)):
        try:
            read(study)
        except StoreError as error:
            findings.append(Finding(study / name, "damaged", str(error)))
    return findings
