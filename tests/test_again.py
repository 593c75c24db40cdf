"""A run is trained again only where there is something to compare the result with."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from src.data.datasets import Dataset, load
from src.run import Run
from src.storage.files import to_json
from src.storage.store import read_record
from src.timeline import Timeline
from src.training.trainer import train
from tests.test_idx import SET, encode
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


def test_a_run_whose_data_has_changed_since_is_refused(tmp_path: Path) -> None:
    digits, folder = load("embedded"), tmp_path / "digits"
    folder.mkdir()
    for name, array in zip(SET, (digits.images[::9], digits.labels[::9]) * 2, strict=True):
        (folder / name).write_bytes(encode(array))
    assert command(tmp_path, "data=idx", f"folder={folder}", "T=10", "TT=10", "epochs=1").code == 0
    (run,) = runs(tmp_path)
    for name, array in zip(SET, (digits.images[1::9], digits.labels[1::9]) * 2, strict=True):
        (folder / name).write_bytes(encode(array))
    said = command(tmp_path, "--from", str(run))
    assert said == Said(1, "", f"error: {run} was trained on other data than {folder}\n")


def test_a_run_without_files_is_refused_with_how_it_ended(tmp_path: Path, run: Path) -> None:
    record = replace(read_record(run), files={})
    (run / "run.json").write_bytes(to_json(record.to_fields()))
    said = command(tmp_path, "--from", str(run))
    words = f"{run} has no result to compare with: {record.outcome}"
    assert said == Said(1, "", f"error: {words}\n")


def test_a_run_whose_files_are_damaged_is_refused_with_the_damage(
    tmp_path: Path, run: Path
) -> None:
    (run / "filters.npz").write_bytes(b"PK")
    said = command(tmp_path, "--from", str(run))
    assert said.code == 1
    assert said.err.startswith(f"error: {run / 'filters.npz'} ")
    assert said.err.endswith(": there is nothing to compare with\n")


def test_a_run_from_before_a_curve_is_byte_identical_in_the_curves_that_it_has(
    tmp_path: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def with_a_curve_more(asked: Sequence[Run], dataset: Dataset) -> list[Timeline]:
        timelines = list(train(asked, dataset))
        for timeline in timelines:
            timeline.curves["sharpness"] = np.zeros_like(timeline.curves["test_acc"])
        return timelines

    monkeypatch.setattr("src.execution.rerun.train", with_a_curve_more)
    said = command(tmp_path, "--from", str(run))
    assert said.code == 0, said
    assert "byte-identical" in said.out
