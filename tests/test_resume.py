"""A run that was stopped between two epochs goes on to the very bits of one that never stopped.

Owns `forked`, `Stop` and `results`, with which the tests of faults and kills stop a command and
compare what it leaves. The first half stops the engine, the second half whole commands.
"""

import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.data.datasets import Dataset
from src.data.orders import Order
from src.execution import job as task
from src.execution.interruption import Interrupted
from src.execution.worker import _Reporter
from src.model.activations import Act
from src.model.inits import Init
from src.run import Dtype, Run
from src.storage.checkpoint import Checkpoint
from src.storage.run_folder import has_result
from src.storage.store import begin_again, read_checkpoint, read_record, write_checkpoint
from src.storage.study import run_folders
from src.storage.study_files import read_history
from src.timeline import Ending, Timeline
from src.training.trainer import train
from tests.support.strategies import different, make_dataset, make_run, stacks
from tests.support.study_folders import unsealed
from tests.test_train import Said, command

pytestmark = pytest.mark.fault

ARRAYS = ("filters.npz", "parameters.npz", "timeline.npz")
EPOCHS = 4
TINY = ("L=1", "I=20", "J=20", "T=6", "TT=6", f"epochs={EPOCHS}")
MIXED = (
    "act=tanh,sigmoid,relu,none",
    "order=fixed,random,alternate",
    "lrA=0.1",
    "lrW=0,30",
    "batch=1,6",
    "dtype=float32,float64",
)
"""96 runs of 8 structures: all activations, orders and kinds of rates; `none` diverges."""


# --- the engine


class Stopped(BaseException):
    """What a watch raises to end a training."""


def stop(runs: Sequence[Run], dataset: Dataset, k: int, folder: Path) -> dict[Run, Checkpoint]:
    """Train up to epoch k, keep checkpoints on the disk, and return them as they are read."""
    folders = {run: folder / str(i) for i, run in enumerate(runs)}

    def watch(epoch: int, alive: int, checkpoints: Callable[[], dict[Run, Checkpoint]]) -> None:
        if epoch == k:
            for run, checkpoint in checkpoints().items():
                folders[run].mkdir(parents=True)
                write_checkpoint(folders[run], checkpoint)
            raise Stopped

    with suppress(Stopped):
        train(runs, dataset, watch)
    read = {run: read_checkpoint(place) for run, place in folders.items() if place.exists()}
    assert None not in read.values()
    return {run: checkpoint for run, checkpoint in read.items() if checkpoint}


def finish(
    runs: Sequence[Run], dataset: Dataset, kept: dict[Run, Checkpoint], pieces: int
) -> dict[Run, Timeline]:
    """Go on with runs in so many stacks, those without a checkpoint from their start."""
    ended = {}
    for resumed in (True, False):
        mine = [run for run in runs if (run in kept) == resumed]
        for piece in np.array_split(np.arange(len(mine)), pieces):
            stack = [mine[i] for i in piece]
            if stack:
                checkpoints = {run: kept[run] for run in stack} if resumed else None
                timelines = train(stack, dataset, resumed=checkpoints)
                ended |= dict(zip(stack, timelines, strict=True))
    return ended


def mixture(batch: int, dtype: Dtype, rates: tuple[float, float]) -> list[Run]:
    """Return runs of one structure: every act and order, two inits, some of which diverge."""
    keys: dict[str, Any] = {"I": 5, "J": 5, "L": 2, "classes": (0, 1, 2), "T": 9, "TT": 6}
    keys |= {"epochs": EPOCHS, "batch": batch, "dtype": dtype}
    lrA, lrW = rates
    scale = 1e8 if dtype is Dtype.float32 else 1e40
    calm = [
        make_run(**keys, act=act, order=order, init=init, lrA=lrA, lrW=lrW, seed=seed)
        for act in Act
        for order in Order
        for seed, init in enumerate((Init.uniform, Init.he))
    ]
    wild = [
        replace(run, act=Act.none, act_out=Act.none, init_scale=scale, lrA=1e3 * lrA, lrW=1e3 * lrW)
        for run in calm[:4]
    ]
    return [*calm, *dict.fromkeys(wild)]


