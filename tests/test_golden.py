"""A study of format version 1 loads for ever.

`tests/golden/v1` was written once, by the script below, and is never written again: a reader that
does not read it any more is at fault, not the study. A later format gets a folder of its own, v2,
by the same script, fed to `python -` at the root of the repository:

    import json, shutil, tempfile
    from pathlib import Path
    from unittest.mock import patch
    from src import task
    from src.store import read_record
    from src.study import run_folders
    from tests.test_resume import Stop, _stopped_here, forked
    from tests.test_train import command

    target, folder = Path("tests/golden/v2").absolute(), Path(tempfile.mkdtemp())
    grid = ("-m", "study=s", "L=1", "I=20", "J=20", "T=6", "TT=6", "epochs=3", "n_jobs=1")

    def fail(runs, *others):
        raise ValueError("no luck")

    assert not target.exists()
    assert command(folder, *grid, "act=tanh,none", "lrA=30", "lrW=30").code == 0
    with patch.object(task, "train", fail):
        assert command(folder, *grid, "act=relu").code == 1
    last = (*grid, "act=sigmoid", "lrA=0.1", "checkpoint_seconds=0")
    assert forked(lambda: _stopped_here(folder, last, Stop(1, "ask"))).code == 130
    shutil.copytree(folder / "multirun_outputs" / "s", target)
    (target / ".lock").unlink()
    records = {read_record(f).outcome.ending.name: (f, read_record(f)) for f in run_folders(target)}
    expected = {
        "folders": {ending: f.name for ending, (f, _) in records.items()},
        "final": {ending: record.final for ending, (_, record) in records.items()},
    }
    (target / "expected.json").write_text(json.dumps(expected, indent=1) + "\\n")
"""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis import load_sweep
from src import ENGINE_VERSION
from src.identity import run_id
from src.keepsakes import read_card, read_class_means, read_history
from src.run_folder import has_ended, has_result
from src.store import (
    damage,
    read_checkpoint,
    read_curves,
    read_filters,
    read_parameters,
    read_record,
)
from src.study import run_folders
from src.timeline import CURVES, Ending
from tests.test_resume import ARRAYS
from tests.test_train import command

GOLDEN = Path(__file__).parent / "golden"
V1 = GOLDEN / "v1"
RUNS = {record.outcome.ending.name: f for f in run_folders(V1) if (record := read_record(f))}
FIRST_CURVES = (
    *("train_loss", "train_acc", "test_loss", "test_acc", "conv_norm", "perceptron_norm"),
    *("conv_grad_norm", "perceptron_grad_norm", "conv_saturated", "conv_dead"),
    *("perceptron_saturated", "perceptron_dead", "filter_similarity"),
)
"""The curves of format 1, whatever there may be by now."""


def test_there_is_a_run_of_every_ending() -> None:
    assert RUNS.keys() == {"finished", "diverged", "failed", "interrupted"}
    assert len(list(run_folders(V1))) == 4


@pytest.mark.parametrize("ending", list(RUNS))
def test_every_record_is_read_with_all_its_fields(ending: str) -> None:
    record, folder = read_record(RUNS[ending]), RUNS[ending]
    assert record.format == 1
    assert record.engine_version == 1
    assert record.id == folder.name[-16:]
    assert record.outcome.ending is Ending[ending]
    assert record.choices.keys() == {"act", "order", "init", "lr", "data", "net"}
    assert (record.config["epochs"], record.config["classes"]) == (3, [3, 1])
    assert record.execution.keys() >= {"seconds", "python", "packages", "machine", "commit"}
    assert has_ended(folder)
    assert has_result(folder) == (ending in ("finished", "diverged"))


@pytest.mark.parametrize("ending", list(RUNS))
def test_the_id_is_still_the_hash_of_what_the_record_says(ending: str) -> None:
    record = read_record(RUNS[ending])
    assert run_id(record.config, record.data_digest, record.engine_version) == record.id


@pytest.mark.parametrize("ending", ["finished", "diverged"])
def test_every_array_of_a_result_is_read(ending: str) -> None:
    folder = RUNS[ending]
    record, curves = read_record(folder), read_curves(folder)
    assert tuple(curves) == FIRST_CURVES
    assert {curve.shape for curve in curves.values()} == {(4,)}
    epoch = record.outcome.epoch
    assert epoch is not None
    assert np.isfinite(curves["train_loss"]).tolist() == [
        e < epoch if ending == "diverged" else True for e in range(4)
    ]
    epochs, filters = read_filters(folder)
    assert epochs.tolist() == [e for e in (0, 1, 2, 3) if e <= epoch]
    assert filters.shape == (len(epochs), 1, 20, 20)
    shapes = {name: array.shape for name, array in read_parameters(folder).items()}
    expected = {"filters": (1, 20, 20), "filter_biases": (1,), "weights": (2, 81), "biases": (2,)}
    assert shapes == expected
    assert set(record.files) == set(ARRAYS)
    assert damage(folder, record.id) is None
    finite = {name: float(c[-1]) if np.isfinite(c[-1]) else None for name, c in curves.items()}
    assert record.final == finite


def test_the_failure_keeps_its_message() -> None:
    message = read_record(RUNS["failed"]).outcome.message or ""
    assert message.rstrip().endswith("ValueError: no luck")


def test_the_checkpoint_is_read_or_passed_over_and_never_in_the_way(tmp_path: Path) -> None:
    """Its layout is no promise, as no result is in it; that its run goes on is one."""
    checkpoint = read_checkpoint(RUNS["interrupted"])
    assert checkpoint is None or checkpoint.epoch == 1
    study = tmp_path / "multirun_outputs" / "v1"
    shutil.copytree(V1, study)
    words = ("L=1", "I=20", "J=20", "T=6", "TT=6", "epochs=3", "act=sigmoid", "lrA=0.1")
    said = command(tmp_path, "-m", "study=v1", *words)
    assert said.code == 0, said
    names = [folder.name for folder in run_folders(study) if has_result(folder)]
    assert (RUNS["interrupted"].name in names) == (ENGINE_VERSION == 1)
    assert len(read_history(study)) == len(read_history(V1)) + 1


def test_what_lies_beside_the_runs_is_read() -> None:
    history = read_history(V1)
    assert [entry["planned"] for entry in history] == [2, 1, 1]
    assert [entry["outcomes"] for entry in history[:2]] == [
        {"finished": 1, "diverged": 1},
        {"failed": 1},
    ]
    assert read_card(V1) is None
    means = read_class_means(V1)
    assert means is not None
    assert {label: mean.shape for label, mean in means.items()} == dict.fromkeys(
        range(10), (28, 28)
    )


def test_load_sweep_reads_all_of_it_without_a_warning() -> None:
    sweep = load_sweep(V1)
    assert len(sweep.runs) == 4
    assert sorted(sweep.runs["outcome"]) == ["diverged", "failed", "finished", "interrupted"]
    assert set(CURVES) <= set(sweep.timelines.columns)
    (finished,) = sweep.runs.index[sweep.runs["outcome"] == "finished"]
    assert (sweep.timelines["run"] == finished).sum() == 4
    assert {"act", "lrA"} <= sweep.factors.keys()


def test_it_is_the_study_that_was_written_and_no_other() -> None:
    """Never written again: these are numbers of the day."""
    values: dict[str, Any] = json.loads((V1 / "expected.json").read_text())
    assert {ending: folder.name for ending, folder in RUNS.items()} == values["folders"]
    for ending in ("finished", "diverged"):
        assert read_record(RUNS[ending]).final == values["final"][ending]
