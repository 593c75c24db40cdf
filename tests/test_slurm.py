"""On a real SLURM: the same bytes as here, and nothing lost whatever happens to the tasks."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.slurm import Slurm, cluster
from tests.test_resume import differing, results
from tests.test_train import command

GRID = ("-m", "study=s", "act=tanh,relu", "seed=range(0,6)", "L=1", "I=20", "J=20", "T=6", "TT=6")
SHORT = (*GRID, "epochs=3")
LONG = (*GRID, "epochs=400", "checkpoint_seconds=1")
HERE = ("executor=slurm", "executor.poll_seconds=0.5", "executor.chunk_seconds=3")
SPREAD = ("executor=slurm", "executor.poll_seconds=0.5", "executor.chunk_seconds=0.000001")


@pytest.fixture(scope="module")
def slurm() -> Iterator[Slurm]:
    """Return the cluster of these tests."""
    with cluster() as slurm:
        yield slurm


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Return the results of the long sweep, trained on this machine."""
    folder = tmp_path_factory.mktemp("twin")
    assert command(folder, *LONG).code == 0
    return results(folder)


def test_a_sweep_on_slurm_leaves_the_bytes_of_one_here_and_is_recognised(
    slurm: Slurm, tmp_path: Path
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    assert command(here, *SHORT).code == 0
    code, out, err = slurm.train(there, *SHORT, *SPREAD)  # twelve tasks, in arrays of eleven
    assert code == 0, err
    assert "12 runs, in 12 tasks for slurm: about" in err
    assert "12 runs: 12 finished" in out
    assert len(list(there.glob("multirun_outputs/s/.chunks/*/*.done"))) == 12
    assert len(list(there.glob("multirun_outputs/s/.chunks/*/submitted.json"))) == 2
    assert differing(results(there), results(here)) == []
    code, out, err = slurm.train(there, *SHORT, *SPREAD)
    assert (code, "0 trained, 12 reused" in out) == (0, True), err
    _, out, _ = slurm.train(there, "--status", "s")
    assert out.splitlines()[0] == "multirun_outputs/s: 12 runs: 12 done"


def test_a_command_that_does_not_wait_is_followed_by_one_that_submits_only_what_is_new(
    slurm: Slurm, tmp_path: Path
) -> None:
    words = (*SPREAD, "executor.throttle=1")
    code, out, err = slurm.train(tmp_path, *SHORT, *words, "executor.wait=false")
    assert code == 0, err
    assert "12 runs with slurm: python -m src.train --status s" in out
    more = tuple(word.replace("range(0,6)", "range(0,7)") for word in SHORT)
    code, out, err = slurm.train(tmp_path, *more, *words)
    assert code == 0, err
    assert "14 runs: 14 finished" in out
    tasks = tmp_path.glob("multirun_outputs/s/.chunks/*/?????.json")
    assert sum(1 for _ in tasks) == 14  # two of them new


def test_sbatch_takes_the_users_options_and_says_what_it_refuses(
    slurm: Slurm, tmp_path: Path
) -> None:
    code, out, err = slurm.train(tmp_path, *SHORT, *HERE, "executor.partition=nobodys")
    assert (code, out) == (1, "")
    assert "invalid partition specified: nobodys" in err
    assert "Traceback" not in err
    assert not list(tmp_path.glob("multirun_outputs/s/.chunks/*"))
    options = ("executor.partition=urgent", "executor.time=5", "executor.memory=100M")
    code, out, err = slurm.train(
        tmp_path, *SHORT, *HERE, *options, "executor.sbatch={comment: mine, nice: 3}"
    )
    assert code == 0, err


@pytest.mark.fault
def test_a_task_that_is_killed_is_tried_again(
    slurm: Slurm, tmp_path: Path, twin: dict[str, Any]
) -> None:
    process = slurm.start(tmp_path, *LONG, *HERE)
    slurm.until(lambda: list(tmp_path.glob("multirun_outputs/s/.chunks/*/*.state.json")))
    for pid, _ in slurm.tasks():
        os.kill(pid, signal.SIGKILL)
    code, out, err = slurm.ended(process)
    assert code == 0, err
    assert "was killed: its runs are tried again" in err
    assert "12 runs: 12 finished" in out
    assert differing(results(tmp_path), twin) == []