@pytest.mark.parametrize("k", range(EPOCHS))
@pytest.mark.parametrize("rates", [(0.1, 0.1), (0.0, 0.1), (0.1, 0.0), (0.0, 0.0)], ids=str)
@pytest.mark.parametrize("dtype", Dtype, ids=lambda dtype: dtype.name)
@pytest.mark.parametrize("batch", [1, pytest.param(4, marks=pytest.mark.slow), 9])
def test_a_stack_stopped_after_any_epoch_ends_with_the_same_bits_in_any_other_stacks(
    tmp_path: Path, batch: int, dtype: Dtype, rates: tuple[float, float], k: int
) -> None:
    dataset, runs = make_dataset(6, 6, 3), mixture(batch, dtype, rates)
    whole = dict(zip(runs, train(runs, dataset), strict=True))
    kept = stop(runs, dataset, k, tmp_path)
    diverged = {run for run in runs if whole[run].outcome.ending is Ending.diverged}
    assert kept.keys() == {
        run for run in runs if run not in diverged or (whole[run].outcome.epoch or 0) > k
    }
    assert bool(diverged) == (rates != (0.0, 0.0))
    permuted = random.Random(k).sample(runs, len(runs))
    for pieces in (1, 3, len(runs)):
        ended = finish(permuted, dataset, kept, pieces)
        assert not [names for run in runs if (names := different(ended[run], whole[run]))]


@settings(max_examples=40, deadline=None)
@given(stacks(most=12), st.integers(0, 4), st.integers(1, 4), st.randoms(use_true_random=False))
def test_any_stack_stopped_after_any_epoch_ends_with_the_same_bits(
    tmp_path_factory: pytest.TempPathFactory,
    drawn: tuple[Dataset, list[Run]],
    k: int,
    pieces: int,
    chance: random.Random,
) -> None:
    dataset, runs = drawn[0], list(dict.fromkeys(drawn[1]))
    k = min(k, runs[0].epochs - 1)  # −1: it has no epoch, and is never stopped
    whole = dict(zip(runs, train(runs, dataset), strict=True))
    kept = stop(runs, dataset, k, tmp_path_factory.mktemp("stopped"))
    ended = finish(chance.sample(runs, len(runs)), dataset, kept, pieces)
    assert not [names for run in runs if (names := different(ended[run], whole[run]))]


def test_a_run_may_be_stopped_after_every_one_of_its_epochs(tmp_path: Path) -> None:
    dataset, run = make_dataset(6, 6, 3), mixture(1, Dtype.float32, (0.1, 0.1))[0]
    (whole,) = train([run], dataset)
    kept: dict[Run, Checkpoint] = {}
    for k in range(EPOCHS):

        def watch(epoch: int, alive: int, checkpoints: Callable[[], dict[Run, Checkpoint]]) -> None:
            if epoch == k:  # noqa: B023  called before k is another
                write_checkpoint(tmp_path, checkpoints()[run])
                raise Stopped

        with pytest.raises(Stopped):
            train([run], dataset, watch, kept)
        checkpoint = read_checkpoint(tmp_path)
        assert checkpoint is not None
        assert checkpoint.epoch == k
        kept = {run: checkpoint}
    (ended,) = train([run], dataset, resumed=kept)
    assert different(ended, whole) == []


# --- whole commands


@dataclass(frozen=True)
class Stop:
    """When a worker is stopped, and how: `kill` is SIGKILL to all processes, `ask` a Ctrl-C."""

    epoch: int
    how: str


@contextmanager
def stopping(at: Stop) -> Iterator[None]:
    """Let a command be stopped after an epoch, its checkpoints written."""
    parent = os.getpid()

    def stopped(runs: Sequence[Run], dataset: Dataset, watch: Any, resumed: Any) -> list[Timeline]:
        def watching(epoch: int, alive: int, checkpoints: Any) -> None:
            if epoch == at.epoch and alive and at.how == "ask":
                os.kill(parent, signal.SIGINT)
                watch.watch = lambda epoch, alive: True
            watch(epoch, alive, checkpoints)
            if epoch == at.epoch and alive:
                assert os.getpgrp() == parent, "only a group of our own is killed"
                os.killpg(parent, signal.SIGKILL)

        return train(runs, dataset, watching, resumed)

    with patch.object(task, "train", stopped):
        yield


