"""A study of every format that there has been loads for ever.

`tests/golden/v1` and its kind were written once, by the script below, and are never written again:
a reader that does not read them any more is at fault, not the study. A later format gets a folder
of its own, v3, by the same script, fed to `python -` at the root of the repository:

    import json, shutil, tempfile
    from pathlib import Path
    from unittest.mock import patch
    from src.execution import job as task
    from src.storage.store import read_record
    from src.storage.study import run_folders
    from tests.test_resume import Stop, _stopped_here, forked
    from tests.test_train import command

    target, folder = Path("tests/golden/v3").absolute(), Path(tempfile.mkdtemp())
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
from analysis.doctor.doctor import examine
from src import ENGINE_VERSION
from src.storage.identity import run_id
from src.storage.record import FORMAT
from src.storage.run_folder import has_ended, has_result
from src.storage.store import (
    damage,
    read_checkpoint,
    read_curves,
    read_filters,
    read_parameters,
    read_record,
)
from src.storage.study import run_folders
from src.storage.study_files import read_card, read_class_means, read_history
from src.timeline import CURVES, Ending
from tests.test_resume import ARRAYS
from tests.test_train import command

GOLDEN = Path(__file__).parent / "golden"
FORMATS = (1, 2)


def of(version: int) -> Path:
    """Return the study of a format."""
    return GOLDEN / f"v{version}"


RUNS = {
    (version, record.outcome.ending.name): folder
    for version in FORMATS
    for folder in run_folders(of(version))
    if (record := read_record(folder))
}
RESULTS = [key for key in RUNS if key[1] in ("finished", "diverged")]
FIRST_CURVES = (
    *("train_loss", "train_acc", "test_loss", "test_acc", "conv_norm", "perceptron_norm"),
    *("conv_grad_norm", "perceptron_grad_norm", "conv_saturated", "conv_dead"),
    *("perceptron_saturated", "perceptron_dead", "filter_similarity"),
)
"""The curves of format 1, whatever there may be by now."""


def test_there_is_a_study_of_every_format_with_a_run_of_every_ending() -> None:
    assert tuple(range(1, FORMAT + 1)) == FORMATS
    endings = ("finished", "diverged", "failed", "interrupted")
    assert RUNS.keys() == {(version, ending) for version in FORMATS for ending in endings}
    assert [len(list(run_folders(of(version)))) for version in FORMATS] == [4, 4]


@pytest.mark.parametrize(("version", "ending"), RUNS)
def test_every_record_is_read_with_all_its_fields(version: int, ending: str) -> None:
    folder = RUNS[version, ending]
    record = read_record(folder)
    assert record.format == version
    assert record.engine_version == 1
    assert record.id == folder.name[-16:]
    assert record.outcome.ending is Ending[ending]
    assert record.choices.keys() == {"act", "order", "init", "lr", "data", "net"}
    assert (record.config["epochs"], record.config["classes"]) == (3, [3, 1])
    assert record.execution.keys() >= {"seconds", "python", "packages", "machine", "commit"}
    assert has_ended(folder)
    assert has_result(folder) == (ending in ("finished", "diverged"))


@pytest.mark.parametrize("key", RUNS, ids=str)
def test_the_id_is_still_the_hash_of_what_the_record_says(key: tuple[int, str]) -> None:
    record = read_record(RUNS[key])
    assert run_id(record.config, record.data_digest, record.engine_version) == record.id


@pytest.mark.parametrize(("version", "ending"), RESULTS)
def test_every_array_of_a_result_is_read(version: int, ending: str) -> None:
    folder = RUNS[version, ending]
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


@pytest.mark.parametrize("version", FORMATS)
def test_the_failure_keeps_its_message(version: int) -> None:
    message = read_record(RUNS[version, "failed"]).outcome.message or ""
    assert message.rstrip().endswith("ValueError: no luck")


@pytest.mark.parametrize("version", FORMATS)
def test_the_checkpoint_is_read_or_passed_over_and_never_in_the_way(
    tmp_path: Path, version: int
) -> None:
    """Its layout is no promise, as no result is in it; that its run goes on is one."""
    checkpoint = read_checkpoint(RUNS[version, "interrupted"])
    assert checkpoint is None or checkpoint.epoch == 1
    study = tmp_path / "multirun_outputs" / "old"
    shutil.copytree(of(version), study)
    words = ("L=1", "I=20", "J=20", "T=6", "TT=6", "epochs=3", "act=sigmoid", "lrA=0.1")
    said = command(tmp_path, "-m", "study=old", *words)
    assert said.code == 0, said
    names = [folder.name for folder in run_folders(study) if has_result(folder)]
    assert (RUNS[version, "interrupted"].name in names) == (ENGINE_VERSION == 1)
    assert len(read_history(study)) == len(read_history(of(version))) + 1


@pytest.mark.parametrize("version", FORMATS)
def test_what_lies_beside_the_runs_is_read(version: int) -> None:
    history = read_history(of(version))
    assert [entry["planned"] for entry in history] == [2, 1, 1]
    assert [entry["outcomes"] for entry in history[:2]] == [
        {"finished": 1, "diverged": 1},
        {"failed": 1},
    ]
    assert read_card(of(version)) is None
    means = read_class_means(of(version))
    assert means is not None
    assert {label: mean.shape for label, mean in means.items()} == dict.fromkeys(
        range(10), (28, 28)
    )


@pytest.mark.parametrize("version", FORMATS)
def test_load_sweep_reads_all_of_it_without_a_warning(version: int) -> None:
    sweep = load_sweep(of(version))
    assert len(sweep.runs) == 4
    assert sorted(sweep.runs["outcome"]) == ["diverged", "failed", "finished", "interrupted"]
    assert set(CURVES) <= set(sweep.timelines.columns)
    (finished,) = sweep.runs.index[sweep.runs["outcome"] == "finished"]
    assert (sweep.timelines["run"] == finished).sum() == 4
    assert {"act", "lrA"} <= sweep.factors.keys()


@pytest.mark.parametrize("version", FORMATS)
def test_it_is_the_study_that_was_written_and_no_other(version: int) -> None:
    """Never written again: these are numbers of the day."""
    values: dict[str, Any] = json.loads((of(version) / "expected.json").read_text())
    for ending, name in values["folders"].items():
        assert RUNS[version, ending].name == name
        assert read_record(RUNS[version, ending]).final == values["final"][ending]


@pytest.mark.parametrize("version", FORMATS)
def test_the_doctor_finds_nothing_damaged(version: int) -> None:
    found = examine(of(version))
    (foreign,) = (finding for finding in found.findings if not finding.kind.harmless)
    assert foreign.path.name == "expected.json"
    assert found.runs == dict.fromkeys(("finished", "diverged", "failed", "interrupted"), 1)
