"""The doctor finds any flipped bit, any lost file and any left-over name."""

import errno
import json
import random
from pathlib import Path
from unittest.mock import patch

import pytest

from analysis.doctor import doctor
from analysis.doctor.findings import Kind
from src.storage.study_files import read_card, read_history
from tests.test_train import SMALL, command

FILES = (
    *("sweep.json", "experiment.json", "class_means.npz"),
    *("*/run.json", "*/timeline.npz", "*/filters.npz", "*/parameters.npz", "*/sweepscope.log"),
    *("*/.hydra/config.yaml", "*/.hydra/overrides.yaml"),
)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("flips")
    assert command(place, "-m", "experiment=activation", "seed=0,1", "study=s", *SMALL).code == 0
    return place / "multirun_outputs" / "s"


@pytest.mark.parametrize("name", FILES)
def test_every_flipped_bit_is_found(study: Path, name: str) -> None:
    path, draw = min(study.glob(name)), random.Random(name)
    whole = path.read_bytes()
    missed = []
    try:
        for _ in range(25):
            data = bytearray(whole)
            place, bit = draw.randrange(len(data)), draw.randrange(8)
            data[place] ^= 1 << bit
            path.write_bytes(data)
            if doctor.report(study)[1] == 0:
                missed.append((place, bit, whole[max(0, place - 20) : place + 20]))
    finally:
        path.write_bytes(whole)
    assert missed == []
    assert doctor.report(study)[1] == 0


@pytest.mark.parametrize("name", ["class_means.npz", "*/sweepscope.log", "*/.hydra/config.yaml"])
def test_a_lost_file_is_found(study: Path, name: str) -> None:
    path = min(study.glob(name))
    whole = path.read_bytes()
    path.unlink()
    try:
        text, code = doctor.report(study)
    finally:
        path.write_bytes(whole)
    assert code == 1
    assert f"{path.name} is missing" in text


def test_a_folder_that_nobody_may_read_hides_no_other(study: Path) -> None:
    first, *others = sorted(run.parent for run in study.glob("*/run.json"))
    real = Path.iterdir

    def refusing(path: Path) -> object:
        if path == first:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path)

    with patch.object(Path, "iterdir", refusing):
        found = doctor.examine(study)
    assert [(f.path, f.kind) for f in found.findings] == [(first, Kind.unreadable)]
    assert not found.whole
    assert found.runs == {"unreadable": 1, "finished": len(others)}


@pytest.mark.parametrize("folder", ["analysis", ".index"])
def test_what_a_killed_writer_left_beside_the_runs_is_named(study: Path, folder: str) -> None:
    (study / folder).mkdir(exist_ok=True)
    left = study / folder / ".table.csv.7.tmp"
    left.write_text("half")
    try:
        assert [(f.path, f.kind) for f in doctor.examine(study).findings] == [
            (left, Kind.left_over)
        ]
    finally:
        left.unlink()


def test_files_of_the_first_format_are_read_without_a_checksum(study: Path, tmp_path: Path) -> None:
    for name, read in (("sweep.json", read_history), ("experiment.json", read_card)):
        values = json.loads((study / name).read_text())
        del values["checksum"]
        (tmp_path / name).write_text(json.dumps(values | {"format": 1}))
        old, new = read(tmp_path), read(study)
        if isinstance(new, dict):
            old, new = dict(old or {}, format=0), dict(new, format=0)
        assert old == new