def forked(work: Callable[[], Said]) -> Said:
    """Run a command in a process and a process group of its own; a signal is a negative code."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(ours)
            os.setpgid(0, 0)
            said = asdict(work())
        except BaseException:  # noqa: BLE001  nothing may leave this process
            said = asdict(Said(70, "", traceback.format_exc()))
        with open(theirs, "w") as file:
            json.dump(said, file)
        os._exit(0)
    os.close(theirs)
    with open(ours) as file:
        told = file.read()  # until every process that could write has ended
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return Said(**json.loads(told)) if code == 0 else Said(code, "", told)


def results(folder: Path) -> dict[str, dict[str, Any]]:
    """Return, by run, the bytes of its arrays and the record without its `execution`."""
    found: dict[str, dict[str, Any]] = {}
    study = folder / "multirun_outputs" / "s"
    for run in run_folders(study) if study.exists() else ():
        if has_result(run):
            fields = json.loads((run / "run.json").read_text())
            del fields["execution"]
            arrays = {name: (run / name).read_bytes() for name in ARRAYS}
            found[run.name] = {"run.json": fields, **arrays}
            assert fields["id"] == run.name[-16:]
    return found


def differing(found: dict[str, dict[str, Any]], whole: dict[str, dict[str, Any]]) -> list[str]:
    """Return the runs that are missing, more, or other in one study than in another."""
    return [name for name in found | whole if found.get(name) != whole.get(name)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Return the results of the mixed grid that was never stopped."""
    folder = tmp_path_factory.mktemp("whole")
    said = command(folder, "-m", "study=s", *MIXED, *TINY, "n_jobs=2")
    assert said.code == 0, said
    found = results(folder)
    assert len(found) == 96
    endings = [run["run.json"]["outcome"]["ending"] for run in found.values()]
    assert set(endings) == {"finished", "diverged"}
    return found


AGAIN: dict[str, tuple[str, ...]] = {
    "one worker": ("n_jobs=1",),
    "three workers": ("n_jobs=3",),
    "small stacks": ("stack_memory=1", "n_jobs=2"),
    "other launcher": ("hydra/launcher=basic",),
    "jobs permuted": ("n_jobs=2",),
}


@pytest.mark.parametrize("how", ["kill", "ask"])
@pytest.mark.parametrize("k", range(EPOCHS))
def test_a_command_stopped_after_any_epoch_goes_on_to_the_same_bytes(
    tmp_path: Path, whole: dict[str, dict[str, Any]], k: int, how: str
) -> None:
    names = [name for name in AGAIN if name != "other launcher"]  # which takes 0.3 s a run
    again = names[(k + 2 * (how == "ask")) % len(names)]
    workers = "n_jobs=1" if how == "ask" else "n_jobs=2"  # two that ask would be Ctrl-C twice
    first = ("-m", "study=s", *MIXED, *TINY, workers, "checkpoint_seconds=0")
    said = forked(lambda: _stopped_here(tmp_path, first, Stop(k, how)))
    assert said.code == (130 if how == "ask" else -signal.SIGKILL), said
    kept = list(tmp_path.glob("multirun_outputs/s/*/checkpoint.npz"))
    epochs = {checkpoint.epoch for path in kept if (checkpoint := read_checkpoint(path.parent))}
    assert max(epochs) == k  # those of runs that have diverged since are older
    words = list(reversed(MIXED)) if again == "jobs permuted" else list(MIXED)
    if again == "jobs permuted":
        words = [f"{key}={','.join(reversed(v.split(',')))}" for key, v in _split(words)]
    said = command(tmp_path, "-m", "study=s", *words, *TINY, *AGAIN[again])
    assert said.code == 0, said
    assert differing(results(tmp_path), whole) == []
    resumed = [
        folder
        for folder in run_folders(tmp_path / "multirun_outputs" / "s")
        if read_record(folder).execution["resumed_from"] is not None
    ]
    assert len(resumed) == len(kept) > 0
    assert not list(tmp_path.glob("multirun_outputs/s/*/checkpoint.npz"))
    assert not list(tmp_path.glob("multirun_outputs/s/*/unfinished.json"))


def _split(words: Sequence[str]) -> list[tuple[str, str]]:
    return [(key, value) for key, _, value in (word.partition("=") for word in words)]


def _stopped_here(folder: Path, words: Sequence[str], at: Stop) -> Said:
    with stopping(at):
        return command(folder, *words)


