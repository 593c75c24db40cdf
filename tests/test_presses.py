"""Ctrl-C and SIGTERM, twice to four times within milliseconds, at any time of a sweep's life.

A small sweep is started at a terminal of its own, where Ctrl-C reaches all of its processes.
Signals are sent while Python starts, while workers start, train and end, and on the way out. The
command has to end within seconds, no process may be left, and the study has to go on to the results
of a sweep that nothing disturbed. The seed of the times is fixed. The slow tests press thousands of
times: `python -m pytest tests/test_presses.py -m slow`.
"""

import os
import random
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.test_faults import at_a_terminal, study, uninterrupted, whole_or_absent
from tests.test_resume import TINY, differing, forked, results
from tests.test_train import command

pytestmark = [
    pytest.mark.fault,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc"),
]

WORDS = ("-m", "study=s", "act=tanh,none", "order=random,alternate", "lrA=0.1", "lrW=0.1,30")
WORDS += (*TINY[:5], "epochs=600", "n_jobs=2", "checkpoint_seconds=0.05", "stack_memory=1")

END_SECONDS = 20.0
"""A command that has not ended by then hangs: it needs a fraction of a second when undisturbed."""
FEW, MANY = 12, 2000


@dataclass(frozen=True)
class Presses:
    """Signals to the process group, and the pauses before each of them, in seconds."""

    numbers: tuple[signal.Signals, ...]
    pauses: tuple[float, ...]

    @classmethod
    def drawn(cls, chance: random.Random, life: float) -> "Presses":
        """Draw two to four signals of a sweep that lives so long."""
        kinds = chance.choice([(signal.SIGINT,), (signal.SIGINT,), (signal.SIGINT, signal.SIGTERM)])
        count, longest = chance.randint(2, 4), chance.choice([0.0, 0.008, 0.008, 0.1])
        pauses = (chance.uniform(0, life), *(chance.uniform(0, longest) for _ in range(count - 1)))
        return cls(tuple(chance.choice(kinds) for _ in pauses), pauses)

    def send(self, group: int, ended: Callable[[float], bool]) -> None:
        """Send them, unless the group's leader has ended, waiting with the function given."""
        for number, pause in zip(self.numbers, self.pauses, strict=True):
            if ended(pause):
                return
            os.killpg(group, number)


@dataclass
class Toll:
    """What the presses have cost; all but `presses`, `studies` and `slowest` must be empty."""

    presses: int = 0
    studies: int = 1
    slowest: float = field(default=0.0, compare=False)
    """The longest time from the last signal to the end, in seconds."""
    hung: list[Presses] = field(default_factory=list)
    left: list[Presses] = field(default_factory=list)
    """After which processes were left."""
    differing: int = 0


def press(folder: Path, presses: Presses, toll: Toll, threads: str) -> None:
    """Start the sweep, send signals, and take the toll."""
    process, terminal = at_a_terminal(folder, *WORDS, OPENBLAS_NUM_THREADS=threads)
    try:
        presses.send(process.pid, lambda pause: _ended(process, terminal, pause))
        sent = time.monotonic()
        if not _ended(process, terminal, END_SECONDS):
            toll.hung.append(presses)
        else:
            toll.slowest = max(toll.slowest, time.monotonic() - sent)
            if not _is_empty(process.pid):
                toll.left.append(presses)
    finally:
        _clear(process, terminal)
    toll.presses += 1


def _clear(process: "subprocess.Popen[bytes]", terminal: int) -> None:
    for pid in session(process.pid):
        os.kill(pid, signal.SIGKILL)
    os.close(terminal)
    process.wait(60)


def _is_empty(leader: int) -> bool:
    """Return whether a session ends: workers see within milliseconds that their parent died."""
    end = time.monotonic() + 2.0
    while left := session(leader):
        if time.monotonic() > end:
            break
        time.sleep(0.005)
    return not left


def _ended(process: "subprocess.Popen[bytes]", terminal: int, seconds: float) -> bool:
    """Read what a process says for some time; return whether it has ended by then."""
    end = time.monotonic() + seconds
    while process.poll() is None:
        left = end - time.monotonic()
        if left <= 0:
            return False
        if select.select([terminal], [], [], min(left, 0.02))[0]:
            try:
                os.read(terminal, 65536)
            except OSError:  # EIO: the other end is closed
                time.sleep(0.002)
    return True


