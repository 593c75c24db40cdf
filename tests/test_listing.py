"""Studies are listed by their history, and get another name."""

import os
from pathlib import Path

import pytest

from analysis import load_sweep
from analysis.__main__ import main
from analysis.study.listing import listing
from tests.test_train import SMALL, command

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Train two studies, the second of which has no name."""
    assert command(tmp_path, "-m", "study=first", "act=tanh,none", *SMALL).code == 0
    assert command(tmp_path, "-m", "seed=1,2,3", *SMALL).code == 0
    monkeypatch.chdir(tmp_path)
    os.utime("multirun_outputs/first/sweep.json", (1, 1))
    (tmp_path / "multirun_outputs" / "no_study").mkdir()
    return tmp_path


def test_studies_are_listed_the_latest_first(two: Path, capsys: Captured) -> None:
    found = listing()
    assert found["runs"].tolist() == [3, 2]
    assert found["study"].tolist()[1] == "first"
    assert found["left"].tolist() == found["failed"].tolist() == [0, 0]
    assert "act=tanh,none" in found["command"].iloc[1]
    assert main(["list"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("2 studies in multirun_outputs\n")
    assert said.index(found["study"].iloc[0]) < said.index("first")


def test_a_study_gets_another_name_and_keeps_its_runs(two: Path, capsys: Captured) -> None:
    before = load_sweep("latest").runs
    assert main(["rename", "latest", "seeds"]) == 0
    assert capsys.readouterr().out == "renamed: multirun_outputs/seeds\n"
    after = load_sweep("seeds").runs
    assert after.equals(before)
    assert command(two, "-m", "study=seeds", "seed=1,2,3", *SMALL).err.startswith(
        "3 runs, 3 of them done already"
    )


@pytest.mark.parametrize("name", ["first", "../out", "latest", ""])
def test_a_name_that_is_taken_or_leads_elsewhere_is_refused(
    two: Path, name: str, capsys: Captured
) -> None:
    before = sorted(os.listdir("multirun_outputs"))
    assert main(["rename", "latest", name]) == 1
    assert capsys.readouterr().err.startswith("error: ")
    assert sorted(os.listdir("multirun_outputs")) == before
