"""What a task of a cluster does: `python -m src.train --chunk FILE`.

Owns the files that say how it gets on and how it ended. It trains what has no result yet of its
chunk, takes no lock, writes nothing but the folders of its runs and its own three files, and needs
no Hydra.
"""

import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from src.errors import StoreError
from src.execution.chunk import Chunk, commit_of, read_chunk
from src.execution.interruption import EXIT_CODE, Interrupted, Interruption
from src.execution.local import run_stacks
from src.execution.worker import Progress
from src.storage.files import replace, to_json
from src.storage.provenance import provenance
from src.storage.run_folder import has_ended, is_done
from src.terminal import say
from src.timeline import Ending

STATE, STOPPED, DONE = ".state.json", ".stopped", ".done"
STATE_SECONDS = 2.0


def train_chunk(path: Path) -> int:
    """Train what a chunk lacks, and return the exit code that tells the truth of it.

    Returns
    -------
    0 where every run has its result, 1 where one failed, 130 where the task was told to stop.

    Raises
    ------
    StoreError
        The chunk cannot be read, or was planned with other code or other digits.
    """
    chunk = read_chunk(path)
    _check(path, chunk)
    stacks = [[job for job in stack if not is_done(job.folder)] for stack in chunk.stacks]
    stacks = [stack for stack in stacks if stack]
    path.with_suffix(STOPPED).unlink(missing_ok=True)
    state = _State(path, len(chunk.jobs) - sum(map(len, stacks)))
    interruption = Interruption(raises=False, patient=True)
    unwritten: dict[str, str] = {}
    try:
        for job, record in run_stacks(stacks, chunk.workers, state.progress, interruption):
            state.ended(record.outcome.ending)
            if not has_ended(job.folder):
                unwritten[job.id] = str(record.outcome.message)
    except Interrupted:
        return _stop(path, interruption.time_is_up)
    end = {"failed": state.failed, "unwritten": unwritten}
    replace(path.with_suffix(DONE), to_json(end))
    return int(state.failed > 0)


def _check(path: Path, chunk: Chunk) -> None:
    """Refuse to train with other code or digits than those that the chunk was planned with."""
    then, now = commit_of(path), provenance()["commit"]
    if then != now:
        rule = f"was planned at commit {then}, and here the code is at {now}"
        raise StoreError(f"{path} {rule}: type the sweep's command again")
    for job in chunk.jobs:
        if job.run.id() != job.id:
            rule = "was planned with another engine or other digits"
            raise StoreError(f"{path} {rule}: type the sweep's command again")


class _State:
    """Says in a file how the task gets on, every few seconds."""

    def __init__(self, path: Path, done: int) -> None:
        self.path = path.with_suffix(STATE)
        self.values: dict[str, Any] = {"node": _node(), "restarts": _restarts(), "done": done}
        self.values |= {"epoch": 0, "samples": 0}
        self.failed = 0
        self._samples: dict[int, int] = {}
        self._last = 0.0
        self._write()

    def progress(self, progress: Progress) -> None:
        self._samples[progress.stack] = progress.samples
        self.values |= {"epoch": progress.epoch, "samples": sum(self._samples.values())}
        self._write()

    def ended(self, ending: Ending) -> None:
        self.values["done"] += 1
        self.failed += ending is Ending.failed
        self._write()

    def _write(self) -> None:
        if time.monotonic() - self._last >= STATE_SECONDS:
            self._last = time.monotonic()
            said = {**self.values, "time": round(time.time(), 1)}
            replace(self.path, to_json(said), durable=False)


def _node() -> str:
    return os.environ.get("SLURMD_NODENAME") or socket.gethostname()


def _restarts() -> int:
    return int(os.environ.get("SLURM_RESTART_COUNT") or 0)


def _stop(path: Path, time_is_up: bool) -> int:
    """Say that the task stopped; before its time limit, have it queued again."""
    if time_is_up and _queued_again():
        return EXIT_CODE
    why = "the time limit" if time_is_up else "a signal"
    replace(path.with_suffix(STOPPED), to_json({"by": why, "time_is_up": time_is_up}))
    return EXIT_CODE


def _queued_again() -> bool:
    # Not SLURM_JOB_ID: an array's last task has the number of the whole array there.
    names = ("SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID")
    if any(name not in os.environ for name in names):
        return False
    task = "_".join(os.environ[name] for name in names)
    try:
        subprocess.run(["scontrol", "requeue", task], check=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        say(f"warning: {task} cannot be queued again: {error}")
        return False
    return True
