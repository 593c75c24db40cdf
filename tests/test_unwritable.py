"""A run's folder that cannot be written costs its own run; what lies in its place is set aside."""

import errno
from pathlib import Path
from unittest.mock import patch

import pytest

from src.execution import job as jobs
from src.storage import store
from src.storage.files import replace, temporary_path
from tests.test_train import SMALL, command, studies

GRID = ("-m", "study=s", "act=tanh,relu,none", "n_jobs=2")


@pytest.mark.parametrize(
    ("word", "part"), [(GRID, ""), (GRID, ".hydra"), (("study=s", "act=relu"), ".hydra")]
)
def test_a_file_in_the_place_of_a_folder_is_set_aside(
    tmp_path: Path, word: tuple[str, ...], part: str
) -> None:
    assert command(tmp_path, *word, *SMALL, "epochs=1").code == 0
    assert command(tmp_path, *word, *SMALL).code == 0
    study = tmp_path / "multirun_outputs" / "s"
    run = next(path for path in study.glob("relu-*") if '"epochs": 2' in _record(path))
    place = run / part if part else run
    place.rename(tmp_path / "was")
    place.write_text("not a folder")
    said = command(tmp_path, *word, *SMALL, "force=true")
    assert said.code == 0, said
    assert f"{place.relative_to(tmp_path)} is not a folder; set aside as" in said.err
    assert (run / "run.json").is_file()


def _record(run: Path) -> str:
    return (run / "run.json").read_text()


@pytest.mark.parametrize("step", ["open_folder", "write_run"])
def test_a_folder_that_cannot_be_written_costs_its_own_run(tmp_path: Path, step: str) -> None:
    real, owner = getattr(jobs, step), jobs

    def refusing(folder: Path, *rest: object) -> object:
        if folder.name.startswith("relu-"):
            error = PermissionError(errno.EACCES, "Permission denied", str(folder))
            if step == "open_folder":
                raise error
            with store._writing(folder):
                raise error
        return real(folder, *rest)

    with patch.object(owner, step, refusing):  # workers are forked, and have it too
        said = command(tmp_path, *GRID, *SMALL)
    assert said.code == 1
    assert said.err.splitlines()[-1].startswith("error: multirun_outputs/s/relu-")
    assert "cannot be written: Permission denied; 2 of 3 runs are done" in said.err
    (study,) = studies(tmp_path)
    assert len(list(study.glob("*/run.json"))) == 2
    again = command(tmp_path, *GRID, *SMALL)
    assert again.code == 0
    assert len(list(study.glob("*/run.json"))) == 3


@pytest.mark.parametrize("many", [("-m",), ()])
def test_a_single_run_that_cannot_be_written_says_so(tmp_path: Path, many: tuple[str]) -> None:
    def refusing(folder: Path, *rest: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(folder))

    with patch.object(jobs, "open_folder", refusing):
        said = command(tmp_path, *many, "study=s", *SMALL)
    assert said.code == 1
    assert "cannot be written: Permission denied" in said.err.splitlines()[-1]
    assert "Traceback" not in said.err


def test_a_temporary_name_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    target, path = tmp_path / "mine", tmp_path / "study" / "run.json"
    target.write_text("mine")
    temporary_path(path).symlink_to(target)
    replace(path, b"new")
    assert target.read_text() == "mine"
    assert path.read_bytes() == b"new"
    assert [p.name for p in (tmp_path / "study").iterdir()] == ["run.json"]
