"""A study's folder as tidy frames: public names, one bad run hides no other, and clear errors."""

import json
import os
import shutil
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest

import analysis
from analysis import Sweep, load_sweep
from analysis.__main__ import answer
from analysis.doctor import doctor
from analysis.doctor.findings import Kind
from src.errors import StoreError
from src.execution import job as task
from src.run import Run
from src.storage.files import to_json
from src.storage.identity import run_id
from src.storage.store import read_curves, read_record
from src.storage.study import run_folders
from src.storage.study_files import write_history
from src.timeline import CURVES
from src.training.trainer import train
from tests.support.study_folders import unsealed
from tests.test_train import command

GROUPS = ["act", "loss", "opt", "schedule", "order", "init", "lr", "data", "net"]
SMALL = ("T=6", "TT=6")


def _unlucky(runs: Sequence[Run], *others: Any) -> Any:
    if any(run.seed == 13 for run in runs):
        raise ValueError("no luck")
    return train(runs, *others)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a study of two lengths, with runs that diverged and one that failed."""
    folder = tmp_path_factory.mktemp("here")
    wild = ("act=tanh,none", "lrA=0.1,30", "lrW=30", "epochs=5")
    assert command(folder, "-m", "study=s", *SMALL, *wild).code == 0
    assert command(folder, "-m", "study=s", *SMALL, "lr=slow_conv", "epochs=2", "seed=7").code == 0
    with patch.object(task, "train", _unlucky):
        assert command(folder, "-m", "study=s", *SMALL, "epochs=2", "seed=13").code == 1
    return folder / "multirun_outputs" / "s"


@pytest.fixture
def study(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the study that a test may damage, in the folder where it is run."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(whole, tmp_path / "multirun_outputs" / "s"))


def test_runs_have_the_public_columns_and_the_run_id_as_index(study: Path) -> None:
    runs = load_sweep(study).runs
    assert runs.index.name == "run"
    assert list(runs.columns[: len(GROUPS)]) == GROUPS
    assert {"lrA", "lrW", "seed", "epochs", "T", "TT", "outcome", "epoch"} <= set(runs.columns)
    assert set(CURVES) <= set(runs.columns)
    assert runs.columns.is_unique
    assert runs.index.is_unique
    assert sorted(runs.index) == sorted(path.name.rsplit("-", 1)[1] for path in run_folders(study))


def test_runs_say_what_was_chosen_and_how_it_ended(study: Path) -> None:
    runs = load_sweep(study).runs
    assert len(runs) == 6
    assert runs["outcome"].value_counts().to_dict() == {"diverged": 2, "finished": 3, "failed": 1}
    (failed,) = runs.query("outcome == 'failed'").to_dict("records")
    assert failed["seed"] == 13
    assert pd.isna(failed["epoch"])
    assert pd.isna(failed["test_loss"])
    diverged = runs.query("outcome == 'diverged'")
    assert set(diverged["act"]) == {"none"}
    assert diverged[["train_loss", "test_loss", "train_acc", "test_acc"]].isna().all(axis=None)
    assert (diverged["epoch"] < 5).all()
    (short,) = runs.query("seed == 7").to_dict("records")
    assert [short[key] for key in ("lr", "lrA", "lrW", "epoch")] == ["slow_conv", 0.001, 0.01, 2]
    assert runs["lrA"].dtype == runs["test_loss"].dtype == np.float64


def test_final_values_are_those_of_the_records(study: Path) -> None:
    runs = load_sweep(study).runs
    for folder in run_folders(study):
        record = read_record(folder)
        for name, value in record.final.items():
            found = runs.loc[record.id, name]
            assert found == value or (value is None and np.isnan(found))


def test_timelines_have_a_row_a_run_and_epoch(study: Path) -> None:
    sweep = load_sweep(study)
    timelines = sweep.timelines
    assert list(timelines.columns) == ["run", "epoch", *CURVES, *sweep.factors]
    assert list(CURVES)[:4] == ["train_loss", "train_acc", "test_loss", "test_acc"]
    ended = sweep.runs["epoch"].dropna().astype(int)
    assert timelines.groupby("run").size().to_dict() == (ended + 1).to_dict()
    for run, rows in timelines.groupby("run"):
        assert list(rows["epoch"]) == list(range(ended[run] + 1))


def test_timelines_hold_the_very_numbers_of_the_store(study: Path) -> None:
    timelines = load_sweep(study).timelines.set_index("run")
    for folder in run_folders(study):
        record = read_record(folder)
        if record.outcome.epoch is not None:
            for name, curve in read_curves(folder).items():
                rows = timelines.loc[record.id, name].to_numpy()
                np.testing.assert_array_equal(rows, curve[: len(rows)], strict=True)
                assert np.isnan(curve[len(rows) :]).all()


def test_factors_are_what_varies(study: Path) -> None:
    sweep = load_sweep(study)
    assert sweep.factors["act"] == ["none", "tanh"]
    assert sweep.factors["seed"] == [0, 7, 13]
    assert sweep.factors["lrA"] == [0.001, 0.1, 30.0]
    assert "subset_seed" not in sweep.factors
    assert "act_out" not in sweep.factors
    assert set(sweep.factors) <= set(sweep.runs.columns)
    assert "act (2)" in repr(sweep)
    assert "6 runs" in repr(sweep)


def test_a_study_is_found_by_folder_by_name_and_as_the_latest(study: Path) -> None:
    expected = sorted(load_sweep(study).runs.index)
    for name in ("s", str(study), Path("multirun_outputs", "s"), "multirun_outputs/s/"):
        assert sorted(load_sweep(name).runs.index) == expected
    older = shutil.copytree(study, study.parent / "older")
    os.utime(older / "sweep.json", (1, 1))
    assert load_sweep().folder.name == load_sweep("latest").folder.name == "s"
    os.utime(study / "sweep.json", (0, 0))
    assert load_sweep("latest").folder.name == "older"


def test_the_latest_study_is_one_that_has_runs(study: Path) -> None:
    (study.parent / "README.md").write_text("about")
    (study.parent / "just_begun").mkdir()
    assert load_sweep("latest").folder.name == "s"


def test_no_answer_makes_a_study_the_latest(study: Path) -> None:
    newer = shutil.copytree(study, study.parent / "newer")
    os.utime(newer / "sweep.json", (2_000_000_000, 2_000_000_000))
    assert answer(["table", "s"]) == 0
    assert answer(["doctor", "s"]) == 0
    (study / "analysis" / "mine").mkdir()
    assert load_sweep("latest").folder.name == "newer"


def _record(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], object]:
    def damage(folder: Path) -> None:
        fields = unsealed(folder)
        change(fields)
        (folder / "run.json").write_text(json.dumps(fields))

    return damage


DAMAGE: dict[str, Callable[[Path], object]] = {
    "an empty record": lambda folder: (folder / "run.json").write_bytes(b""),
    "half a record": lambda folder: (folder / "run.json").write_bytes(b'{"id": "x"'),
    "a record of something else": lambda folder: (folder / "run.json").write_bytes(b"{}"),
    "deep nesting": lambda folder: (folder / "run.json").write_bytes(b"[" * 100_000),
    "a config of another kind": _record(lambda fields: fields.update(config=[])),
    "an epoch of another kind": _record(lambda fields: fields["outcome"].update(epoch="last")),
    "no timeline": lambda folder: (folder / "timeline.npz").unlink(),
    "half a timeline": lambda folder: (folder / "timeline.npz").write_bytes(b"PK\x03\x04"),
    "another run's timeline": lambda folder: np.savez(
        folder / "timeline.npz", names=np.array(list(CURVES)), curves=np.zeros((len(CURVES), 2))
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_run_is_warned_of_by_its_path_and_hides_no_other(
    study: Path, damage: str
) -> None:
    whole = load_sweep(study)
    (bad,) = study.glob("*seed7-*")
    DAMAGE[damage](bad)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sweep = load_sweep(study)
        runs, timelines, factors = sweep.runs, sweep.timelines, sweep.factors
    assert any(str(bad) in str(warning.message) for warning in caught)
    assert factors["act"] == ["none", "tanh"]
    others = [run for run in whole.runs.index if run != bad.name.rsplit("-", 1)[1]]
    pd.testing.assert_frame_equal(runs.loc[others], whole.runs.loc[others], check_dtype=False)
    columns = ["run", "epoch", *CURVES]  # the other factors' levels are those of what is there
    kept = [
        t.loc[t["run"].isin(others), columns].reset_index(drop=True)
        for t in (timelines, whole.timelines)
    ]
    pd.testing.assert_frame_equal(*kept)


def test_a_folder_without_a_record_is_a_run_that_has_not_ended(study: Path) -> None:
    (study / "begun" / ".hydra").mkdir(parents=True)
    (study / "notes.txt").write_text("mine")
    assert len(load_sweep(study).runs) == 6


def test_a_study_of_failures_has_runs_and_empty_timelines_of_the_same_columns(study: Path) -> None:
    for folder in list(run_folders(study)):
        if read_record(folder).outcome.epoch is not None:
            shutil.rmtree(folder)
    sweep = load_sweep(study)
    assert list(sweep.runs["outcome"]) == ["failed"]
    assert sweep.timelines.empty
    assert list(sweep.timelines.columns) == ["run", "epoch", *CURVES]
    assert "test_loss" in sweep.runs.columns


def test_an_unknown_study_is_one_sentence(study: Path) -> None:
    with pytest.raises(StoreError) as error:
        load_sweep("nothing")
    assert str(error.value) == "nothing is not the folder or name of a study"
    with pytest.raises(StoreError) as error:
        load_sweep(3)  # type: ignore[arg-type]
    assert str(error.value) == "a study must be given by its folder or name, got 3"


def test_a_study_without_runs_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as error:
        load_sweep(tmp_path)
    assert str(error.value) == f"{tmp_path} holds no run that has ended"


def test_the_latest_of_no_studies_says_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError) as error:
        load_sweep()
    assert str(error.value) == "multirun_outputs holds no study: python -m src.train makes one"


def test_a_sweep_of_one_run_varies_in_nothing(study: Path) -> None:
    for folder in list(run_folders(study)):
        if "seed7-" not in folder.name:
            shutil.rmtree(folder)
    sweep = load_sweep(study)
    assert isinstance(sweep, Sweep)
    assert sweep.factors == {}
    assert repr(sweep).splitlines()[0].endswith("varying nothing")


def test_a_sweep_says_how_its_runs_ended_and_what_the_last_command_did(study: Path) -> None:
    entry = {"planned": 5, "trained": 3, "reused": 1, "failed": 1}
    write_history(study, [{**entry, "trained": 9}, entry])
    sweep = load_sweep(study)
    runs = len(sweep.runs)
    first, second = repr(sweep).splitlines()
    assert first.startswith(f"Sweep of {runs} runs in {study}: ")
    counts = sweep.runs["outcome"].value_counts()
    assert all(f"{count} {ending}" in first for ending, count in counts.items())
    assert second == "The last command on the study: 3 trained, 1 reused, 1 failed"
    assert sweep.history["trained"].tolist() == [9, 3]


@pytest.mark.parametrize("history", [b"torn", b'{"history": []}', b'{"history": [{}]}'])
def test_a_history_that_says_nothing_hides_no_run(study: Path, history: bytes) -> None:
    (study / "sweep.json").write_bytes(history)
    assert "runs in" in repr(load_sweep(study))


def _again(study: Path, **changes: Any) -> Path:
    """Put a copy of a run into a study, as if trained by another engine or on other data."""
    run = next(run_folders(study))
    record = read_record(run)
    for key, value in changes.items():
        setattr(record, key, value)
    record.execution["finished"] = "2001-01-01T00:00:00Z"  # before all others
    record.id = run_id(record.config, record.data_digest, record.engine_version)
    copy = run.with_name(f"{run.name[:-16]}{record.id}")
    shutil.copytree(run, copy)
    (copy / "run.json").write_bytes(to_json(record.to_fields()))
    return copy


@pytest.mark.parametrize("changes", [{"engine_version": 0}, {"data_digest": "0" * 64}])
def test_runs_of_an_older_generation_are_warned_of_left_out_and_stale_to_the_doctor(
    study: Path, changes: dict[str, Any]
) -> None:
    whole = load_sweep(study)
    copy = _again(study, **changes)
    with pytest.warns(UserWarning, match=r"1 runs are left out, trained by an older engine or on"):
        sweep = load_sweep(study)
    assert sorted(sweep.runs.index) == sorted(whole.runs.index)
    assert sweep.timelines["run"].nunique() == whole.timelines["run"].nunique()
    (finding,) = (f for f in doctor.examine(study).findings if f.kind is Kind.stale)
    assert finding.path == copy
    assert doctor.report(study)[1] == 0


def test_a_newer_engine_leaves_all_older_runs_out(study: Path) -> None:
    copy = _again(study, engine_version=99)
    with pytest.warns(UserWarning, match="runs are left out"):
        sweep = load_sweep(study)
    assert sweep.folders == [copy]


def test_a_run_that_lies_twice_is_read_once_with_a_warning(study: Path) -> None:
    whole = load_sweep(study)
    run = whole.folders[0]
    shutil.copytree(run, study / run.name[-16:][:2] / run.name)
    with pytest.warns(UserWarning, match="holds a run that .* holds too"):
        sweep = load_sweep(study)
    assert sorted(sweep.runs.index) == sorted(whole.runs.index)


def test_the_timeline_of_another_run_is_not_believed(study: Path) -> None:
    one, other, *_ = load_sweep(study).where(outcome="finished").folders
    shutil.copy(one / "timeline.npz", other / "timeline.npz")
    with pytest.warns(UserWarning, match="is not the file that was written"):
        sweep = load_sweep(study)
    assert other.name[-16:] not in set(sweep.timelines["run"])


def test_a_failure_says_its_reason(study: Path) -> None:
    runs = load_sweep(study).runs
    failed = runs[runs["outcome"] == "failed"]
    assert failed["message"].str.contains("no luck").all()
    assert len(failed)
    assert runs.loc[runs["outcome"] == "finished", "message"].isna().all()


def test_timelines_carry_every_factor_with_its_levels_in_their_order(study: Path) -> None:
    sweep = load_sweep(study)
    lines = sweep.timelines
    for name, levels in sweep.factors.items():
        known = [level for level in levels if level is not None]
        assert lines[name].cat.ordered
        assert list(lines[name].cat.categories) == known
        of_run = lines.groupby("run", observed=True)[name].first()
        for run, value in of_run.items():
            assert value == sweep.runs.loc[run, name]
    by = next(iter(sweep.factors))
    assert len(lines.groupby([by, "epoch"], observed=True)["test_acc"].mean()) > 0


def test_a_path_may_be_text(study: Path, tmp_path: Path) -> None:
    written = load_sweep(study).table().write(str(tmp_path / "table.csv"))
    assert written == tmp_path / "table.csv"
    assert written.exists()


def test_a_reader_of_the_package_is_offered_what_is_public() -> None:
    assert sorted(dir(analysis)) == ["AnalysisError", "Sweep", "from_frames", "load_sweep"]
