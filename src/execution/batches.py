"""What became of the chunks of a study, from its files and from whoever has its tasks.

Owns the folders of batches, and the rule by which a task that is gone has finished, was stopped, or
was killed.
"""

import os
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Any

from src.errors import StoreError
from src.execution.chunk import Chunk, read_chunk, write_chunk
from src.execution.task import DONE, STATE, STOPPED
from src.storage.files import read_json, sync_folder, to_json
from src.storage.files import replace as write

States = Mapping[tuple[str, int], str]
"""A cluster's word for the state of every task that it has, by its batch's name and its number."""

CHUNKS = ".chunks"
SUBMITTED, CLOSED = "submitted.json", "closed"


class Fate(Enum):
    """What became of a task."""

    done = "done"
    running = "running"
    waiting = "waiting"
    stopped = "stopped"
    """It was told to, or was taken from the queue before it began."""
    time_is_up = "out of time"
    """Its time limit came, and it could not queue itself again."""
    killed = "lost"
    """By the kernel, a lost node, a limit of memory."""
    unknown = "unknown"
    """Nobody answers who could tell."""


QUEUED = (Fate.running, Fate.waiting, Fate.unknown)
"""Of tasks that may still train."""


@dataclass(frozen=True)
class Task:
    """A chunk's file, and what became of its task."""

    path: Path
    fate: Fate
    word: str = ""
    """The cluster's own for its state."""

    @cached_property
    def chunk(self) -> Chunk:
        """The chunk; read when it is asked for."""
        return read_chunk(self.path)

    @property
    def state(self) -> dict[str, Any]:
        """How it got on when it last said so; nothing before it began."""
        with suppress(StoreError):
            said = read_json(self.path.with_suffix(STATE), "the state of a task")
            return said if isinstance(said, dict) else {}
        return {}

    @property
    def end(self) -> dict[str, Any]:
        """What it said at its end."""
        said = read_json(self.path.with_suffix(DONE), "the end of a task")
        return said if isinstance(said, dict) else {}


@dataclass(frozen=True)
class Batch:
    """The chunks that were submitted together."""

    folder: Path

    @property
    def name(self) -> str:
        """The name of its job."""
        return f"{self.folder.parents[1].name}.{self.folder.name}"

    @property
    def job(self) -> str | None:
        """The number of its job, None where nobody has written it down."""
        with suppress(StoreError):
            said = read_json(self.folder / SUBMITTED, "a submission")
            return str(said["job"]) if isinstance(said, dict) and "job" in said else None
        return None

    def tasks(self, states: States | None) -> list[Task]:
        """Return every task with what became of it.

        What has ended in the cluster and is not done was stopped, if it never began or says so,
        else killed. `states` is to be older than this call: a task writes its last file first.
        """
        names = {entry.name for entry in os.scandir(self.folder)}
        chunks = sorted(name for name in names if len(name) == 10 and name.endswith(".json"))
        tasks = []
        for name in chunks:
            stem = name.removesuffix(".json")
            word = None if states is None else states.get((self.name, int(stem)))
            fate = _fate({suffix: stem + suffix in names for suffix in (DONE, STOPPED, STATE)})
            if fate is not Fate.done:
                if states is None:
                    fate = Fate.unknown
                elif word is not None:
                    fate = Fate.waiting if word == "PENDING" else Fate.running
            path = self.folder / name
            if fate is Fate.stopped and stem + STOPPED in names and _time_is_up(path):
                fate = Fate.time_is_up
            tasks.append(Task(path, fate, word or ""))
        return tasks

    def close(self) -> None:
        """Note that nothing of it is to be looked at any more."""
        write(self.folder / CLOSED, b"")


def _fate(has: Mapping[str, bool]) -> Fate:
    if has[DONE]:
        return Fate.done
    return Fate.killed if has[STATE] and not has[STOPPED] else Fate.stopped


def _time_is_up(path: Path) -> bool:
    with suppress(StoreError):
        said = read_json(path.with_suffix(STOPPED), "the end of a task")
        return isinstance(said, dict) and said.get("time_is_up") is True
    return False


def batches(study: Path, closed: bool = False) -> list[Batch]:
    """Return the batches of a study, the oldest first; with `closed` also those that are over."""
    home = study / CHUNKS
    if home.is_symlink():
        raise StoreError(f"{home} must be a folder of the study, and is a link")
    if not home.is_dir():
        return []
    with os.scandir(home) as entries:
        folders = sorted(Path(e.path) for e in entries if e.is_dir(follow_symlinks=False))
    return [Batch(each) for each in folders if closed or not (each / CLOSED).exists()]


def write_batch(study: Path, chunks: Sequence[Chunk]) -> Batch:
    """Write chunks into a new batch, which is whole before anybody can submit it."""
    now = time.time_ns()
    stamp = f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime(now // 10**9))}{now % 10**9:09}"
    folder = study / CHUNKS / f"{stamp}-{secrets.token_hex(2)}"
    folder.mkdir(parents=True)
    for number, chunk in enumerate(chunks):
        write_chunk(folder / f"{number:05}.json", chunk, study)
    sync_folder(folder)
    return Batch(folder)


def note_job(batch: Batch, job: str) -> None:
    """Note the number that the cluster has given to a batch."""
    write(batch.folder / SUBMITTED, to_json({"job": job}))


def after_death(chunk: Chunk) -> list[Chunk]:
    """Return what is to be trained next of a chunk whose task was killed.

    Once more as it is; after a second time in halves, until the run that kills its task stands
    alone. Nothing, of a single run that has done so twice.
    """
    chunk = replace(chunk, deaths=chunk.deaths + 1)
    if chunk.deaths < 2:
        return [chunk]
    return chunk.halves() if len(chunk.jobs) > 1 else []


def only(chunk: Chunk, wanted: Iterable[str]) -> Chunk | None:
    """Return a chunk with those of its jobs whose ids are wanted, None where there are none."""
    ids = set(wanted)
    kept: Iterator[tuple[list[Any], float]] = (
        ([job for job in stack if job.id in ids], seconds)
        for stack, seconds in zip(chunk.stacks, chunk.seconds, strict=True)
    )
    pairs = [(stack, seconds) for stack, seconds in kept if stack]
    if not pairs:
        return None
    return replace(chunk, stacks=[stack for stack, _ in pairs], seconds=[cost for _, cost in pairs])
