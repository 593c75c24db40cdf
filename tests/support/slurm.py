"""A real SLURM for tests: brought up once a session by `.ci/slurm`, where Debian's packages are."""

import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / ".ci" / "slurm"
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue")


class Slurm:
    """The cluster: two nodes of one CPU, arrays of at most eleven tasks, jobs forgotten at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ours = {
            k: v for k, v in os.environ.items() if not k.startswith(("HYDRA", "SWEEP", "SLURM"))
        }
        self.environment = {**ours, "SLURM_CONF": str(folder / "slurm.conf")}
        self.environment |= {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}

    def control(self, *words: str) -> None:
        """Call `.ci/slurm` with an action, and what it takes beside the folder."""
        action, *others = words
        subprocess.run([SCRIPT, action, self.folder, *others], check=True, timeout=120)

    def say(self, *words: str) -> str:
        """Run a command of SLURM."""
        done = subprocess.run(
            words, env=self.environment, capture_output=True, text=True, check=True, timeout=60
        )
        return done.stdout

    def start(self, folder: Path, *words: str) -> "subprocess.Popen[str]":
        """Start `python -m src.train` with some words in a folder."""
        return subprocess.Popen(
            [sys.executable, "-m", "src.train", *words],
            cwd=folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def hurry(self) -> None:
        """Let what was queued again start now: SLURM would leave it alone for two minutes."""
        for line in self.say("squeue", "-h", "-r", "-t", "PENDING", "-o", "%r %i").splitlines():
            if line.startswith("BeginTime "):
                with suppress(subprocess.CalledProcessError):  # it has started meanwhile
                    self.say("scontrol", "update", f"JobId={line.split()[1]}", "StartTime=now")

    def tasks(self) -> list[tuple[int, str]]:
        """Return the processes that train a chunk here, each with the path of the chunk."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                words = (process / "cmdline").read_bytes().split(b"\0")
                parent = int((process / "stat").read_text().rpartition(") ")[2].split()[1])
                ours = f"SLURM_CONF={self.environment['SLURM_CONF']}".encode()
                if b"--chunk" not in words or ours not in (process / "environ").read_bytes():
                    continue
                is_worker = b"--chunk" in Path(f"/proc/{parent}/cmdline").read_bytes()
                if not is_worker:
                    found.append((int(process.name), words[words.index(b"--chunk") + 1].decode()))
        return found

    def until(self, true: Callable[[], object], seconds: float = 120) -> None:
        """Wait until something is true, hurrying what was queued again."""
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, self.say("squeue", "-r", "-t", "all")
            self.hurry()
            time.sleep(0.2)

    def ended(self, process: "subprocess.Popen[str]", seconds: float = 180) -> tuple[int, str, str]:
        """Wait until a command has ended; return its code and what it said."""
        self.until(lambda: process.poll() is not None, seconds)
        out, err = process.communicate()
        return process.returncode, out, err

    def train(self, folder: Path, *words: str) -> tuple[int, str, str]:
        """Run a command to its end."""
        return self.ended(self.start(folder, *words))


@contextmanager
def cluster(*options: str) -> Iterator[Slurm]:
    """Have a cluster while it is entered; skip the test where there cannot be one."""
    lacking = [program for program in PROGRAMS if not shutil.which(program)]
    if "--accounting" in options:
        lacking += [program for program in ("mariadbd", "slurmdbd") if not shutil.which(program)]
    if lacking:
        pytest.skip(f"SLURM is not installed here (.ci/slurm install): no {', '.join(lacking)}")
    if os.geteuid():
        pytest.skip("slurmd changes users, and so needs root")
    # Not below pytest's folder: munged wants one that everybody may enter.
    with TemporaryDirectory(prefix="slurm-") as folder:
        os.chmod(folder, 0o755)
        slurm = Slurm(Path(folder))
        try:
            slurm.control("up", str(_free_ports(5)), *options)
            yield slurm
        finally:
            slurm.control("down")


def _free_ports(number: int) -> int:
    """Return the first of so many ports in a row that nobody has."""
    while True:
        first = random.randrange(20000, 32000)
        try:
            for port in range(first, first + number):
                with socket.socket() as each:
                    each.bind(("127.0.0.1", port))
            return first
        except OSError:
            continue