@pytest.mark.parametrize("again", AGAIN)
def test_a_killed_grid_goes_on_to_the_same_bytes_with_any_workers_launcher_and_stacks(
    tmp_path: Path, whole: dict[str, dict[str, Any]], again: str
) -> None:
    kept = (
        "act=tanh,none",
        "order=random,alternate",
        "lrA=0.1",
        "lrW=30",
        "batch=1",
        "dtype=float32",
    )
    first = ("-m", "study=s", *kept, *TINY, "n_jobs=1", "checkpoint_seconds=0")
    said = forked(lambda: _stopped_here(tmp_path, first, Stop(1, "kill")))
    assert said.code == -signal.SIGKILL
    # more runs join those that go on, so that their stacks have other neighbours
    words = list(kept)
    if again == "jobs permuted":
        words = [f"{key}={','.join(reversed(v.split(',')))}" for key, v in _split(words)][::-1]
    words[[key for key, _ in _split(words)].index("batch")] = "batch=1,6"
    said = command(tmp_path, "-m", "study=s", *words, *TINY, *AGAIN[again])
    assert said.code == 0, said
    found = results(tmp_path)
    assert len(found) == 8
    assert differing(found, {name: whole[name] for name in found}) == []


def test_a_single_run_that_was_killed_goes_on_alone_and_in_a_sweep(tmp_path: Path) -> None:
    words = ("study=s", "act=relu", "lrA=0.1", *TINY, "checkpoint_seconds=0")
    folders = [tmp_path / name for name in ("whole", "alone", "sweep")]
    for folder in folders:
        folder.mkdir()
    assert command(folders[0], *words).code == 0
    for folder, mode in zip(folders[1:], ((), ("-m",)), strict=True):
        at = Stop(2, "kill")
        assert forked(lambda: _stopped_here(folder, words, at)).code == -signal.SIGKILL  # noqa: B023
        assert command(folder, *mode, *words).code == 0
        (run,) = run_folders(folder / "multirun_outputs" / "s")
        assert read_record(run).execution["resumed_from"] == 2
        assert differing(results(folder), results(folders[0])) == []


def test_runs_whose_checkpoints_stand_at_different_epochs_go_on_together(tmp_path: Path) -> None:
    grid = ("-m", "study=s", "lrA=0.1", "order=random,fixed", *TINY, "checkpoint_seconds=0")
    grid += ("n_jobs=1",)
    for k, act in enumerate(("tanh", "relu", "sigmoid")):
        said = forked(lambda: _stopped_here(tmp_path, (*grid, f"act={act}"), Stop(k, "kill")))  # noqa: B023
        assert said.code == -signal.SIGKILL
    assert command(tmp_path, *grid, "act=tanh,relu,sigmoid,none").code == 0
    (tmp_path / "whole").mkdir()
    assert command(tmp_path / "whole", *grid, "act=tanh,relu,sigmoid,none").code == 0
    found = results(tmp_path)
    assert len(found) == 8
    assert differing(found, results(tmp_path / "whole")) == []
    folders = run_folders(tmp_path / "multirun_outputs" / "s")
    resumed = [read_record(folder).execution["resumed_from"] for folder in folders]
    assert sorted(map(str, resumed)) == ["0", "0", "1", "1", "2", "2", "None", "None"]


def test_a_run_that_was_killed_before_its_result_was_written_goes_on(
    tmp_path: Path, whole: dict[str, dict[str, Any]]
) -> None:
    grid = ("-m", "study=s", "act=tanh", "order=fixed", "lrA=0.1", "lrW=0", "batch=1", *TINY)
    first = (*grid, "checkpoint_seconds=0", "n_jobs=1")
    said = forked(lambda: _stopped_here(tmp_path, first, Stop(EPOCHS, "kill")))
    assert said.code == -signal.SIGKILL
    assert results(tmp_path) == {}
    said = command(tmp_path, *grid)
    assert said.code == 0, said
    found = results(tmp_path)
    assert len(found) == 1
    assert differing(found, {name: whole[name] for name in found}) == []


# --- a checkpoint that is not this run's, or not whole

GRID = ("-m", "study=s", "act=tanh,relu", "lrA=0.1", *TINY, "checkpoint_seconds=0", "n_jobs=1")


