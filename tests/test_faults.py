"""Every fault that a study must survive, and the test that holds it: the table of the faults.

| #  | fault                          | held by |
|----|--------------------------------|---------|
| 1  | kill −9 at any write           | here: `…_dies_at_any_operation…`; tests/test_store.py; tests/test_kills.py |
| 2  | power cut, torn tail           | here: `…_cut_or_zeroed…` |
| 3  | full disk, quota, read-only    | here: `…_full_disk…`, `…_quota…`, `…_read_only…` |
| 4  | two sweeps in one study        | here: `…_started_together…` |
| 5  | worker killed                  | here: `…_worker_that_kills_itself…`; tests/test_launch.py |
| 6  | exception in a run             | tests/test_launch.py: `test_exceptions_cost_their_own_runs_and_all_are_listed` |
| 7  | Ctrl-C once, twice; SIGTERM    | here: `…_signal…`; tests/test_presses.py |
| 8  | NaN, Inf, overflow             | tests/test_divergence.py; tests/test_launch.py: `test_a_divergence_is_listed…` |
| 9  | foreign or half-copied folder  | here: `…_mutated…`, `…_doctor…`; tests/test_sweep.py: `test_a_damaged_run_is_warned…` |
| 10 | clock jumps, same second       | here: `…_clock…`; tests/test_train.py: `test_two_sweeps_started_in_the_same_second…` |
| 11 | data files that lie            | tests/test_idx.py |
| 12 | odd values and grids           | tests/test_train.py: SLIPS; tests/test_overrides.py; tests/test_launch.py: `…_over_the_cap…` |
| 13 | YAML bomb, deep nesting        | here: `…_bomb…` |
| 14 | `_target_`, resolvers, secrets | tests/test_train.py; tests/test_provenance.py |
| 15 | path traversal in names        | tests/test_study.py; tests/test_identity.py |
| 16 | zip bombs, object arrays       | tests/test_store.py: `…_unpacks_to_a_huge_one…`, `…_no_pickle…` |
| 17 | code or data changed since     | here: `…_changed_digits…`, `…_raised_engine_version…` |
| 18 | old formats                    | tests/test_golden.py |
| 19 | file systems without locks     | here: `…_cannot_be_locked…` |
| 20 | analysis during a live sweep   | here: `…_read_in_a_loop…`, `…_while_its_record_changes…` |
"""  # noqa: E501  a row a fault

import errno
import gzip
import json
import multiprocessing
import os
import pty
import resource
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from analysis import load_sweep
from analysis.__main__ import answer
from src.execution import job as task
from src.launch import batch
from src.launch import sweep as sweep_module
from src.run import Run
from src.storage import files, store
from src.storage import study as study_module
from src.storage.identity import run_id
from src.storage.run_folder import CHECKPOINT, has_ended, has_result
from src.storage.store import read_record
from src.storage.study import run_folders
from src.timeline import Ending
from src.training.trainer import train
from tests.test_resume import ARRAYS, TINY, differing, forked, results
from tests.test_train import ROOT, Said, command, ended, shell

pytestmark = pytest.mark.fault

STUDY = ("-m", "study=s", "act=tanh,none", "lrA=30", "lrW=30", *TINY[:5], "epochs=3")
CALM = ("-m", "study=s", "seed=range(0,4)", *TINY)
LONG = ("-m", "study=s", "seed=range(0,6)", "epochs=900", "T=20", "TT=20", "n_jobs=2")

Results = dict[str, dict[str, Any]]


def study(folder: Path) -> Path:
    """Return the folder of the study that every test here makes."""
    return folder / "multirun_outputs" / "s"


def uninterrupted(folder: Path, words: Sequence[str]) -> Results:
    """Return the results of a command that nothing befell."""
    folder.mkdir()
    said = command(folder, *words)
    assert said.code == 0, said
    return results(folder)


def whole_or_absent(folder: Path) -> None:
    """Assert that whatever has its proper name in a study can be read to its last byte."""
    for run in run_folders(study(folder)) if study(folder).exists() else ():
        if has_result(run):
            assert store.damage(run, run.name[-16:]) is None
        if has_ended(run):
            read_record(run)
        if (run / "checkpoint.npz").exists():
            assert store.read_checkpoint(run) is not None


# --- 1. kill −9 at any write


