"""What a study says of how it was made: enough to make it again, and nothing of whose machine.

Owns the history's fields, that no value of the environment and no path of the machine enters any
file of a study, and training again from a run's folder alone.
"""

import getpass
import hashlib
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from src.execution import job as task
from src.run import Run
from src.storage import provenance
from src.storage.files import to_json
from src.storage.store import read_record
from src.storage.study import run_folders
from src.storage.study_files import read_history
from src.training.trainer import train
from tests.test_resume import ARRAYS, TINY, Stop, _stopped_here, forked
from tests.test_train import ROOT, Said, command, ended, shell

SECRET = "sk-planted-8c1f0e"
FIELDS = {
    *("command", "overrides", "started", "ended"),
    *(
        "digests",
        "class_means",
        "planned",
        "reused",
        "trained",
        "failed",
        "left",
        "outcomes",
        "results",
    ),
    *("python", "packages", "machine", "commit", "dirty", "diff_digest"),
}
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def history(folder: Path) -> list[dict[str, Any]]:
    """Return the history of the one study in a folder."""
    return read_history(folder / "multirun_outputs" / "s")


# --- the history


def test_every_command_has_an_entry_that_says_what_when_where_and_with_what(
    tmp_path: Path,
) -> None:
    words = ("-m", "study=s", "seed=0,1", *TINY)
    assert command(tmp_path, *words).code == 0
    assert command(tmp_path, "-m", "study=s", "seed=range(0,5)", *TINY, "n_jobs=1").code == 0
    assert command(tmp_path, "study=s", "seed=9", *TINY).code == 0
    first, second, third = history(tmp_path)
    for entry in (first, second, third):
        assert entry.keys() == FIELDS
        assert re.fullmatch(TIME, entry["started"])
        assert re.fullmatch(TIME, entry["ended"])
        assert entry["started"] <= entry["ended"]
        assert entry["python"] == platform.python_version()
        assert entry["packages"]["numpy"] == version("numpy")
        assert entry["packages"].keys() == {"numpy", "scipy", "hydra-core", "omegaconf"}
        assert entry["machine"].keys() == {"system", "processor", "cores"}
        assert entry["machine"]["system"] == platform.system()
    assert first["command"] == ["python", "-m", "src.train", *words]
    assert set(first["overrides"]) == {"study=s", "seed=0,1", *TINY}
    counts = ("planned", "reused", "trained")
    assert [[entry[key] for key in counts] for entry in (first, second, third)] == [
        [2, 0, 2],
        [5, 2, 3],
        [1, 0, 1],
    ]
    assert [entry["outcomes"] for entry in (first, second)] == [{"finished": 2}, {"finished": 3}]


def test_failures_and_interruptions_are_counted(tmp_path: Path) -> None:
    def fail(runs: Sequence[Run], *others: Any) -> Any:
        if any(run.seed == 1 for run in runs):
            raise ValueError("no luck")
        return train(runs, *others)

    with patch.object(task, "train", fail):
        assert command(tmp_path, "-m", "study=s", "seed=0,1,2", *TINY).code == 1
    words = ("-m", "study=s", "seed=1,3", *TINY, "n_jobs=1")
    assert forked(lambda: _stopped_here(tmp_path, words, Stop(1, "ask"))).code == 130
    failed, stopped = history(tmp_path)
    assert failed["outcomes"] == {"finished": 2, "failed": 1}
    assert (failed["trained"], failed["failed"], failed["left"]) == (2, 1, 1)
    assert stopped["outcomes"] == {"interrupted": 2}
    assert (stopped["left"], stopped["results"]) == (2, 2)
    assert (stopped["planned"], stopped["reused"], stopped["trained"]) == (2, 0, 0)
    assert stopped["ended"]


def test_a_command_that_was_killed_has_an_entry_without_an_end(tmp_path: Path) -> None:
    words = ("-m", "study=s", "seed=0,1", *TINY, "checkpoint_seconds=0", "n_jobs=1")
    assert forked(lambda: _stopped_here(tmp_path, words, Stop(1, "kill"))).code < 0
    assert command(tmp_path, *words).code == 0
    killed, again = history(tmp_path)
    assert killed["ended"] is None
    assert again["ended"] is not None
    assert (again["planned"], again["trained"]) == (2, 2)


# --- the commit and what is not in it


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Path]:
    """Return a source tree of its own under git, which provenance takes for its own."""
    home = tmp_path / "tree"
    (home / "src" / "storage").mkdir(parents=True)
    (home / "src" / "storage" / "provenance.py").write_text("one\n")
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "one"]):
        identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", "-C", str(home), *identity, *words], check=True)
    caches = (provenance.provenance, provenance.diff_digest)
    for cache in caches:
        cache.cache_clear()
    with patch.object(provenance, "__file__", str(home / "src" / "storage" / "provenance.py")):
        yield home
    for cache in caches:
        cache.cache_clear()


