"""Commands as a user types them: whole processes, timed from start to end in an empty folder."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The checkout: `src` is imported from here, whatever the working folder."""

OURS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "XLA_FLAGS", "JAX_PLATFORMS")
"""What `benchmarks` sets for itself, and no user's shell has."""


@dataclass(frozen=True)
class Took:
    """What a command took."""

    wall: float
    processor: float
    """Seconds of all its processes, user and system."""


class CommandFailed(Exception):
    """A command ended with another exit code than 0."""


def run(words: Sequence[str], folder: Path) -> Took:
    """Run `python words…` in a folder and time it.

    Raises
    ------
    CommandFailed
        With the last lines of what it said.
    """
    environment = {key: value for key, value in os.environ.items() if key not in OURS}
    environment["PYTHONPATH"] = str(ROOT)
    before, start = os.times(), time.perf_counter()
    ended = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True
    )
    wall, after = time.perf_counter() - start, os.times()
    if ended.returncode:
        last = (ended.stdout + ended.stderr).strip().splitlines()[-5:]
        raise CommandFailed(f"{' '.join(words)} ended with {ended.returncode}: " + "\n".join(last))
    used = after.children_user + after.children_system
    return Took(wall, used - before.children_user - before.children_system)


def sweep(*words: str) -> list[str]:
    """Return the words of one of our multiruns."""
    return ["-m", "src.train", "-m", *words]