class Count:
    """Operations on files, counted over all processes of a command; the k-th is its death."""

    def __init__(self, k: int, strike: Callable[[], None]) -> None:
        self.k, self.strike = k, strike
        self.done = multiprocessing.get_context("fork").Value("i", 0)

    def take(self) -> bool:
        """Count one operation and return whether it is the last."""
        with self.done.get_lock():
            self.done.value += 1
            number = self.done.value
        return number == self.k if self.k else False

    def before(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return an operation that may not come to be."""

        def call(*words: Any, **named: Any) -> Any:
            if self.take():
                self.strike()
            return function(*words, **named)

        return call

    def open(self, path: Any, mode: str = "r", *words: Any, **named: Any) -> Any:
        """Open a file; what is written to it may end in the middle."""
        if mode[0] == "r":
            return open(path, mode, *words, **named)
        file: Any = self.before(open)(path, mode, *words, **named)
        write = file.write

        def cut(data: Any) -> Any:
            if self.take():
                write(data[: len(data) // 2])
                file.flush()
                self.strike()
            return write(data)

        return _Opened(file, cut)


class _Opened:
    """A file whose write is another."""

    def __init__(self, file: Any, write: Callable[[Any], Any]) -> None:
        self.file, self.write = file, write

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def __enter__(self) -> "_Opened":
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()


@contextmanager
def operations(k: int, strike: Callable[[], None]) -> Iterator[Count]:
    """Let something happen at the k-th open, write, fsync, mkdir, rename, replace or unlink."""
    count = Count(k, strike)
    with (
        patch.object(files, "open", count.open, create=True),
        patch("src.storage.study.open", count.open, create=True),
        patch.object(os, "fsync", count.before(os.fsync)),
        patch.object(os, "replace", count.before(os.replace)),
        patch.object(os, "rename", count.before(os.rename)),
        patch.object(os, "mkdir", count.before(os.mkdir)),
        patch.object(os, "unlink", count.before(os.unlink)),
    ):
        yield count


def die() -> None:
    """Kill every process of the group, which is the command's own."""
    assert os.getpgrp() != os.getsid(0), "only a group of our own is killed"
    os.killpg(os.getpgrp(), signal.SIGKILL)
    time.sleep(60)


def dying(folder: Path, words: Sequence[str], k: int) -> Said:
    """Run a command that dies at its k-th operation, all its processes at once."""

    def work() -> Said:
        with operations(k, die) as count:
            said = command(folder, *words)
        return Said(said.code, str(count.done.value), said.err)

    return forked(work)


EACH = 8
"""The default suite tries every eighth operation; the slow test every one."""


@pytest.mark.parametrize("step", [EACH, pytest.param(1, marks=pytest.mark.slow)])
def test_a_study_that_dies_at_any_operation_goes_on_to_the_same_bytes(
    tmp_path: Path, step: int
) -> None:
    words = (*STUDY, "n_jobs=1", "checkpoint_seconds=0")
    whole = uninterrupted(tmp_path / "whole", words)
    assert {run["run.json"]["outcome"]["ending"] for run in whole.values()} == {
        "finished",
        "diverged",
    }
    (tmp_path / "counted").mkdir()
    counted = dying(tmp_path / "counted", words, 0)
    assert counted.code == 0
    most = int(counted.out)
    assert most > 60, "the operations are counted in the workers too"
    died = 0
    for k in range(1, most + 1, step):
        folder = tmp_path / str(k)
        folder.mkdir()
        died += dying(folder, words, k).code == -signal.SIGKILL
        whole_or_absent(folder)
        before = results(folder)
        assert not differing(before, {name: whole[name] for name in before}), k
        said = command(folder, *words)
        assert said.code == 0, (k, said)
        assert not differing(results(folder), whole), k
        left = [path for path in folder.rglob("*") if path.name in ("unfinished.json", CHECKPOINT)]
        assert not left, k
        shutil.rmtree(folder)
    assert died >= most // step - 2  # threads write at once: the count may end a little sooner


def test_nothing_is_left_under_a_temporary_name_when_a_study_goes_on(tmp_path: Path) -> None:
    words = (*STUDY, "n_jobs=1")
    for k in (4, 9, 14, 19, 24, 29, 34, 39):
        dying(tmp_path, words, k)
    assert command(tmp_path, *words).code == 0
    assert [str(path) for path in tmp_path.rglob("*.tmp")] == []


# --- 2. power cut, torn tail


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a study of four runs."""
    folder = tmp_path_factory.mktemp("calm")
    assert command(folder, *CALM).code == 0
    return folder


@pytest.mark.parametrize("name", ["run.json", *ARRAYS])
@pytest.mark.parametrize("cut", ["truncated", "zeroed"])
def test_a_file_cut_or_zeroed_at_any_place_is_told_from_a_whole_one(
    tmp_path: Path, calm: Path, name: str, cut: str
) -> None:
    shutil.copytree(calm, tmp_path, dirs_exist_ok=True)
    run = next(run_folders(study(tmp_path)))
    data = (run / name).read_bytes()
    most = len(data) - 1 if name == "run.json" else len(data)  # but its newline at the end
    places = [*range(0, most, max(1, most // 300)), most - 1]
    for place in places:
        torn = data[:place] + (bytes(len(data) - place) if cut == "zeroed" else b"")
        if torn != data:
            (run / name).write_bytes(torn)
            assert store.damage(run, run.name[-16:]) is not None, place


@pytest.mark.parametrize("name", ["run.json", *ARRAYS])
@pytest.mark.parametrize("place", [0.0, 0.01, 0.5, 0.99])
@pytest.mark.parametrize("cut", ["truncated", "zeroed"])
def test_a_run_with_a_file_cut_or_zeroed_is_set_aside_and_trained_again(
    tmp_path: Path, calm: Path, name: str, place: float, cut: str
) -> None:
    shutil.copytree(calm, tmp_path, dirs_exist_ok=True)
    run = next(run_folders(study(tmp_path)))
    data = (run / name).read_bytes()
    at = int(place * len(data))
    torn = data[:at] + (bytes(len(data) - at) if cut == "zeroed" else b"")
    (run / name).write_bytes(torn)
    said = command(tmp_path, *CALM)
    assert said.code == 0, said
    assert "set aside" in said.err
    assert "1 trained, 3 reused" in said.out
    assert not differing(results(tmp_path), results(calm))
    (aside,) = study(tmp_path).glob(".damaged/*")
    assert (aside / name).read_bytes() == torn


@pytest.mark.parametrize("name", ["sweep.json", "class_means.npz"])
@pytest.mark.parametrize("content", [b"", b'{"format": 1, "his', bytes(99)], ids=str)
def test_a_study_whose_own_files_are_torn_goes_on(
    tmp_path: Path, calm: Path, name: str, content: bytes
) -> None:
    shutil.copytree(calm, tmp_path, dirs_exist_ok=True)
    (study(tmp_path) / name).write_bytes(content)
    said = command(tmp_path, *CALM)
    assert said.code == 0, said
    assert not differing(results(tmp_path), results(calm))


# --- 3. full disk, quota, read-only folder


def fill(code: int) -> Callable[[], None]:
    """Return what raises an error of the system."""

    def strike() -> None:
        raise OSError(code, os.strerror(code))

    return strike


def one_sentence(said: Said, words: str) -> None:
    """Assert that a command ended with exit code 1 and one line that says what is wrong."""
    assert said.code == 1, said
    assert "Traceback" not in said.err, said.err
    (last,) = [line for line in said.err.splitlines() if line.startswith("error: ")]
    assert words in last or "runs failed; their folders say why" in last, last


@pytest.mark.parametrize(
    ("mode", "code"),
    [("sweep", errno.ENOSPC), ("alone", errno.ENOSPC), ("sweep", errno.EDQUOT)],
)
def test_a_full_disk_at_any_operation_is_one_sentence_and_nothing_old_is_lost(
    tmp_path: Path, calm: Path, mode: str, code: int
) -> None:
    """From the k-th operation on nothing can be written any more."""
    words = CALM if mode == "sweep" else ("study=s", "seed=0", *TINY)
    words = (*words, "checkpoint_seconds=0", "force=true")
    shutil.copytree(calm, tmp_path / "one", dirs_exist_ok=True)
    said = _full(tmp_path / "one", words, 10**9, code)
    most = int(said.out)
    assert said.code == 0
    shutil.copytree(calm, tmp_path / "filled", dirs_exist_ok=True)
    ks = {1, 2, 3, 4, 5, 7, 9, 15, most // 2, most - 9}
    for k in sorted(ks):
        said = _full(tmp_path / "filled", words, k, code)
        if int(said.out) >= k:  # one that goes on from checkpoints takes fewer operations
            one_sentence(said, os.strerror(code))
        assert not differing(results(tmp_path / "filled"), results(calm)), k
    assert command(tmp_path / "filled", *words).code == 0
    assert not differing(results(tmp_path / "filled"), results(calm))


def _full(folder: Path, words: Sequence[str], k: int, code: int) -> Said:
    """Run a command for which the disk is full from its k-th operation on."""

    def work() -> Said:
        with operations(k, fill(code)) as count:
            taking = count.take
            count.take = lambda: taking() or count.done.value >= k  # type: ignore[method-assign]
            said = command(folder, *words, "n_jobs=1")
        return Said(said.code, str(count.done.value), said.err)

    return forked(work)


@pytest.mark.parametrize("mode", ["sweep", "alone"])
@pytest.mark.parametrize("size", [0, 1000, 2500])
def test_a_quota_is_one_sentence_and_the_study_goes_on_without_it(
    tmp_path: Path, calm: Path, mode: str, size: int
) -> None:
    words = CALM if mode == "sweep" else ("study=s", "seed=0", *TINY)

    def limited() -> Said:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        return command(tmp_path, *words)

    one_sentence(forked(limited), "File too large")
    whole_or_absent(tmp_path)
    assert command(tmp_path, *CALM).code == 0
    assert not differing(results(tmp_path), results(calm))


@pytest.mark.parametrize("mode", ["sweep", "alone"])
def test_a_read_only_folder_is_one_sentence_and_nothing_old_is_lost(
    tmp_path: Path, calm: Path, mode: str
) -> None:
    shutil.copytree(calm, tmp_path, dirs_exist_ok=True)
    words = ("-m", "seed=0,1,7") if mode == "sweep" else ("seed=7",)

    def refused() -> Said:
        with _read_only():
            return command(tmp_path, *words, "study=s", *TINY, "n_jobs=1")

    said = forked(refused)
    one_sentence(said, "Read-only file system")
    assert not differing(results(tmp_path), results(calm))


@contextmanager
def _read_only() -> Iterator[None]:
    """Refuse what a read-only file system refuses, also to root."""

    def refuse(*words: Any, **named: Any) -> Any:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    def opened(path: Any, mode: str = "r", *words: Any, **named: Any) -> Any:
        return open(path, mode, *words, **named) if mode[0] == "r" else refuse()

    made = os.mkdir

    def make(path: Any, *words: Any, **named: Any) -> None:
        if not os.path.exists(path):
            refuse()
        made(path, *words, **named)

    with (
        patch.object(files, "open", opened, create=True),
        patch("src.storage.study.open", opened, create=True),
        patch.object(os, "mkdir", make),
        patch.object(os, "rename", refuse),
        patch.object(os, "replace", refuse),
        patch.object(os, "unlink", refuse),
    ):
        yield


# --- 4. sweeps that are started together


def _together(folder: Path, commands: Sequence[Sequence[str]]) -> list[Said]:
    """Start commands in processes of their own at one barrier."""
    context = multiprocessing.get_context("fork")
    barrier, queue = context.Barrier(len(commands)), context.SimpleQueue()

    def work(number: int, words: Sequence[str]) -> None:
        barrier.wait(30)
        try:
            said = command(folder, *words)
        except BaseException as error:  # noqa: BLE001  it is told
            said = Said(70, "", repr(error))
        queue.put((number, said))

    started = [context.Process(target=work, args=each) for each in enumerate(commands)]
    for process in started:
        process.start()
    found = dict(queue.get() for _ in started)
    for process in started:
        process.join(60)
    return [found[number] for number in range(len(commands))]


GRIDS: dict[str, list[tuple[str, ...]]] = {
    "the same grid": [("seed=range(0,6)",)] * 4,
    "other grids": [("seed=range(0,4)",), ("seed=range(2,6)",), ("seed=range(1,5)",), ("seed=5",)],
    "written otherwise": [
        ("lrA=0.1", "seed=0,1"),
        ("lrA=1e-1", "seed=1,0"),
        ("lrA=0.10", "seed=0,2"),
    ],
}


@pytest.mark.parametrize("grids", GRIDS)
def test_sweeps_and_a_run_started_together_on_one_study_train_each_run_once(
    tmp_path: Path, grids: str
) -> None:
    words = [("-m", "study=s", *TINY, "n_jobs=1", *grid) for grid in GRIDS[grids]]
    words.append(("study=s", *TINY, "seed=1", *(["lrA=0.1"] if grids[0] == "w" else [])))
    trained = multiprocessing.get_context("fork").Value("i", 0)

    def counting(runs: Sequence[Run], *others: Any) -> Any:
        with trained.get_lock():
            trained.value += len(runs)
        return train(runs, *others)

    with patch.object(task, "train", counting):
        all_said = _together(tmp_path, words)
    assert [said.code for said in all_said] == [0] * len(words), all_said
    found = results(tmp_path)
    assert trained.value == len(found)
    for name in found:
        folder = study(tmp_path) / name
        record = read_record(folder)
        assert record.id == name[-16:]
        assert run_id(record.config, record.data_digest, record.engine_version) == record.id
        assert store.damage(folder, record.id) is None
    history = json.loads((study(tmp_path) / "sweep.json").read_text())["history"]
    assert sum(entry["trained"] for entry in history) == len(found)
    assert len(history) == len(words)
    (tmp_path / "calm").mkdir()
    for each in words:
        command(tmp_path / "calm", *each)
    assert not differing(found, results(tmp_path / "calm"))


def test_a_small_and_a_large_grid_started_together_train_each_run_once(tmp_path: Path) -> None:
    """A grid of many runs lies in folders of folders, and may not miss runs that lie flat."""
    words = ("-m", "study=s", *TINY, "n_jobs=1")
    small, large = (*words, "seed=range(0,3)"), (*words, "seed=range(0,6)")
    with patch.object(study_module, "MANY", 4):
        said = _together(tmp_path, [small, large, small, large])
    assert [each.code for each in said] == [0] * 4, said
    ids = [folder.name[-16:] for folder in run_folders(study(tmp_path))]
    assert len(ids) == len(set(ids)) == 6


def test_a_large_grid_that_waited_for_a_small_one_reuses_its_runs(tmp_path: Path) -> None:
    """The same without chance: the small one trains while the large one waits for the lock."""
    words = ("-m", "study=s", *TINY, "n_jobs=1")
    locked = study_module.locked

    def waiting() -> Said:
        @contextmanager
        def held(folder: Path, fresh: bool) -> Iterator[None]:
            small = ended(shell(tmp_path, *words, "seed=range(0,3)"))
            assert small.code == 0, small
            with locked(folder, fresh):
                yield

        many = patch.object(study_module, "MANY", 4)
        with many, patch.object(sweep_module, "locked", held):
            return command(tmp_path, *words, "seed=range(0,6)")

    said = forked(waiting)
    assert said.code == 0, said
    ids = [folder.name[-16:] for folder in run_folders(study(tmp_path))]
    assert len(ids) == len(set(ids)) == 6


# --- 5. a worker that is killed


@pytest.mark.parametrize("victims", [1, 2])
def test_a_worker_that_kills_itself_costs_its_own_runs_and_they_are_tried_twice(
    tmp_path: Path, victims: int
) -> None:
    tries = multiprocessing.get_context("fork").Value("i", 0)

    def fatal(runs: Sequence[Run], *others: Any) -> Any:
        if any(run.seed < victims for run in runs):
            with tries.get_lock():
                tries.value += 1
            os.kill(os.getpid(), signal.SIGKILL)
        return train(runs, *others)

    whole = uninterrupted(tmp_path / "whole", CALM)
    with patch.object(task, "train", fatal):
        said = command(tmp_path, *CALM, "n_jobs=1")
    assert said.code == 1
    assert f"{victims} of 4 runs failed" in said.err
    assert tries.value == 1 + victims  # together, then each alone
    folders = {read_record(f).config["seed"]: f for f in run_folders(study(tmp_path))}
    for seed, folder in folders.items():
        ending = Ending.failed if seed < victims else Ending.finished
        assert read_record(folder).outcome.ending is ending
    found = results(tmp_path)
    assert not differing(found, {name: whole[name] for name in found})
    assert command(tmp_path, *CALM).code == 0
    assert not differing(results(tmp_path), whole)


def test_a_run_alone_in_its_stack_whose_worker_is_killed_once_is_tried_again(
    tmp_path: Path,
) -> None:
    tries = multiprocessing.get_context("fork").Value("i", 0)

    def fatal(runs: Sequence[Run], *others: Any) -> Any:
        with tries.get_lock():
            tries.value += 1
        if tries.value == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return train(runs, *others)

    with patch.object(task, "train", fatal):
        said = command(tmp_path, "-m", "study=s", "seed=0", *TINY)
    assert said.code == 0, said
    assert tries.value == 2


def test_a_forced_run_that_fails_is_a_failure_though_its_older_result_is_whole(
    tmp_path: Path, calm: Path
) -> None:
    shutil.copytree(calm, tmp_path, dirs_exist_ok=True)

    def fail(runs: Sequence[Run], *others: Any) -> Any:
        if any(run.seed == 1 for run in runs):
            raise ValueError("no luck")
        return train(runs, *others)

    with patch.object(task, "train", fail):
        said = command(tmp_path, *CALM, "force=true")
    assert not differing(results(tmp_path), results(calm))
    assert said.code == 1, said
    assert "1 of 4 runs failed" in said.err


# --- 7. Ctrl-C once, twice; SIGTERM


def at_a_terminal(
    folder: Path, *words: str, program: Sequence[str] = ("-m", "src.train"), **more: str
) -> tuple["subprocess.Popen[bytes]", int]:
    """Start a command at a terminal of its own, where Ctrl-C reaches all of its processes."""
    ours, theirs = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("HYDRA", "SWEEP"))}
    process = subprocess.Popen(
        [sys.executable, "-W", "error", *program, *words],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "200", **more},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        preexec_fn=lambda: _control(theirs),
    )
    os.close(theirs)
    return process, ours


def _control(terminal: int) -> None:
    import fcntl
    import termios

    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # it would end what a dead leader leaves behind
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


def _read(process: "subprocess.Popen[bytes]", terminal: int) -> str:
    """Read what a process says until it ends."""
    said = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # EIO: the other end is closed
            piece = b""
        if not piece:
            break
        said += piece
    os.close(terminal)
    process.wait(60)
    return said.decode(errors="replace")


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.01)


SIGNALS: dict[str, tuple[Callable[["subprocess.Popen[bytes]", int], None], str]] = {
    "Ctrl-C once": (lambda process, terminal: _type(terminal, 1), "to go on, type: "),
    "Ctrl-C twice": (lambda process, terminal: _type(terminal, 2), "interrupted: "),
    "SIGTERM": (lambda process, terminal: process.terminate(), "to go on, type: "),
}


def _type(terminal: int, times: int) -> None:
    for _ in range(times):
        os.write(terminal, b"\x03")
        time.sleep(0.02)


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Return the results of six runs that take some seconds."""
    return uninterrupted(tmp_path_factory.mktemp("long") / "whole", LONG)


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_ends_a_sweep_with_130_and_the_same_command_goes_on(
    tmp_path: Path, long: Results, name: str
) -> None:
    send, words = SIGNALS[name]
    process, terminal = at_a_terminal(tmp_path, *LONG, "checkpoint_seconds=0.05")
    _until(lambda: len(list(study(tmp_path).glob("*/checkpoint.npz"))) >= 3)
    send(process, terminal)
    said = _read(process, terminal)
    assert process.returncode == 130, said
    assert words in said
    assert "Traceback" not in said
    whole_or_absent(tmp_path)
    before = results(tmp_path)
    assert len(before) < 6, "it had ended before the signal came"
    assert list(study(tmp_path).glob("*/checkpoint.npz"))
    again = ended(shell(tmp_path, *LONG))
    assert again.code == 0, again
    assert not differing(results(tmp_path), long)
    folders = list(run_folders(study(tmp_path)))
    assert any(read_record(folder).execution["resumed_from"] for folder in folders)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_single_run_with_130_and_it_goes_on(
    tmp_path: Path, number: signal.Signals
) -> None:
    words = ("study=s", "epochs=1500", "T=20", "TT=20")
    process = shell(tmp_path, *words, "checkpoint_seconds=0.05")
    _until(lambda: bool(list(study(tmp_path).glob("*/checkpoint.npz"))))
    process.send_signal(number)
    said = ended(process)
    assert said.code == 130, said
    assert "to go on, type: python -m src.train epochs=1500 T=20 TT=20" in said.err
    assert command(tmp_path, *words).code == 0
    whole = uninterrupted(tmp_path / "whole", words)
    assert not differing(results(tmp_path), whole)


def test_ctrl_c_at_any_time_before_the_first_epoch_leaves_a_study_that_goes_on(
    tmp_path: Path, calm: Path
) -> None:
    for tenth in (4, 7, 10, 13):
        process, terminal = at_a_terminal(tmp_path, *CALM)
        time.sleep(tenth / 10)
        _type(terminal, 1)
        said = _read(process, terminal)
        if study(tmp_path).exists():  # before, it is Python that ends, among its imports
            assert process.returncode in (0, 130), said
        whole_or_absent(tmp_path)
    assert command(tmp_path, *CALM).code == 0
    assert not differing(results(tmp_path), results(calm))


# --- 9. folders that are foreign, half-copied or damaged


def _rename(run: Path) -> None:
    run.rename(run.with_name(run.name[:-4] + "0000"))


MUTATIONS: dict[str, Callable[[Path], object]] = {
    **{f"{name} is missing": lambda run, name=name: (run / name).unlink() for name in ARRAYS},
    **{f"{name} is a folder": lambda run, name=name: _folder(run / name) for name in ARRAYS},
    "run.json is a folder": lambda run: _folder(run / "run.json"),
    "run.json is another's": lambda run: shutil.copy(_neighbour(run) / "run.json", run),
    "all is another's": lambda run: shutil.copytree(_neighbour(run), run, dirs_exist_ok=True),
    "run.json is of a later format": lambda run: _edit(run, format=99),
    "run.json has another accuracy": lambda run: _edit(run, final={"test_acc": 1.0}),
    "run.json has an unknown field": lambda run: _edit(run, surprise=1),
}


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _neighbour(run: Path) -> Path:
    return next(other for other in sorted(run.parent.glob("*-*")) if other != run)


def _edit(run: Path, **changes: Any) -> None:
    fields = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(fields | changes))


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_mutated_run_hides_no_other_and_is_trained_again(
    tmp_path: Path, calm: Path, mutation: str
) -> None:
    shutil.copytree(calm, tmp_path, dirs_exist_ok=True)
    run = sorted(run_folders(study(tmp_path)))[1]
    MUTATIONS[mutation](run)
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        sweep = load_sweep(study(tmp_path))
        assert len(set(sweep.runs.index)) >= 3
        assert sweep.timelines["run"].nunique() >= 3
    said = command(tmp_path, *CALM)
    assert said.code == 0, said
    assert "set aside" in said.err
    assert not differing(results(tmp_path), results(calm))


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_the_doctor_finds_a_mutated_run_and_sets_it_aside_for_the_next_sweep(
    tmp_path: Path, calm: Path, mutation: str
) -> None:
    shutil.copytree(calm, tmp_path, dirs_exist_ok=True)
    run = sorted(run_folders(study(tmp_path)))[1]
    assert answer(["doctor", str(study(tmp_path))]) == 0
    MUTATIONS[mutation](run)
    assert answer(["doctor", str(study(tmp_path))]) == 1
    assert run.exists()
    answer(["doctor", str(study(tmp_path)), "--quarantine"])
    assert not run.exists()
    assert answer(["doctor", str(study(tmp_path))]) == 0
    said = command(tmp_path, *CALM)
    assert said.code == 0, said
    assert "1 trained, 3 reused" in said.out
    assert not differing(results(tmp_path), results(calm))


