"""Real SIGKILLs at random times: no finished run is lost, no file torn, no byte other.

A small sweep with its workers is started, killed as a whole, and started again, until it has been
killed so many times; a study that ends before is begun anew in another folder. The seed of the
times is fixed. The slow test kills 200 times: `python -m pytest tests/test_kills.py -m slow`.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from src.errors import StoreError
from src.storage import store
from src.storage.files import read_arrays, read_json
from src.storage.run_folder import has_result
from src.storage.store import read_record
from src.storage.study import run_folders
from tests.test_resume import TINY, differing, forked, results
from tests.test_train import ROOT, Said, command

pytestmark = pytest.mark.fault

WORDS = ("-m", "study=s", "act=tanh,none", "order=random,alternate", "lrA=0.1", "lrW=0.1,30")
WORDS += (*TINY[:5], "epochs=400", "n_jobs=2", "checkpoint_seconds=0.01", "stack_memory=1")


@dataclass
class Toll:
    """What the kills have cost; all but `kills` and `studies` must be 0."""

    kills: int = 0
    studies: int = 0
    lost: int = 0
    """Finished runs that are not there any more, or not whole."""
    torn: int = 0
    """Files under their proper names that cannot be read."""
    other: int = 0
    """Results that are not byte for byte those of the study that was never killed."""


def start(folder: Path) -> "subprocess.Popen[bytes]":
    """Start the sweep in a process group of its own."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("HYDRA", "SWEEP"))}
    return subprocess.Popen(
        [sys.executable, "-m", "src.train", *WORDS],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill a sweep and its workers, all at once."""
    assert os.getpgid(process.pid) == process.pid != os.getpgrp()
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(60)


def torn(study: Path) -> list[Path]:
    """Return the files with their proper names that are not whole."""
    bad = []
    for path in study.rglob("*"):
        if path.name.startswith(".") or ".damaged" in path.parts or not path.is_file():
            continue
        try:
            if path.suffix == ".json":
                read_json(path, "JSON")
            elif path.suffix == ".npz":
                read_arrays(path, ())
                if path.name == "checkpoint.npz" and store.read_checkpoint(path.parent) is None:
                    bad.append(path)
        except StoreError:
            bad.append(path)
    return bad


def finished(study: Path) -> dict[str, bytes]:
    """Return the record of every finished run by the name of its folder."""
    folders = list(run_folders(study)) if study.exists() else []
    return {f.name: (f / "run.json").read_bytes() for f in folders if has_result(f)}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Return the results of the study that was never killed."""
    folder = tmp_path_factory.mktemp("whole")
    said = command(folder, *WORDS)
    assert said.code == 0, said
    found = results(folder)
    endings = {run["run.json"]["outcome"]["ending"] for run in found.values()}
    assert (len(found), endings) == (8, {"finished", "diverged"})
    return found


@pytest.mark.parametrize("kills", [8, pytest.param(200, marks=pytest.mark.slow)])
def test_kills_at_random_times_lose_no_finished_run_tear_no_file_and_change_no_byte(
    tmp_path: Path, whole: dict[str, dict[str, Any]], kills: int, capsys: pytest.CaptureFixture[str]
) -> None:
    rng, toll = random.Random(20261123), Toll()
    ready, over = _hours(tmp_path / "measured")
    folder = tmp_path
    while toll.kills < kills:
        folder = tmp_path / str(toll.studies)
        folder.mkdir()
        toll.studies += 1
        study, before = folder / "multirun_outputs" / "s", dict[str, bytes]()
        while toll.kills < kills:
            process = start(folder)
            # a third at any time, the others while it trains, where there is most to lose
            after = rng.uniform(0, over) if rng.random() < 1 / 3 else rng.uniform(ready, over)
            try:
                process.wait(after)
            except subprocess.TimeoutExpired:
                kill(process)
                toll.kills += 1
            after_it = finished(study)
            toll.lost += sum(after_it.get(name) != record for name, record in before.items())
            toll.lost += sum(
                store.damage(run, run.name[-16:]) is not None
                for run in (run_folders(study) if study.exists() else ())
                if has_result(run)
            )
            toll.torn += len(torn(study))
            found = results(folder) if study.exists() else {}
            toll.other += len(differing(found, {name: whole[name] for name in found}))
            before = after_it
            if process.returncode != -signal.SIGKILL:
                assert process.returncode == 0
                assert len(found) == 8
                break
        else:  # the last study of all goes on to its end
            said = forked(lambda: _on(folder))  # noqa: B023
            assert said.code == 0, said
            found = results(folder)
            toll.other += len(differing(found, whole))
            assert len(found) == 8
        if toll.kills < kills:
            shutil.rmtree(folder)
    with capsys.disabled():
        print(f"\n{toll}")
    assert toll == Toll(kills=kills, studies=toll.studies)


def _on(folder: Path) -> Said:
    return command(folder, *WORDS)


def _hours(folder: Path) -> tuple[float, float]:
    """Return when a sweep begins to write, and when it is over, in seconds, on this machine."""
    folder.mkdir()
    start_time, process = time.monotonic(), start(folder)
    while not (folder / "multirun_outputs" / "s").exists():
        assert process.poll() is None
        time.sleep(0.01)
    ready = time.monotonic() - start_time
    assert process.wait(60) == 0
    return ready, time.monotonic() - start_time


def test_what_is_torn_or_lost_would_be_counted(tmp_path: Path) -> None:
    assert command(tmp_path, *WORDS).code == 0
    study = tmp_path / "multirun_outputs" / "s"
    assert torn(study) == []
    for name in ("run.json", "timeline.npz"):
        for run in list(run_folders(study))[:1]:
            content = (run / name).read_bytes()
            (run / name).write_bytes(content[:-40])
            assert torn(study) == [run / name]
            (run / name).write_bytes(content)
            assert read_record(run).id == run.name[-16:]