def test_a_clean_tree_has_its_commit_and_no_digest_of_changes(repository: Path) -> None:
    commit = provenance.provenance()["commit"]
    assert re.fullmatch(r"[0-9a-f]{40}", commit)
    assert provenance.provenance()["dirty"] is False
    assert provenance.diff_digest() is None


def test_a_changed_tree_says_so_with_the_digest_of_its_changes(repository: Path) -> None:
    (repository / "src" / "storage" / "provenance.py").write_text("two\n")
    assert provenance.provenance()["dirty"] is True
    words = ["git", "-C", str(repository), "diff", "HEAD"]
    diff = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    assert provenance.diff_digest() == hashlib.sha256(diff.encode()).hexdigest()


def test_a_change_that_is_no_text_has_a_digest_too(repository: Path) -> None:
    (repository / "src" / "storage" / "provenance.py").write_bytes(b"caf\xe9\n")
    assert re.fullmatch("[0-9a-f]{64}", provenance.diff_digest() or "")


def test_without_git_there_is_no_commit(repository: Path) -> None:
    shutil.rmtree(repository / ".git")
    assert provenance.provenance()["commit"] is None
    assert provenance.provenance()["dirty"] is None
    assert provenance.diff_digest() is None


def test_git_that_fails_is_no_failure(repository: Path) -> None:
    with patch.object(subprocess, "run", side_effect=OSError("no git")):
        assert provenance.provenance()["commit"] is None


# --- nothing of whose machine


def _private(folder: Path) -> dict[str, bytes]:
    """Return what may stand in no file: the environment's values, and places of this machine."""
    plain = re.compile(r"[\w.+-]{0,3}|\d+|xterm\S*|C\.UTF-8|\w+|[A-Z_]+")
    recorded = platform.python_version()  # as `pyenv shell` puts it into the environment
    values = {n: v for n, v in os.environ.items() if not plain.fullmatch(v) and v != recorded}
    values |= {"SECRET": SECRET, "the folder": str(folder), "the code": str(ROOT)}
    values |= {"python": sys.executable, "prefix": sys.prefix, "home": str(Path.home())}
    values |= {"host": socket.gethostname()}
    if getpass.getuser() != "root":  # which is a word of English too
        values |= {"user": getpass.getuser()}
    return {name: value.encode() for name, value in values.items() if len(value) > 3}


def _fail(run: Sequence[Run], *others: Any) -> Any:
    raise ValueError("no luck")


@pytest.mark.parametrize("ending", ["finished", "failed", "interrupted"])
@pytest.mark.parametrize("mode", ["sweep", "alone", "basic"])
def test_no_file_of_a_study_holds_a_value_of_the_environment_or_a_path_of_the_machine(
    tmp_path: Path, mode: str, ending: str
) -> None:
    modes = {"sweep": ("-m", "n_jobs=1"), "alone": (), "basic": ("-m", "hydra/launcher=basic")}
    words = (*modes[mode], "study=s", "seed=3", *TINY, "checkpoint_seconds=0")

    def work() -> Said:
        os.environ["SWEEPSCOPE_TOKEN"] = SECRET
        if ending == "failed":
            with patch.object(task, "train", _fail):
                try:
                    return command(tmp_path, *words)
                except ValueError:
                    return Said(1, "", "")
        if ending == "interrupted":
            return _stopped_here(tmp_path, words, Stop(1, "kill" if mode == "basic" else "ask"))
        return command(tmp_path, *words)

    if (mode, ending) == ("basic", "interrupted"):
        pytest.skip("Hydra's own launcher is stopped at once")
    said = forked(work)
    assert said.code == {"finished": 0, "failed": 1, "interrupted": 130}[ending], said
    private = _private(tmp_path)
    assert {"SECRET", "the folder", "home"} <= private.keys()
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 5
    told = {
        f"{path.relative_to(tmp_path)}: {name}"
        for path in written
        for name, value in private.items()
        if value in path.read_bytes()
    }
    assert told == set()


@pytest.mark.parametrize("mode", [(), ("-m",)], ids=["run", "sweep"])
@pytest.mark.parametrize(
    "word",
    [
        "lrA=${oc.env:SWEEPSCOPE_TOKEN}",
        "study=${oc.env:SWEEPSCOPE_TOKEN}",
        "folder=${oc.env:SWEEPSCOPE_TOKEN}",
        "objective=${oc.env:SWEEPSCOPE_TOKEN}",
        "+card.question=${oc.env:SWEEPSCOPE_TOKEN}",
        "card={question:'${oc.env:SWEEPSCOPE_TOKEN}'}",
        "hydra.job.name=${oc.env:SWEEPSCOPE_TOKEN}",
    ],
)
def test_no_word_brings_a_value_of_the_environment_into_a_study(
    tmp_path: Path, mode: tuple[str, ...], word: str
) -> None:
    def work() -> Said:
        os.environ["SWEEPSCOPE_TOKEN"] = SECRET
        return command(tmp_path, *mode, word, *TINY)

    said = forked(work)
    assert SECRET not in said.out + said.err
    assert said.code != 70, said.err
    for path in tmp_path.rglob("*"):
        assert SECRET not in str(path)
        assert not path.is_file() or SECRET.encode() not in path.read_bytes()