@pytest.mark.parametrize("mode", [(), ("-m",)], ids=["run", "sweep"])
def test_a_forced_training_that_was_stopped_goes_on_and_says_so(
    tmp_path: Path, mode: tuple[str, ...]
) -> None:
    words = (*mode, "study=s", *TINY, "n_jobs=1")
    assert command(tmp_path, *words).code == 0
    before = results(tmp_path)
    said = forked(lambda: _stopped_here(tmp_path, (*words, "force=true"), Stop(1, "ask")))
    assert said.code == 130
    assert "force" not in said.err.split("to go on, type: ")[1]
    assert results(tmp_path) == before, "the old result stays until the new one is there"
    entry = read_history(tmp_path / "multirun_outputs" / "s")[-1]
    assert (entry["trained"], entry["left"]) == (0, 1)
    said = command(tmp_path, *words)
    assert "reused" not in said.out
    (run,) = run_folders(tmp_path / "multirun_outputs" / "s")
    assert read_record(run).execution["resumed_from"] == 1
    assert not differing(results(tmp_path), before)
    assert "0 trained, 1 reused" in command(tmp_path, *words).out


def test_a_forced_training_begins_at_the_start_whatever_lies_there(
    tmp_path: Path,
) -> None:
    words = ("-m", "study=s", *TINY, "n_jobs=1")
    assert forked(lambda: _stopped_here(tmp_path, words, Stop(1, "ask"))).code == 130
    (run,) = run_folders(tmp_path / "multirun_outputs" / "s")
    checkpoint = (run / "checkpoint.npz").read_bytes()
    assert command(tmp_path, *words).code == 0
    (run / "checkpoint.npz").write_bytes(checkpoint)
    assert command(tmp_path, *words, "force=true").code == 0
    assert read_record(run).execution["resumed_from"] is None


def test_force_sets_a_damaged_result_aside_and_trains_all(tmp_path: Path) -> None:
    words = ("-m", "study=s", *TINY, "seed=0,1", "n_jobs=1")
    assert command(tmp_path, *words).code == 0
    before = results(tmp_path)
    run, _ = run_folders(tmp_path / "multirun_outputs" / "s")
    (run / "run.json").write_bytes(b"{")
    said = command(tmp_path, *words, "force=true")
    assert said.code == 0, said
    assert "set aside" in said.err
    assert not differing(results(tmp_path), before)


def test_force_on_a_study_of_format_1_that_is_stopped_goes_on(tmp_path: Path) -> None:
    words = ("-m", "study=s", *TINY, "n_jobs=1")
    assert command(tmp_path, *words).code == 0
    before = results(tmp_path)
    (run,) = run_folders(tmp_path / "multirun_outputs" / "s")
    (run / "run.json").write_text(json.dumps(unsealed(run)))
    assert (
        forked(lambda: _stopped_here(tmp_path, (*words, "force=true"), Stop(1, "ask"))).code == 130
    )
    assert read_history(run.parent)[-1]["outcomes"] == {"interrupted": 1}
    assert command(tmp_path, *words).code == 0
    assert not differing(results(tmp_path), before)


def test_force_forgets_an_old_failure_and_an_old_checkpoint(tmp_path: Path) -> None:
    words = ("-m", "study=s", *TINY, "n_jobs=1")
    assert forked(lambda: _stopped_here(tmp_path, words, Stop(1, "ask"))).code == 130
    (run,) = run_folders(tmp_path / "multirun_outputs" / "s")
    begin_again(run)
    assert not (run / "unfinished.json").exists()
    assert not (run / "checkpoint.npz").exists()


def test_a_note_that_is_torn_does_not_hide_why_a_command_ended(tmp_path: Path) -> None:
    words = ("-m", "study=s", *TINY, "n_jobs=1")
    assert command(tmp_path, *words).code == 0
    (run,) = run_folders(tmp_path / "multirun_outputs" / "s")
    (run / "unfinished.json").write_bytes(b"")
    with patch("src.launch.batch.run_stacks", side_effect=Interrupted):
        said = command(tmp_path, *words)
    assert said.code == 130, said
    assert "to go on, type: " in said.err
    assert read_history(run.parent)[-1]["ended"]


def test_a_request_to_stop_is_heard_once_and_holds(tmp_path: Path) -> None:
    ours, theirs = multiprocessing.Pipe()
    reporter = _Reporter(theirs, 0, 1)
    assert not reporter(0, 1)
    ours.send(None)
    assert reporter(1, 0)
    assert reporter(0, 1), "the next group of the stack is not to be trained"


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, dict[str, Any]]]:
    """Return a folder in which two runs were killed after epoch 1, and their results otherwise."""
    folder, other = tmp_path_factory.mktemp("killed"), tmp_path_factory.mktemp("calm")
    assert forked(lambda: _stopped_here(folder, GRID, Stop(1, "kill"))).code == -signal.SIGKILL
    assert command(other, *GRID).code == 0
    return folder, results(other)


