"""The index is a copy that is never believed against the files, and never needed."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.study import index
from analysis.study.folders import last_command
from analysis.study.index import INDEX
from analysis.sweep import Sweep, load_sweep
from src.storage.store import read_curves
from src.timeline import CURVES, Curve
from tests.support.study_folders import fields, synthetic, write_synthetic


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(index, "WORTH", 10)
    monkeypatch.setattr(index, "STALE", 2)
    synthetic(tmp_path / "s", seeds=4, diverge={("relu", 0.1): [2]})
    write_synthetic(tmp_path / "s", ending="failed", seed=77)
    shutil.rmtree(tmp_path / "s" / INDEX)
    return tmp_path / "s"


def same(one: Sweep, other: Sweep) -> None:
    pd.testing.assert_frame_equal(one.runs, other.runs.loc[one.runs.index])
    order = [list(other.runs.index).index(run) for run in one.runs.index]
    for name in one.curve_names:
        np.testing.assert_array_equal(one.curve(name), other.curve(name)[order])
    assert [one.folders[i] for i in range(len(order))] == [other.folders[i] for i in order]


def test_what_the_index_says_is_what_the_files_say(study: Path) -> None:
    from_files = load_sweep(study)
    assert (study / INDEX / "runs.parquet").exists()
    from_index = load_sweep(study)
    same(from_index, from_files)
    pd.testing.assert_frame_equal(from_index.timelines, from_files.timelines)
    assert from_index.factors == from_files.factors
    same(from_index.where(act="relu"), from_files.where(act="relu"))


def test_the_index_is_read_instead_of_the_files(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_sweep(study)

    def never(folder: Path) -> None:
        raise AssertionError(f"{folder} was opened")

    monkeypatch.setattr("analysis.study.reading.read_record", never)
    monkeypatch.setattr("analysis.study.reading.read_curves", never)
    assert len(load_sweep(study).timelines) > 200


def test_an_index_from_before_a_curve_was_added_is_made_anew(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_sweep(study)
    monkeypatch.setitem(CURVES, "sharpness", Curve("sharpness", "", "", ""))
    for sweep in (load_sweep(study), load_sweep(study)):
        assert "sharpness" in sweep.runs
        assert np.isnan(sweep.curve("sharpness")).all()


def test_deleting_the_index_costs_nothing(study: Path) -> None:
    before = load_sweep(study)
    shutil.rmtree(study / INDEX)
    same(load_sweep(study), before)


@pytest.mark.parametrize("file", ["runs.parquet", "timelines.parquet", "checksums.json"])
@pytest.mark.parametrize("damage", ["missing", "torn", "foreign"])
def test_a_damaged_index_is_no_index(study: Path, file: str, damage: str) -> None:
    before = load_sweep(study)
    path = study / INDEX / file
    if damage == "missing":
        path.unlink()
    elif damage == "torn":
        path.write_bytes(path.read_bytes()[:100])
    else:
        pd.DataFrame({"x": [1]}).to_parquet(path)
    same(load_sweep(study), before)


@pytest.mark.parametrize("file", ["runs.parquet", "timelines.parquet", "checksums.json"])
def test_a_flipped_bit_of_the_index_changes_no_number(study: Path, file: str) -> None:
    """Anywhere: in a number, a name, a length, or a stamp."""
    before = load_sweep(study)
    path, rng = study / INDEX / file, np.random.default_rng(0)
    whole = path.read_bytes()
    for place in rng.integers(0, len(whole), 60):
        torn = bytearray(whole)
        torn[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(torn)
        same(load_sweep(study), before)


def _lie(study: Path, compression: str = "none", **columns: Any) -> None:
    """Write the index's rows anew with other columns, and with the checksum that this has."""
    path, checksums = study / INDEX / "runs.parquet", study / INDEX / "checksums.json"
    lying = pa.Table.from_pandas(pq.read_table(path).to_pandas().assign(**columns))
    pq.write_table(lying, path, compression=compression)
    now = {"runs.parquet": hashlib.sha256(path.read_bytes()).hexdigest()}
    checksums.write_text(json.dumps(json.loads(checksums.read_text()) | now))