# --- training again from a folder alone


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a study of a finished, a diverged and a failed run."""
    folder = tmp_path_factory.mktemp("trained")

    def fail(runs: Sequence[Run], *others: Any) -> Any:
        if any(run.seed == 5 for run in runs):
            raise ValueError("no luck")
        return train(runs, *others)

    words = ("-m", "study=s", *TINY, "lrA=30", "lrW=30")
    assert command(folder, *words, "act=tanh,none").code == 0
    with patch.object(task, "train", fail):
        assert command(folder, *words, "seed=5").code == 1
    return folder


def _run(folder: Path, ending: str) -> Path:
    """Return the folder of the run that ended so."""
    folders = run_folders(folder / "multirun_outputs" / "s")
    return next(f for f in folders if read_record(f).outcome.ending.name == ending)


def _listing(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("ending", ["finished", "diverged"])
def test_a_run_trained_again_from_its_folder_alone_is_byte_identical(
    tmp_path: Path, trained: Path, ending: str
) -> None:
    alone = tmp_path / _run(trained, ending).name
    shutil.copytree(_run(trained, ending), alone)
    shutil.rmtree(alone / ".hydra")
    before = _listing(tmp_path)
    said = command(tmp_path, "--from", str(alone))
    assert (said.code, said.err) == (0, ""), said
    assert said.out == f"{alone}: byte-identical ({', '.join(ARRAYS)})\n"
    assert _listing(tmp_path) == before


def test_training_again_works_as_a_command_of_the_shell(tmp_path: Path, trained: Path) -> None:
    said = ended(shell(tmp_path, "--from", str(_run(trained, "finished"))))
    assert said.code == 0, said
    assert "byte-identical" in said.out


def _changed(run: Path) -> None:
    """Let a run have ended with another last bit in its losses and in its weights."""
    record = read_record(run)
    for name, array in (("timeline.npz", "curves"), ("parameters.npz", "weights")):
        with np.load(run / name) as file:
            arrays = dict(file)
        arrays[array] = np.nextafter(arrays[array], np.inf, dtype=arrays[array].dtype)
        np.savez(run / name, **arrays)
        record.files[name] = hashlib.sha256((run / name).read_bytes()).hexdigest()
    (run / "run.json").write_bytes(to_json(record.to_fields()))


def test_other_bytes_on_the_same_machine_are_a_fault_with_the_distance(
    tmp_path: Path, trained: Path
) -> None:
    run = shutil.copytree(_run(trained, "finished"), tmp_path / _run(trained, "finished").name)
    _changed(run)
    said = command(tmp_path, "--from", str(run))
    assert said.code == 1
    assert "differs in " in said.out
    assert "filters.npz" not in said.out.splitlines()[0]
    assert re.search(r"train_loss: by \S+ at most", said.out)


@pytest.mark.parametrize("key", ["machine", "packages", "python"])
def test_other_bytes_on_another_machine_or_version_are_told_and_no_failure(
    tmp_path: Path, trained: Path, key: str
) -> None:
    run = shutil.copytree(_run(trained, "finished"), tmp_path / _run(trained, "finished").name)
    _changed(run)
    record = read_record(run)
    record.execution[key] = "another" if key == "python" else {"processor": "another"}
    (run / "run.json").write_bytes(to_json(record.to_fields()))
    said = command(tmp_path, "--from", str(run))
    assert said.code == 0, said
    assert f"{key}: then " in said.out
    assert "no failure" in said.out


@pytest.mark.parametrize("place", ["no/such/folder", ".", "failed"])
def test_training_again_what_is_no_result_is_one_sentence(
    tmp_path: Path, trained: Path, place: str
) -> None:
    folder = str(_run(trained, "failed")) if place == "failed" else place
    said = command(tmp_path, "--from", folder)
    assert said.code == 1
    assert re.fullmatch(r"error: \S.*\S\n", said.err)


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"PK\x03\x04")])
@pytest.mark.parametrize("name", ["run.json", *ARRAYS])
def test_training_again_what_is_damaged_is_one_sentence_with_its_path(
    tmp_path: Path, trained: Path, name: str, damage: Callable[[Path], object]
) -> None:
    run = shutil.copytree(_run(trained, "finished"), tmp_path / "x-0123456789abcdef")
    damage(run / name)
    said = command(tmp_path, "--from", str(run))
    assert said.code == 1, said
    assert re.fullmatch(rf"error: .*{re.escape(str(run))}.*\n", said.err)