def _with(**changes: Any) -> Callable[[Path], None]:
    """Return what changes arrays of a checkpoint and leaves a whole npz."""

    def change(path: Path) -> None:
        with np.load(path) as file:
            arrays = dict(file)
        for name, new in changes.items():
            arrays[name] = new(arrays[name]) if callable(new) else new
        np.savez(path, **arrays)

    return change


def _bytes(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda path: (path.write_bytes(change(path.read_bytes())), None)[1]


def _other(path: Path) -> None:
    """Put the checkpoint of the other run of the same structure here."""
    (other,) = (p for p in path.parent.parent.glob("*/checkpoint.npz") if p != path)
    shutil.copy(other, path)


BAD: dict[str, Callable[[Path], None]] = {
    "empty": _bytes(lambda data: b""),
    "half": _bytes(lambda data: data[: len(data) // 2]),
    "zeros": _bytes(lambda data: bytes(len(data))),
    "a zeroed tail": _bytes(lambda data: data[:-600] + bytes(600)),
    "a zeroed middle": _bytes(lambda data: data[:3000] + bytes(600) + data[3600:]),
    "a page": _bytes(lambda data: b"<!DOCTYPE html>"),
    "pickled": _with(curves=np.array([{}, None], dtype=object)),
    "weights of another net": _with(weights=np.zeros((3, 5), np.float32)),
    "weights of another type": _with(weights=lambda w: w.astype(np.float64)),
    "filters of another net": _with(filters=np.zeros((2, 26), np.float32)),
    "curves of fewer epochs": _with(curves=lambda curves: curves[:, :-1]),
    "curves of other names": _with(names=lambda names: np.char.add(names, "x")),
    "an epoch that never was": _with(epoch=np.array(77)),
    "a negative epoch": _with(epoch=np.array(-2)),
    "an epoch that is no number": _with(epoch=np.array("two")),
    "two epochs": _with(epoch=np.array([1, 2])),
    "kept filters of another shape": _with(kept=np.zeros((2, 3, 3, 3), np.float32)),
    "another run's, of the same structure": _other,
}


@pytest.mark.parametrize("bad", BAD)
def test_a_checkpoint_that_is_damaged_foreign_or_stale_is_passed_over(
    tmp_path: Path, killed: tuple[Path, dict[str, dict[str, Any]]], bad: str
) -> None:
    shutil.copytree(killed[0], tmp_path, dirs_exist_ok=True)
    (path,) = tmp_path.glob("multirun_outputs/s/tanh*/checkpoint.npz")
    before = path.read_bytes()
    BAD[bad](path)
    assert path.read_bytes() != before
    said = command(tmp_path, *GRID)
    assert said.code == 0, said
    assert differing(results(tmp_path), killed[1]) == []


def test_a_whole_checkpoint_is_not_passed_over(
    tmp_path: Path, killed: tuple[Path, dict[str, dict[str, Any]]]
) -> None:
    shutil.copytree(killed[0], tmp_path, dirs_exist_ok=True)
    assert command(tmp_path, *GRID).code == 0
    folders = list(run_folders(tmp_path / "multirun_outputs" / "s"))
    assert [read_record(folder).execution["resumed_from"] for folder in folders] == [1, 1]


def test_a_checkpoint_of_another_engine_version_is_passed_over(
    tmp_path: Path, killed: tuple[Path, dict[str, dict[str, Any]]]
) -> None:
    shutil.copytree(killed[0], tmp_path, dirs_exist_ok=True)
    with patch("src.run.run.ENGINE_VERSION", 99), patch("src.execution.job.ENGINE_VERSION", 99):
        assert command(tmp_path, *GRID).code == 0
    ended = [f for f in run_folders(tmp_path / "multirun_outputs" / "s") if has_result(f)]
    assert [read_record(folder).execution["resumed_from"] for folder in ended] == [None, None]
    assert {read_record(folder).engine_version for folder in ended} == {99}
    assert not results(tmp_path).keys() & killed[1].keys()


assert sys.platform != "win32", "these tests fork"
