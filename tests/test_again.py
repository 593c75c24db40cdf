"""A run is trained again only where there is something to compare the result with."""

import shutil
from pathlib import Path

import pytest

from src.files import to_json
from src.store import read_record
from tests.test_train import SMALL, Said, command, runs


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run that finished."""
    folder = tmp_path_factory.mktemp("trained")
    assert command(folder, *SMALL).code == 0
    (run,) = runs(folder)
    return run


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    """Return a copy of it."""
    return Path(shutil.copytree(trained, tmp_path / trained.name))


def rewrite(run: Path, **values: object) -> None:
    """Let a run's record say something else."""
    record = read_record(run)
    for name, value in values.items():
        object.__setattr__(record, name, value)
    (run / "run.json").write_bytes(to_json(record.to_fields()))


def test_a_run_of_other_data_is_refused(tmp_path: Path, run: Path) -> None:
    rewrite(run, data_digest="0" * 64)
    said = command(tmp_path, "--from", str(run))
    assert said == Said(1, "", f"error: {run} was trained on other data than embedded\n")


def test_a_run_without_files_is_refused_with_how_it_ended(tmp_path: Path, run: Path) -> None:
    rewrite(run, files={})
    said = command(tmp_path, "--from", str(run))
    ended = read_record(run).outcome
    assert said == Said(1, "", f"error: {run} has no result to compare with: {ended}\n")


def test_a_run_whose_files_are_damaged_is_refused_with_the_damage(
    tmp_path: Path, run: Path
) -> None:
    (run / "filters.npz").write_bytes(b"PK")
    said = command(tmp_path, "--from", str(run))
    assert said.code == 1
    assert said.err.startswith(f"error: {run / 'filters.npz'} ")
    assert said.err.endswith(": there is nothing to compare with\n")