# --- 13. YAML that is no file of settings

BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [{f'*a{i - 1}, ' * 9}]\n" for i in range(1, 10))
YAML = {
    "a bomb": BOMB,
    "deep nesting": "act: " + "[" * 9000 + "]" * 9000,
    "a key twice": "lrA: 1\nlrA: 2\n",
    "no YAML": "act: [tanh",
    "huge": "#" * (1 << 21),
}


@pytest.mark.parametrize("mode", [(), ("-m",)], ids=["run", "sweep"])
@pytest.mark.parametrize("kind", YAML)
def test_a_yaml_bomb_and_its_kind_are_refused_within_a_second_in_one_sentence(
    tmp_path: Path, kind: str, mode: tuple[str, ...]
) -> None:
    (tmp_path / "conf" / "act").mkdir(parents=True)
    (tmp_path / "conf" / "act" / "mine.yaml").write_text(f"# @package _global_\n{YAML[kind]}\n")
    start = time.process_time()
    said = command(tmp_path, *mode, f"--config-dir={tmp_path / 'conf'}", "act=mine", *TINY)
    assert time.process_time() - start < 1
    one_sentence(said, "mine.yaml must ")
    assert not study(tmp_path).parent.exists()


# --- 10. clocks


@pytest.mark.parametrize("jump", [0.0, -1e9], ids=["stands", "jumps back"])
def test_a_clock_that_stands_or_jumps_changes_no_byte(
    tmp_path: Path, calm: Path, jump: float
) -> None:
    now, gmtime, localtime = time.time(), time.gmtime, time.localtime

    def then(seconds: float | None = None) -> float:
        return now + jump if seconds is None else seconds

    with (
        patch("time.time", lambda: now + jump),
        patch("time.gmtime", lambda s=None: gmtime(then(s))),
        patch("time.localtime", lambda s=None: localtime(then(s))),
    ):
        assert command(tmp_path, *CALM).code == 0
    assert not differing(results(tmp_path), results(calm))
    for run in run_folders(study(tmp_path)):
        assert 0 <= read_record(run).execution["seconds"] < 60


