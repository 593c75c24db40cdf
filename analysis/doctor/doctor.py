"""Doctor: is a study whole? Every file against its checksum, its schema and its run's identity.

Owns the examination of a study, and its report. It changes nothing, unless it is told to set the
damaged aside, so that the next sweep trains them again.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from analysis.doctor.findings import Finding, Kind
from analysis.doctor.run_examination import examine_run
from analysis.doctor.study_examination import beside_runs
from analysis.study.generations import Origin, asked_for, stale
from src import ENGINE_VERSION
from src.errors import StoreError
from src.storage.identity import ID_LENGTH
from src.storage.record import Record
from src.storage.run_folder import has_ended
from src.storage.study import locked, run_folders, set_aside
from src.storage.study_files import (
    HISTORY,
)

MOST_ROWS = 20
"""Of each kind of finding; a study that was interrupted may have thousands of one."""


@dataclass(frozen=True)
class Examination:
    """What was found in a study."""

    study: Path
    runs: dict[str, int]
    """How many runs there are, by how they ended."""
    findings: list[Finding]

    @property
    def whole(self) -> bool:
        """Whether nothing needs a look."""
        return all(finding.kind.harmless for finding in self.findings)


def examine(study: Path) -> Examination:
    """Examine every file of a study.

    Raises
    ------
    StoreError
        There is no such folder, or it is not that of a study.
    """
    if not study.is_dir():
        raise StoreError(f"{study} is not the folder of a study")
    if has_ended(study):
        raise StoreError(f"{study} is the folder of a run: its study is {study.parent}")
    folders = list(run_folders(study))
    if not folders and not (study / HISTORY).exists():
        raise StoreError(f"{study} is not the folder of a study: no sweep has written to it")
    runs, records = defaultdict[str, int](int), dict[Path, Record]()
    findings = []
    for folder in folders:
        try:
            found, record = examine_run(folder)
        except OSError as error:  # nobody may read it: the other runs are examined all the same
            words = f"cannot be read: {error.strerror or error}"
            found, record = [Finding(folder, Kind.unreadable, words)], None
        findings += found
        if record is not None:
            records[folder] = record
        kinds = {finding.kind for finding in found}
        bad_kind = next((kind for kind in (Kind.damaged, Kind.unreadable) if kind in kinds), None)
        runs[bad_kind.name if bad_kind else record.outcome.ending.name if record else "begun"] += 1
    bad = {finding.path for finding in findings if finding.kind is Kind.damaged}
    findings += _duplicates(sorted(folders, key=lambda folder: folder in bad))
    findings += _stale(study, records)
    findings += beside_runs(study, folders)
    return Examination(study, dict(runs), findings)


def report(study: Path, aside: bool = False) -> tuple[str, int]:
    """Return what to print of a study, and the exit code: 0 where it is whole.

    Parameters
    ----------
    study
        Its folder.
    aside
        Set the damaged aside.
    """
    with ExitStack() as held:
        if aside and study.is_dir() and any(run_folders(study)):  # else it may be no study at all
            held.enter_context(locked(study, fresh=False))
        found = examine(study)
        moved = quarantine(found) if aside else []
    lines = [*_rows(found), *(f"set aside   {path.relative_to(study)}" for path in moved)]
    bad = Counter(
        finding.kind.name
        for finding in found.findings
        if not finding.kind.harmless and not (aside and finding.kind.quarantined)
    )
    runs = sum(found.runs.values())
    ended = ", ".join(f"{count:,} {ending}" for ending, count in found.runs.items())
    verdict = ", ".join(f"{count} {kind}" for kind, count in bad.items())
    verdict = f"not whole: {verdict}" if bad else "whole"
    lines.append(f"{study}: {runs:,} run{'s' * (runs != 1)} ({ended or 'none yet'}), {verdict}")
    if moved:
        lines.append("Next: the command of the sweep trains again what was set aside")
    elif any(finding.kind.quarantined for finding in found.findings):
        lines.append("Next: --quarantine sets the damaged aside, for the next sweep to train again")
    return "\n".join(lines), int(bool(bad))


def quarantine(found: Examination) -> list[Path]:
    """Set aside what the next sweep can make good, and return where it is now."""
    bad = {finding.path for finding in found.findings if finding.kind.quarantined}
    return [set_aside(found.study, path) for path in sorted(bad)]


def _rows(found: Examination) -> list[str]:
    """Return a line a finding: its kind, where, what."""
    rows = []
    for kind in Kind:
        of_kind = [finding for finding in found.findings if finding.kind is kind]
        for finding in of_kind[:MOST_ROWS]:
            words = finding.words.replace(f"{finding.path}/", "").replace(f"{found.study}/", "")
            where = finding.path.relative_to(found.study)
            rows.append(f"{kind.name.replace('_', ' '):10}  {where}  {words}")
        if len(of_kind) > MOST_ROWS:
            rows.append(f"{'':10}  … and {len(of_kind) - MOST_ROWS:,} more of these")
    return rows


def _duplicates(folders: Sequence[Path]) -> list[Finding]:
    """Find runs that lie in two places; the first that is named is the one to stay."""
    places: dict[str, list[Path]] = defaultdict(list)
    for folder in folders:
        places[folder.name[-ID_LENGTH:]].append(folder)
    return [
        Finding(folder, Kind.misplaced, f"the run also lies in {same[0]}")
        for same in places.values()
        for folder in same[1:]
    ]


def _stale(study: Path, records: dict[Path, Record]) -> list[Finding]:
    """Find runs of an older engine, or on digits that have changed since."""
    origins = [_origin(record) for record in records.values()]
    newest = max((origin.engine for origin in origins), default=ENGINE_VERSION)
    findings = []
    for folder, origin, old in zip(records, origins, stale(origins, asked_for(study)), strict=True):
        if origin.engine != ENGINE_VERSION:
            words = f"trained by engine {origin.engine}, this is {ENGINE_VERSION}"
            findings.append(Finding(folder, Kind.stale, words))
        elif old:
            words = f"the digits of {origin.source} have changed since"
            if origin.engine != newest:
                words = f"trained by engine {origin.engine}, others by {newest}"
            findings.append(Finding(folder, Kind.stale, words))
    return findings


def _origin(record: Record) -> Origin:
    source = record.config.get("folder") or record.config.get("source")
    finished = record.execution.get("finished", "")
    return Origin(record.engine_version, str(source), record.data_digest[:ID_LENGTH], str(finished))
