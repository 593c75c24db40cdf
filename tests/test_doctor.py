"""The doctor: what it finds in a study, what it sets aside, and what it says.

What follows when a damaged study is trained again is held by `tests/test_faults.py`.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.__main__ import main
from analysis.doctor.doctor import MOST_ROWS, examine, report
from analysis.doctor.findings import Kind
from src.errors import StoreError
from src.storage.files import to_json
from src.storage.store import read_record
from src.storage.study import run_folders
from tests.support.study_folders import unsealed
from tests.test_resume import TINY
from tests.test_train import command

RUN = ("-m", "study=s", "seed=range(0,4)", *TINY)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a study of four runs."""
    folder = tmp_path_factory.mktemp("whole")
    assert command(folder, *RUN).code == 0
    return folder / "multirun_outputs" / "s"


@pytest.fixture
def study(whole: Path, tmp_path: Path) -> Path:
    """Return a copy that a test may damage."""
    return Path(shutil.copytree(whole, tmp_path / "multirun_outputs" / "s"))


def first(study: Path) -> Path:
    return next(run_folders(study))


def kinds(study: Path) -> list[Kind]:
    return [finding.kind for finding in examine(study).findings]


def _resealed(study: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a record of format 1, whose id still is that of its config."""
    fields = unsealed(first(study))
    change(fields)
    (first(study) / "run.json").write_bytes(to_json(fields))


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def _folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


DAMAGE: dict[str, Callable[[Path], object]] = {
    "another final value": lambda s: _resealed(s, lambda f: f["final"].update(test_acc=1.0)),
    "no checksums": lambda s: _resealed(s, lambda f: f.update(files={})),
    "an ending without a result": lambda s: _resealed(
        s,
        lambda f: f["outcome"].update(ending="failed"),
    ),
    "asked for another rate": lambda s: _replace(
        first(s) / ".hydra" / "config.yaml", "lrA: 0.001", "lrA: 0.002"
    ),
    "asked for in no words": lambda s: (first(s) / ".hydra" / "config.yaml").write_bytes(b"lrA: {"),
    "overrides that are no text": lambda s: (first(s) / ".hydra" / "overrides.yaml").write_bytes(
        b"\xff"
    ),
    "a folder for a log": lambda s: _folder(first(s) / "sweepscope.log"),
    "a folder for a checkpoint": lambda s: _folder(first(s) / "checkpoint.npz"),
    "a history that is none": lambda s: (s / "sweep.json").write_text('{"history": [1]}'),
    "class means of other lengths": lambda s: shutil.copy(
        first(s) / "parameters.npz", s / "class_means.npz"
    ),
    "a card that is a list": lambda s: (s / "experiment.json").write_text("[1]"),
    "claims that are a number": lambda s: (s / "experiment.json").write_text('{"claims": 5}'),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found_set_aside_and_gone(study: Path, damage: str) -> None:
    assert report(study) == (f"{study}: 4 runs (4 finished), whole", 0)
    DAMAGE[damage](study)
    assert kinds(study) == [Kind.damaged]
    said, code = report(study)
    assert code == 1
    assert said.splitlines()[-2].endswith("not whole: 1 damaged")
    assert said.splitlines()[-1].startswith("Next: --quarantine")
    said, code = report(study, aside=True)
    assert code == 0
    assert "Next: the command of the sweep trains again" in said
    # Runs may be missing before a sweep has trained them; the class means were there.
    rest = [Kind.lost] if damage.startswith("class means") else []
    assert kinds(study) == [Kind.set_aside, *rest]


FOREIGN: dict[str, Callable[[Path], object]] = {
    "beside the runs": lambda s: (s / "note").touch(),
    "in a run": lambda s: (first(s) / "note").touch(),
    "in what Hydra keeps": lambda s: (first(s) / ".hydra" / "note").touch(),
    "in a shard": lambda s: (s / "ab").mkdir() or (s / "ab" / "note").touch(),
    "a run under another name": lambda s: first(s).rename(s / "mine"),
}


@pytest.mark.parametrize("foreign", FOREIGN)
def test_what_no_sweep_writes_is_named_and_left_alone(study: Path, foreign: str) -> None:
    FOREIGN[foreign](study)
    before = sorted(study.rglob("*"))
    assert kinds(study) == [Kind.foreign]
    assert report(study, aside=True)[1] == 1
    assert sorted(study.rglob("*")) == before


def test_of_two_copies_the_damaged_one_is_set_aside(study: Path) -> None:
    run = first(study)
    shard = study / run.name[-16:][:2]
    shutil.copytree(run, shard / run.name)
    (run / "timeline.npz").write_bytes(b"PK")
    assert {f.path for f in examine(study).findings if f.kind.quarantined} == {run}
    assert report(study, aside=True)[1] == 0
    assert read_record(shard / run.name).id == run.name[-16:]


def test_a_shard_that_links_to_the_study_is_no_second_copy(study: Path) -> None:
    (study / "aa").symlink_to(".")
    assert len(list(run_folders(study))) == 4
    assert kinds(study) == [Kind.foreign]


def test_many_findings_of_a_kind_are_folded(study: Path) -> None:
    for number in range(MOST_ROWS + 3):
        (study / f"note{number}").touch()
    said, _ = report(study)
    assert said.count("note") == MOST_ROWS
    assert "… and 3 more of these" in said


def test_runs_are_counted_by_how_they_ended(study: Path) -> None:
    one, two, *_ = run_folders(study)
    shutil.rmtree(one)
    (one / ".hydra").mkdir(parents=True)
    (two / "run.json").unlink()
    said, code = report(study)
    assert code == 0
    assert said.splitlines()[-1] == f"{study}: 4 runs (2 begun, 2 finished), whole"


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("nowhere", "is not the folder of a study"),
        (".", "is not the folder of a study: no sweep has written to it"),
        ("multirun_outputs/s/RUN", "is the folder of a run: its study is multirun_outputs/s"),
    ],
)
def test_another_folder_than_a_studys_is_one_sentence(
    study: Path, monkeypatch: pytest.MonkeyPatch, place: str, words: str
) -> None:
    monkeypatch.chdir(study.parent.parent)
    folder = Path(place.replace("RUN", first(study).name))
    with pytest.raises(StoreError) as error:
        examine(folder)
    assert str(error.value) == f"{folder} {words}"


def test_it_is_a_command_that_knows_names_and_the_latest(
    study: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(study.parent.parent)
    assert main(["doctor", "s"]) == main(["doctor", "latest"]) == 0
    assert main(["doctor", "ss"]) == 1
    assert "did you mean 's'?" in capsys.readouterr().err


def test_a_study_is_held_while_damaged_runs_are_set_aside(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    held: list[int] = []
    flock = fcntl.flock
    monkeypatch.setattr(fcntl, "flock", lambda file, how: held.append(how) or flock(file, how))
    report(study)
    assert held == []
    report(study, aside=True)
    assert held[0] == fcntl.LOCK_EX | fcntl.LOCK_NB


def test_a_folder_that_nobody_may_read_is_one_sentence(
    study: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def closed(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("src.storage.study.os.scandir", closed)  # root may read whatever is closed
    assert main(["doctor", str(study)]) == 1
    assert capsys.readouterr().err == f"error: {study} cannot be used: Permission denied\n"