def session(leader: int) -> list[int]:
    """Return the living processes of a session."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, number = path.read_text().rpartition(")")[2].split()[:4]
        except (OSError, ValueError):  # it has ended meanwhile
            continue
        if int(number) == leader and state not in "ZX":
            found.append(int(path.parent.name))
    return found


def pressed(tmp_path: Path, count: int, seed: int, threads: str) -> Toll:
    """Press so many times; a study that is whole is begun anew."""
    whole, chance, toll = uninterrupted(tmp_path / "whole", WORDS), random.Random(seed), Toll()
    folder = tmp_path / "0"
    folder.mkdir()
    life = _life(tmp_path / "life", threads)
    while toll.presses < count:
        press(folder, Presses.drawn(chance, life), toll, threads)
        whole_or_absent(folder)
        if len(results(folder)) == len(whole):
            toll.differing += len(differing(results(folder), whole))
            shutil.rmtree(study(folder))
            toll.studies += 1
    said = forked(lambda: command(folder, *WORDS))
    assert said.code == 0, said
    toll.differing += len(differing(results(folder), whole))
    return toll


def _life(folder: Path, threads: str) -> float:
    """Return how long an undisturbed sweep takes here, in seconds, and see how workers start."""
    folder.mkdir()
    start, spawned = time.monotonic(), False
    process, terminal = at_a_terminal(folder, *WORDS, OPENBLAS_NUM_THREADS=threads)
    while not _ended(process, terminal, 0.05):
        spawned = spawned or any(map(_is_spawned, session(process.pid)))
        assert time.monotonic() < start + 60
    os.close(terminal)
    assert process.returncode == 0
    assert spawned == (threads != "1")
    return time.monotonic() - start


def _is_spawned(pid: int) -> bool:
    try:
        return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has ended meanwhile
        return False


@pytest.mark.parametrize("start", ["fork", "spawn"])
@pytest.mark.parametrize(
    ("count", "seed"), [(FEW, 0), pytest.param(MANY, 1, marks=pytest.mark.slow)]
)
def test_whatever_signals_come_and_whenever_a_sweep_ends_and_leaves_no_process(
    tmp_path: Path, capsys: Any, count: int, seed: int, start: str
) -> None:
    if start == "spawn" and (os.cpu_count() or 1) < 2:
        pytest.skip("one core has no second BLAS thread, for which workers would be spawned")
    toll = pressed(tmp_path, count, seed, threads="1" if start == "fork" else "2")
    with capsys.disabled():
        print(f"\n{toll}")
    assert toll == Toll(presses=count, studies=toll.studies)


# --- what hangs


STUCK = """
import sys, time
from pathlib import Path
from src import train
from src.execution import interruption, local, worker
def for_ever(*_):
    Path("stuck").touch()
    time.sleep(600)
{patch} = for_ever
interruption.END_SECONDS = 0.5
train.command_line()
"""


def _stuck(folder: Path, patch: str) -> tuple["subprocess.Popen[bytes]", int]:
    """Start a sweep that hangs in a function."""
    program = ("-c", STUCK.format(patch=patch))
    return at_a_terminal(folder, *WORDS, program=program, OPENBLAS_NUM_THREADS="1")


def _wait_for(file: Path, process: "subprocess.Popen[bytes]", terminal: int) -> None:
    end = time.monotonic() + 60
    while not file.exists():
        assert not _ended(process, terminal, 0.01)
        assert time.monotonic() < end


def test_workers_end_with_a_parent_that_is_killed_though_their_epoch_takes_for_ever(
    tmp_path: Path,
) -> None:
    process, terminal = _stuck(tmp_path, "worker.run_jobs")
    try:
        _wait_for(tmp_path / "stuck", process, terminal)
        os.kill(process.pid, signal.SIGKILL)
        assert _ended(process, terminal, END_SECONDS)
        assert _is_empty(process.pid)
    finally:
        _clear(process, terminal)


@pytest.mark.parametrize("patch", ["worker.run_jobs", "local._Crew.dismiss"])
def test_a_second_signal_ends_a_sweep_that_hangs(tmp_path: Path, patch: str) -> None:
    process, terminal = _stuck(tmp_path, patch)
    try:
        if patch == "worker.run_jobs":
            _wait_for(tmp_path / "stuck", process, terminal)
        else:
            _wait_for(study(tmp_path) / "sweep.json", process, terminal)
            _ended(process, terminal, 0.3)
        for number in (signal.SIGTERM, signal.SIGINT):
            os.killpg(process.pid, number)
            _ended(process, terminal, 0.1)
        assert _ended(process, terminal, END_SECONDS)
        assert process.returncode == 130
        assert (tmp_path / "stuck").exists()
        assert _is_empty(process.pid)
    finally:
        _clear(process, terminal)