@pytest.mark.parametrize(
    "columns",
    [
        {"_rows": 10**9},
        {"_rows": -5},
        {"_rows": "x"},
        {"_folder": "one"},
        {"_folder": 7},
        {"_record": "x"},
        {"epoch": 3.0},
    ],
    ids=str,
)
def test_an_index_that_lies_is_no_index(study: Path, columns: dict[str, Any]) -> None:
    before = load_sweep(study)
    _lie(study, **columns)
    same(load_sweep(study), before)


def test_an_index_that_would_unfold_is_not_read(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = load_sweep(study)
    _lie(study, compression="zstd")
    monkeypatch.setattr(pq.ParquetFile, "read", lambda *_: pytest.fail("it was read"))
    same(load_sweep(study), before)


def test_runs_that_came_changed_or_went_are_noticed(study: Path) -> None:
    before = load_sweep(study)
    gone, changed, *_ = (folder for folder in before.folders if "none" in folder.name)
    shutil.rmtree(gone)
    record = fields(changed)
    record["final"]["test_acc"] = 0.123
    (changed / "run.json").write_text(json.dumps(record))
    write_synthetic(study, {"test_acc": 0.77}, act="sigmoid")
    written = (study / INDEX / "runs.parquet").stat().st_mtime_ns
    after = load_sweep(study)
    assert (study / INDEX / "runs.parquet").stat().st_mtime_ns == written  # few are fresh
    assert len(after.runs) == len(before.runs)
    assert after.runs.loc[record["id"], "test_acc"] == 0.123
    assert after.runs.query("act == 'sigmoid'")["test_acc"].tolist() == [0.77]
    assert gone.name[-16:] not in after.runs.index
    place = list(after.runs["act"]).index("sigmoid")
    np.testing.assert_array_equal(
        after.curve("test_acc")[place], read_curves(after.folders[place])["test_acc"]
    )
    for seed in range(3):
        write_synthetic(study, act="sigmoid", lrA=0.5, seed=seed)
    assert len(load_sweep(study).runs) == len(before.runs) + 3
    assert (study / INDEX / "runs.parquet").stat().st_mtime_ns > written


def test_a_timeline_that_was_replaced_is_noticed(study: Path) -> None:
    before = load_sweep(study)
    one, other = before.folders[0], before.folders[1]
    shutil.copy(one / "timeline.npz", other / "timeline.npz")
    after = load_sweep(study)
    place = list(after.runs.index).index(other.name[-16:])
    np.testing.assert_array_equal(after.curve("test_acc")[place], read_curves(one)["test_acc"])


def test_an_index_that_is_written_anew_between_two_reads_is_left_for_the_files(
    study: Path,
) -> None:
    before = load_sweep(study)
    late = load_sweep(study)  # has the rows, and no curve yet
    shutil.rmtree(study / INDEX)
    load_sweep(study)  # another token
    same(late, before)


def test_reading_leaves_no_mark_on_the_age_of_a_study(study: Path) -> None:
    before = last_command(study)
    load_sweep(study)
    assert (study / INDEX).is_dir()
    assert last_command(study) == before


def test_a_study_that_cannot_be_written_to_has_no_index(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path, data: bytes) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(index, "replace", refused)
    assert len(load_sweep(study).runs) == 25
    assert not (study / INDEX / "runs.parquet").exists()


def test_a_small_study_is_left_alone(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "WORTH", 500)
    load_sweep(study)
    assert not (study / INDEX).exists()


def test_runs_in_shards_are_read_like_others(study: Path) -> None:
    before = load_sweep(study)
    shutil.rmtree(study / INDEX)
    for folder in before.folders:
        shard = study / folder.name[-16:][:2]
        shard.mkdir(exist_ok=True)
        folder.rename(shard / folder.name)
    first, second = load_sweep(study), load_sweep(study)
    assert sorted(first.runs.index) == sorted(before.runs.index)
    same(second, first)