# --- 17. code or data changed since


def _write_idx(folder: Path, shift: int) -> None:
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(0)
    for part, n in (("train", 40), ("t10k", 20)):
        labels = np.arange(n, dtype=np.uint8) % 2
        images = (rng.integers(0, 200, (n, 9, 9)) + labels[:, None, None] * 50 + shift) % 256
        for kind, array in (("images-idx3", images.astype(np.uint8)), ("labels-idx1", labels)):
            header = bytes([0, 0, 8, array.ndim])
            header += b"".join(size.to_bytes(4, "big") for size in array.shape)
            with gzip.open(folder / f"{part}-{kind}-ubyte.gz", "wb") as file:
                file.write(header + array.tobytes())


def test_changed_digits_make_another_run_and_the_old_one_stays(tmp_path: Path) -> None:
    words = ("-m", "study=s", "data=idx", f"folder={tmp_path / 'digits'}", "classes=[0,1]")
    words += ("I=3", "J=3", "L=1", "T=6", "TT=6", "epochs=2", "seed=0,1")
    _write_idx(tmp_path / "digits", 0)
    assert command(tmp_path, *words).code == 0
    before = results(tmp_path)
    _write_idx(tmp_path / "digits", 7)
    said = command(tmp_path, *words)
    assert said.code == 0, said
    after = results(tmp_path)
    assert len(before) == 2
    assert len(after) == 4
    assert not differing({name: after[name] for name in before}, before)
    assert len({run["run.json"]["data_digest"] for run in after.values()}) == 2


