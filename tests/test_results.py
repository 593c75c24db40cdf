"""The folder of all studies: named by a word or by the environment, and nothing lies elsewhere."""

from pathlib import Path

import pytest

from analysis import load_sweep
from analysis.__main__ import main
from src.storage.study_name import VARIABLE
from tests.test_train import SMALL, command, ended, shell

GRID = ("-m", "study=s", "act=tanh,none", *SMALL)
LAUNCHERS = {
    "stacks": (),
    "joblib": ("hydra/launcher=joblib", "hydra.launcher.n_jobs=2"),
    "one after the other": ("hydra/sweeper=basic", "hydra/launcher=basic"),
}


def files(folder: Path) -> set[str]:
    """Return the files below a folder, but for those whose names tell the time."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("launcher", LAUNCHERS)
@pytest.mark.parametrize("way", ["an absolute word", "a word", "the environment"])
def test_studies_lie_in_the_folder_that_is_named_and_nothing_lies_elsewhere(
    tmp_path: Path, way: str, launcher: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = tmp_path / "here", tmp_path / "a scratch disk"
    here.mkdir()
    words = [f"results={'../a scratch disk' if way == 'a word' else there}"]
    if way == "the environment":
        words = []
    set_ = {VARIABLE: str(there)} if way == "the environment" else {}
    said = ended(shell(here, *GRID, *LAUNCHERS[launcher], *words, **set_))
    assert said.code == 0, said.err
    assert not list(here.iterdir())
    assert len(load_sweep(there / "s")) == 2
    assert not any(str(tmp_path) in path.read_text() for path in there.rglob("config.yaml"))
    trained = {path: path.stat().st_mtime_ns for path in there.rglob("timeline.npz")}
    again = ended(shell(here, *GRID, *LAUNCHERS[launcher], *words, **set_))
    assert again.code == 0
    assert trained == {path: path.stat().st_mtime_ns for path in there.rglob("timeline.npz")}
    monkeypatch.chdir(here)
    monkeypatch.setenv(VARIABLE, "")  # and back again once this test is over
    assert main(["--results", str(there), "table", "s"]) == 0
    assert not list(here.iterdir())


def test_a_study_is_the_same_wherever_it_lies(tmp_path: Path) -> None:
    assert command(tmp_path, *GRID).code == 0
    assert command(tmp_path, *GRID, "results=other").code == 0
    usual, other = tmp_path / "multirun_outputs" / "s", tmp_path / "other" / "s"
    assert files(usual) == files(other)
    for name in files(usual):
        if name.endswith((".npz", "config.yaml", "overrides.yaml")):
            assert (usual / name).read_bytes() == (other / name).read_bytes()


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("results=", "results must be one folder, in which all studies lie, got ''"),
        ("results=file", "results must be a folder, and is a file, got 'file'"),
    ],
)
def test_what_cannot_be_a_folder_is_refused(tmp_path: Path, word: str, sentence: str) -> None:
    (tmp_path / "file").write_text("")
    said = command(tmp_path, *GRID, word)
    assert (said.code, said.err) == (1, f"error: {sentence}\n")


def test_no_config_file_says_where_results_go(tmp_path: Path) -> None:
    group = tmp_path / "conf" / "experiment"
    group.mkdir(parents=True)
    (group / "mine.yaml").write_text(f"# @package _global_\nresults: {tmp_path / 'stolen'}\n")
    flag = f"--config-dir={tmp_path / 'conf'}"
    said = command(tmp_path, "-m", flag, "experiment=mine", *SMALL)
    assert said.code == 1
    assert "results" in said.err
    assert not (tmp_path / "stolen").exists()


def test_analysis_says_which_folder_there_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["--results", "nowhere", "table"]) == 1
    assert capsys.readouterr().err == "error: --results must be a folder, got 'nowhere'\n"
