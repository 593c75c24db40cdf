"""SLURM by its own commands: submit an array of tasks, ask for their states, end them.

Owns the calls of `sbatch`, `squeue` and `scancel`. Tasks are known by the name of their job, which
is that of their batch: it is there before `sbatch` has answered, so that a command which is killed
in that moment loses nothing. No accounting is needed.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable

from src.errors import StoreError
from src.execution.batches import Batch, States
from src.execution.cluster import Cluster
from src.execution.executors import Slurm

_ENDED = (
    *("BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY"),
    *("PREEMPTED", "REVOKED", "TIMEOUT"),
)
"""States of a task that SLURM will not run any more, unless it says otherwise a moment later."""

SECONDS = 60
"""So long an answer is waited for."""

FEWEST_INDICES = 1001
"""An array's largest size where SLURM does not say it: its own default."""

_SCRIPT = """\
#!/bin/bash
exec {python} -m src.train --chunk {batch}/$(printf %05d "$SLURM_ARRAY_TASK_ID").json
"""


class SlurmCluster(Cluster):
    """The SLURM that the commands on this machine's path speak to."""

    def __init__(self, slurm: Slurm) -> None:
        self.slurm = slurm

    def submit(self, batch: Batch, tasks: int) -> str:
        """Submit a batch as an array of tasks and return the number of its job."""
        slurm, folder = self.slurm, batch.folder
        throttle = f"%{slurm.throttle}" if slurm.throttle else ""
        words = ["sbatch", "--parsable", f"--array=0-{tasks - 1}{throttle}"]
        words += [f"--job-name={batch.name}", "--requeue", "--open-mode=append"]
        words += [f"--signal=B:USR1@{slurm.signal_seconds}", f"--output={folder}/%5a.log"]
        python = shlex.quote(sys.executable)
        script = _SCRIPT.format(python=python, batch=shlex.quote(str(folder)))
        done = _run([*words, *slurm.options], script)
        if done is None or done.returncode:
            if done is not None:  # else it may have taken them all the same
                shutil.rmtree(folder)
            raise StoreError(f"sbatch has not taken the tasks of {folder}: {_complaint(done)}")
        return done.stdout.split(";")[0].strip()

    def states(self, batches: Iterable[Batch]) -> States | None:
        """Return the states of all tasks that SLURM knows."""
        return states(batch.name for batch in batches)

    def cancel(self, batches: Iterable[Batch]) -> None:
        """End all tasks of batches."""
        for batch in batches:
            _run(["scancel", f"--name={batch.name}"])

    def most_tasks(self) -> int:
        """Return how many tasks an array may have."""
        done = _run(["scontrol", "show", "config"])
        found = re.search(r"^MaxArraySize\s*=\s*(\d+)", done.stdout, re.M) if done else None
        return max(1, int(found[1]) if found else FEWEST_INDICES)


def states(names: Iterable[str]) -> States | None:
    """Return the states of the tasks of jobs of these names; None where SLURM is silent."""
    names = sorted(names)
    found: dict[tuple[str, int], str] = {}
    for i in range(0, len(names), 100):
        words = ["squeue", "-h", "-r", "-t", "all", "-o", "%j|%K|%T"]
        done = _run([*words, "-n", ",".join(names[i : i + 100])])
        if done is None or done.returncode:
            return None
        for line in done.stdout.splitlines():
            name, index, state = line.strip().rsplit("|", 2)
            if index.isdigit() and state not in _ENDED:  # of cancelled ones it may be a range
                found[name, int(index)] = state
    return found


def _run(words: list[str], script: str | None = None) -> "subprocess.CompletedProcess[str] | None":
    """Run a command of SLURM; None where it is not there, or says nothing for a minute."""
    # In a task of SLURM's own, its variables would be taken for wishes.
    ours = {k: v for k, v in os.environ.items() if k == "SLURM_CONF" or not k.startswith("SLURM_")}
    try:
        return subprocess.run(
            words,
            input=script,
            capture_output=True,
            text=True,
            check=False,
            env=ours,
            timeout=SECONDS,
            start_new_session=True,  # out of reach of a Ctrl-C
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


def _complaint(done: "subprocess.CompletedProcess[str] | None") -> str:
    if done is None:
        return "it is not installed here, or does not answer"
    return " ".join(done.stderr.split()) or f"exit code {done.returncode}"