def test_digits_that_change_between_the_plan_and_the_training_are_a_failure_and_no_mix(
    tmp_path: Path,
) -> None:
    words = ("-m", "study=s", "data=idx", f"folder={tmp_path / 'digits'}", "classes=[0,1]")
    words += ("I=3", "J=3", "L=1", "T=6", "TT=6", "epochs=2", "seed=0,1", "n_jobs=1")
    _write_idx(tmp_path / "digits", 0)
    run_stacks = batch.run_stacks

    def later(*stacks: Any) -> Any:
        _write_idx(tmp_path / "digits", 7)
        return run_stacks(*stacks)

    with patch.object(batch, "run_stacks", later):
        said = command(tmp_path, *words)
    assert said.code == 1
    assert f"{tmp_path / 'digits'} holds other digits than when the sweep began" in said.out
    assert not [folder for folder in run_folders(study(tmp_path)) if has_result(folder)]
    assert command(tmp_path, *words).code == 0
    assert len(list(filter(has_result, run_folders(study(tmp_path))))) == 2


def test_a_raised_engine_version_makes_another_run_and_the_old_one_stays(
    tmp_path: Path, calm: Path
) -> None:
    shutil.copytree(calm, tmp_path, dirs_exist_ok=True)
    with patch("src.run.run.ENGINE_VERSION", 99), patch("src.execution.job.ENGINE_VERSION", 99):
        said = command(tmp_path, *CALM)
    assert said.code == 0, said
    assert "reused" not in said.out
    after, before = results(tmp_path), results(calm)
    assert len(after) == 8
    assert not differing({name: after[name] for name in before}, before)
    assert [run["run.json"]["engine_version"] for run in after.values()].count(99) == 4


