"""Links in a study that somebody else made lead nobody out of it."""

import shutil
from pathlib import Path
from unittest.mock import patch

import pytest

from analysis.__main__ import main
from src.storage.study import ASIDE
from tests.test_train import SMALL, command


def listing(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Return a folder outside of the results, with what a run that begins would remove."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    for name in ("unfinished.json", "checkpoint.npz", ".run.json.0.tmp", "sweepscope.log"):
        (folder / name).write_text("mine")
    return folder


@pytest.mark.parametrize("words", [["-m", "study=s"], ["study=s"]])
@pytest.mark.parametrize("part", ["", ".hydra", "checkpoint.npz", "unfinished.json", "run.json"])
def test_nothing_is_trained_through_a_link(
    tmp_path: Path, elsewhere: Path, words: list[str], part: str
) -> None:
    assert command(tmp_path, *words, *SMALL).code == 0
    (run,) = _runs(tmp_path)
    place = run / part if part else run
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
    place.symlink_to(elsewhere if "." not in part[1:] else elsewhere / "unfinished.json")
    before = listing(elsewhere)
    said = command(tmp_path, *words, *SMALL)
    assert said.code == 0, said
    assert "set aside as" in said.err
    assert listing(elsewhere) == before
    (again,) = _runs(tmp_path)
    assert (again / "run.json").is_file()
    assert not again.is_symlink()


def _runs(folder: Path) -> list[Path]:
    study = folder / "multirun_outputs" / "s"
    return [path for path in study.iterdir() if path.name.startswith("tanh-")]


def test_the_doctor_names_a_link_and_touches_nothing_behind_it(
    tmp_path: Path,
    elsewhere: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert command(tmp_path, "-m", "study=s", *SMALL).code == 0
    (run,) = _runs(tmp_path)
    shutil.rmtree(run)
    run.symlink_to(elsewhere)
    before = listing(elsewhere)
    monkeypatch.chdir(tmp_path)
    assert main(["doctor", "s"]) == 1
    assert "is a link and not a folder" in " ".join(capsys.readouterr().out.split())
    assert listing(elsewhere) == before


def test_a_link_in_the_place_of_what_is_set_aside_is_one_sentence(
    tmp_path: Path, elsewhere: Path
) -> None:
    assert command(tmp_path, "-m", "study=s", *SMALL).code == 0
    (run,) = _runs(tmp_path)
    (run / "run.json").write_text("{}")
    (run.parent / ASIDE).symlink_to(elsewhere)
    before = listing(elsewhere)
    said = command(tmp_path, "-m", "study=s", *SMALL)
    assert said.code == 1
    assert "must be a folder of the study, and is a link" in said.err
    assert listing(elsewhere) == before


def test_a_lock_that_is_a_link_is_one_sentence_and_makes_no_file(tmp_path: Path) -> None:
    study = tmp_path / "multirun_outputs" / "s"
    study.mkdir(parents=True)
    (study / ".lock").symlink_to(tmp_path / "made")
    said = command(tmp_path, "-m", "study=s", *SMALL)
    assert said.code == 1
    assert "must be a file of the study, and is a link" in said.err
    assert not (tmp_path / "made").exists()


def test_the_doctor_touches_nothing_in_a_folder_that_is_no_study(elsewhere: Path) -> None:
    before = listing(elsewhere)
    assert main(["doctor", str(elsewhere), "--quarantine"]) == 1
    assert listing(elsewhere) == before


@pytest.mark.parametrize("many", [("-m",), ()])
def test_no_run_is_put_into_a_part_of_the_study_that_is_a_link(
    tmp_path: Path, elsewhere: Path, many: tuple[str, ...]
) -> None:
    study = tmp_path / "multirun_outputs" / "s"
    study.mkdir(parents=True)
    for shard in range(256):
        (study / f"{shard:02x}").symlink_to(elsewhere)
    before = listing(elsewhere)
    (study / "ff").unlink()
    (study / "ff").mkdir()  # one that is none: the study is cut
    said = command(tmp_path, *many, "study=s", *SMALL)
    assert said.code == 1
    assert "must be a folder of the study, and is a link" in said.err
    assert listing(elsewhere) == before


def test_no_index_is_written_through_a_link(
    tmp_path: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command(tmp_path, "-m", "study=s", "seed=0,1", *SMALL).code == 0
    (tmp_path / "multirun_outputs" / "s" / ".index").symlink_to(elsewhere)
    before = listing(elsewhere)
    with patch("analysis.study.index.WORTH", 1):
        assert main(["table", "s"]) == 0
    assert listing(elsewhere) == before
