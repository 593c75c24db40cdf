"""Chunks: the part of a sweep that one task trains, as a JSON file in the study.

    STUDY/.chunks/BATCH/        one submission
      00007.json                jobs in stacks, and what they cost; written once, before all others
      00007.state.json          how its task gets on: epoch, samples, node, restarts
      00007.stopped             it was told to stop, and every run has its checkpoint
      00007.done                it has come to its end: what has no result then has failed
      00007.log                 what the task printed; that of a restart is appended

Owns the first of these files. A run's folder is its result and its id says what it is, so nothing
needs to be handed back: a chunk may be trained by anyone, again, late, or twice at once, and leaves
the same bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from src.errors import ConfigError, StoreError
from src.execution.job import Job
from src.run import Run
from src.storage.files import MOST_JSON, read_json, replace, to_json
from src.storage.provenance import provenance

FORMAT = 1
MOST_CHUNK = 64 * MOST_JSON
"""Bytes of two hundred thousand runs."""


@dataclass(frozen=True)
class Chunk:
    """Stacks of jobs for one task."""

    stacks: list[list[Job]]
    seconds: list[float]
    """About what each stack costs on one core."""
    workers: int = 1
    """In how many processes its task trains."""
    deaths: int = 0
    """How often a task that had these runs was killed."""

    @property
    def jobs(self) -> list[Job]:
        """All jobs."""
        return [job for stack in self.stacks for job in stack]

    def halves(self) -> "list[Chunk]":
        """Return two chunks, each with half of the jobs; the stacks are cut where need be."""
        half = (len(self.jobs) + 1) // 2
        parts: tuple[list[tuple[list[Job], float]], ...] = ([], [])
        for jobs, seconds in zip(self.stacks, self.seconds, strict=True):
            first = max(0, min(len(jobs), half))
            half -= len(jobs)
            for part, some in zip(parts, (jobs[:first], jobs[first:]), strict=True):
                if some:
                    part.append((some, seconds * len(some) / len(jobs)))
        return [
            Chunk([jobs for jobs, _ in part], [cost for _, cost in part], self.workers, self.deaths)
            for part in parts
        ]


def write_chunk(path: Path, chunk: Chunk, study: Path) -> None:
    """Write a chunk; of every job stands there what differs from the first one."""
    first = chunk.jobs[0]
    content = {
        "format": FORMAT,
        "commit": provenance()["commit"],
        "workers": chunk.workers,
        "deaths": chunk.deaths,
        "first": {
            "digest": first.digest,
            "checkpoint_seconds": first.checkpoint_seconds,
            "record": first.run.record(),
            "choices": dict(first.choices),
            "words": list(first.words),
            "config": first.config.splitlines(),
        },
        "stacks": [
            {"seconds": round(seconds, 3), "jobs": [_fields(job, first, study) for job in stack]}
            for stack, seconds in zip(chunk.stacks, chunk.seconds, strict=True)
        ],
    }
    replace(path, to_json(content))


def _fields(job: Job, first: Job, study: Path) -> dict[str, Any]:
    fields = {
        "id": job.id,
        "folder": job.folder.relative_to(study).as_posix(),
        "digest": None if job.digest == first.digest else job.digest,
        "record": _changes(first.run.record(), job.run.record()),
        "choices": _changes(dict(first.choices), dict(job.choices)),
        "words": _changed_lines(first.words, job.words),
        "config": _changed_lines(first.config.splitlines(), job.config.splitlines()),
    }
    return {name: value for name, value in fields.items() if value}


def _changes(first: Mapping[str, Any], mine: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in mine.items() if value != first[key]}


def _changed_lines(first: Sequence[str], mine: Sequence[str]) -> dict[str, str] | list[str]:
    """Return the lines that differ by their numbers; all of them where there are more or fewer."""
    if len(first) != len(mine):
        return list(mine)
    pairs = enumerate(zip(first, mine, strict=True))
    return {str(number): line for number, (before, line) in pairs if line != before}


def read_chunk(path: Path) -> Chunk:
    """Read a chunk.

    Raises
    ------
    StoreError
        The file is damaged, or was written for another engine or other digits.
    """
    content = read_json(path, "a chunk of a sweep", MOST_CHUNK)
    study = path.parents[2]
    try:
        if content["format"] != FORMAT:
            raise ValueError(f"its format is {content['format']}, this version reads {FORMAT}")
        first = content["first"]
        stacks = [
            [_job(fields, first, study) for fields in stack["jobs"]] for stack in content["stacks"]
        ]
        seconds = [float(stack["seconds"]) for stack in content["stacks"]]
        return Chunk(stacks, seconds, int(content["workers"]), int(content["deaths"]))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, ConfigError) as error:
        raise StoreError(f"{path} is not a chunk of a sweep: {error}") from error


def commit_of(path: Path) -> str | None:
    """Return the commit at which a chunk was planned, None where that is not known."""
    commit = read_json(path, "a chunk of a sweep", MOST_CHUNK).get("commit")
    return None if commit is None else str(commit)


def _job(fields: Mapping[str, Any], first: Mapping[str, Any], study: Path) -> Job:
    folder = PurePosixPath(fields["folder"])
    if folder.is_absolute() or ".." in folder.parts or not folder.parts:
        raise ValueError(f"{folder} is not a folder of the study")
    config = _lines(first["config"], fields.get("config", {}))
    job = Job(
        run=Run.of_record(first["record"] | fields.get("record", {})),
        digest=fields.get("digest", first["digest"]),
        id=fields["id"],
        folder=study / folder,
        choices=tuple((first["choices"] | fields.get("choices", {})).items()),
        words=tuple(_lines(first["words"], fields.get("words", {}))),
        config="".join(f"{line}\n" for line in config),
        checkpoint_seconds=first["checkpoint_seconds"],
    )
    if not folder.name.endswith(f"-{job.id}"):
        raise ValueError(f"{folder} is not the folder of the run {job.id}")
    return job


def _lines(first: list[str], changed: Mapping[str, str] | list[str]) -> list[str]:
    if isinstance(changed, list):
        return changed
    lines = list(first)
    for number, line in changed.items():
        lines[int(number)] = line
    return lines