# --- 19. file systems without locks


def test_a_study_that_cannot_be_locked_is_a_warning_and_works(tmp_path: Path, calm: Path) -> None:
    with patch("fcntl.flock", side_effect=OSError(errno.ENOLCK, "No locks available")):
        said = command(tmp_path, *CALM)
    assert said.code == 0, said
    assert "cannot be locked here: let one sweep at a time write to it" in said.err
    assert not differing(results(tmp_path), results(calm))


# --- 20. reading while a sweep runs


def test_a_study_read_in_a_loop_while_a_sweep_runs_is_never_torn_and_never_in_the_way(
    tmp_path: Path,
) -> None:
    words = ("-m", "study=s", "seed=range(0,50)", "act=tanh,relu", *TINY, "n_jobs=1")
    process = shell(tmp_path, *words, "stack_memory=1")
    _until(lambda: study(tmp_path).exists() and any(study(tmp_path).glob("*/run.json")))
    counts = []
    while process.poll() is None:
        sweep = load_sweep(study(tmp_path))  # a warning would be an error here
        assert sweep.timelines["run"].nunique() == len(sweep.runs)
        counts.append(len(sweep.runs))
    said = ended(process)
    assert said.code == 0, said
    assert counts == sorted(counts)
    assert len(load_sweep(study(tmp_path)).runs) == 100
    assert not list(tmp_path.rglob(".damaged"))


