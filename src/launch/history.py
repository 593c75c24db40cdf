"""A sweep's entry in its study's history: which command did what, when, where and with what.

Owns the entry's fields. They hold no environment variable and no path of the machine.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from src.errors import StoreError
from src.execution.job import Job
from src.storage.provenance import diff_digest, provenance
from src.storage.record import Record
from src.storage.run_folder import has_ended, has_result
from src.storage.store import read_record
from src.storage.study import run_folders, set_aside
from src.storage.study_files import HISTORY, class_means_checksum, read_history, write_history
from src.terminal import say
from src.timeline import DONE, Ending


@contextmanager
def recorded(
    study: Path, words: Sequence[str], jobs: Sequence[Job], todo: Sequence[Job]
) -> Iterator[dict[str, Record]]:
    """Have a command in the history of its study from its start, and how it ended at its end.

    Yields a dict that is filled then: the latest record of every run that ended, by id.

    Parameters
    ----------
    study
        Its folder.
    words
        The overrides.
    jobs, todo
        All that was asked for, and what of it the study does not have.
    """
    entry: dict[str, Any] = {
        "command": ["python", "-m", "src.train", *sys.argv[1:]],
        "overrides": list(words),
        "started": _now(),
        "digests": {job.run.folder or job.run.source.name: job.digest for job in jobs},
        "class_means": class_means_checksum(study),
        "planned": len(jobs),
        "reused": len(jobs) - len(todo),
        "trained": None,
        "failed": None,
        "left": None,
        "outcomes": {},
        "results": None,
        "ended": None,
        **provenance(),
        "diff_digest": diff_digest(),
    }
    history = _history(study)
    write_history(study, [*history, entry])
    records: dict[str, Record] = {}
    try:
        yield records
    except BaseException:
        with _warned(StoreError):  # what ended the command is what is told of it
            _close(study, history, entry, todo, records)
        raise
    _close(study, history, entry, todo, records)


def _close(
    study: Path,
    history: list[dict[str, Any]],
    entry: dict[str, Any],
    todo: Sequence[Job],
    records: dict[str, Record],
) -> None:
    """Fill in the records, and write how the command ended."""
    for job in todo:
        if has_ended(job.folder):
            with _warned(StoreError):
                records[job.id] = read_record(job.folder, latest=True)
    write_history(study, [*history, entry | _end(study, len(todo), records.values())])


@contextmanager
def _warned(kind: type[Exception]) -> Iterator[None]:
    """Print an error as a warning."""
    try:
        yield
    except kind as error:
        say(f"warning: {error}")


def _end(study: Path, asked: int, records: Iterable[Record]) -> dict[str, Any]:
    """Return how the runs ended that a command was to train, and how many results there are."""
    endings = Counter(record.outcome.ending for record in records)
    trained = sum(endings[ending] for ending in DONE)
    return {
        "trained": trained,
        "failed": endings[Ending.failed],
        "left": asked - trained,
        "outcomes": {ending.name: count for ending, count in endings.items()},
        "results": sum(map(has_result, run_folders(study))),
        "ended": _now(),
    }


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _history(study: Path) -> list[dict[str, Any]]:
    try:
        return read_history(study)
    except StoreError as error:  # a torn history loses no run
        aside = set_aside(study, study / HISTORY)
        say(f"warning: {error}; set aside as {aside}")
        return []