def test_a_run_read_while_its_record_changes_from_unfinished_to_a_result_is_read(
    tmp_path: Path, calm: Path
) -> None:
    run = next(run_folders(study(calm)))
    copy = tmp_path / run.name
    shutil.copytree(run, copy)
    shutil.move(copy / "run.json", tmp_path / "run.json")
    fields = json.loads((tmp_path / "run.json").read_text())
    fields["outcome"] |= {"ending": "interrupted", "epoch": None}
    (copy / "unfinished.json").write_text(json.dumps(fields))
    exists = Path.exists

    def meanwhile(path: Path, **named: Any) -> bool:
        """The sweep writes the result right after the reader has looked for one."""
        found = exists(path, **named)
        if path.name == "unfinished.json" and (tmp_path / "run.json").is_file():
            os.replace(tmp_path / "run.json", copy / "run.json")
            (copy / "unfinished.json").unlink()
        return found

    with patch.object(Path, "exists", meanwhile):
        record = read_record(copy)
    assert record.outcome.ending in (Ending.finished, Ending.interrupted)


def test_a_dry_run_changes_nothing_in_a_study(tmp_path: Path, calm: Path) -> None:
    shutil.copytree(calm, tmp_path, dirs_exist_ok=True)
    run = next(run_folders(study(tmp_path)))
    (run / "timeline.npz").write_bytes(b"torn")
    (run.parent / sorted(run.parent.glob("*-*"))[1].name / ".timeline.npz.7.tmp").write_bytes(b"x")
    before = {path: path.stat().st_mtime_ns for path in sorted(tmp_path.rglob("*"))}
    assert command(tmp_path, *CALM, "dry_run=true").code == 0
    assert {path: path.stat().st_mtime_ns for path in sorted(tmp_path.rglob("*"))} == before
