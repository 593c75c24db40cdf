"""Logs that exist already: frames, files and folders of other tools become studies."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis import from_frames, load_sweep
from analysis.__main__ import main
from analysis.errors import AnalysisError
from analysis.metrics.quantities import quantity
from src.errors import StoreError
from tests.support.study_folders import synthetic

JOB = """
import csv, sys
import hydra

@hydra.main(version_base=None, config_path=None, config_name="config")
def job(config):
    from hydra.core.hydra_config import HydraConfig
    import pathlib
    folder = pathlib.Path(HydraConfig.get().runtime.output_dir)
    with open(folder / "log.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", "val_loss", "val_acc"])
        for epoch in range(1, 6):
            loss = config.model.width / (epoch + config.seed)
            writer.writerow([epoch, loss, 1 - loss / 100])

job()
"""


def frames(
    runs: int = 8, epochs: int = 10, key: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Return two frames, and the values of the curve `val_acc`, (runs, epochs), NaN included."""
    rng = np.random.default_rng(key)
    values = rng.random((runs, epochs)) + np.linspace(0, 1, epochs)
    values[rng.random(values.shape) < 0.1] = np.nan
    values[:, -1] = rng.random(runs)
    names = [f"r{i}" for i in range(runs)]
    of = pd.DataFrame({
        "run": names, "width": np.arange(runs) % 2 * 16 + 16, "opt": ["sgd", "adam"][key % 2],
        "seed": np.arange(runs) // 2,
    })  # fmt: skip
    logged = pd.DataFrame({
        "run": np.repeat(names, epochs),
        "epoch": np.tile(np.arange(epochs), runs),
        "val_acc": values.ravel(),
        "val_loss": 1 - values.ravel(),
    })  # fmt: skip
    return of, logged, values


def test_the_numbers_of_ten_thousand_points_are_those_of_the_frame() -> None:
    runs, timelines, values = frames(runs=100, epochs=100)
    mixed = timelines.dropna().sample(frac=1, random_state=0)  # steps missing, in any order
    for given in (timelines, mixed):
        sweep = from_frames(runs, given)
        np.testing.assert_array_equal(sweep.curve("val_acc"), values)
        assert sweep.runs["val_acc"].tolist() == values[:, -1].tolist()
    assert sweep.factors.keys() == {"width", "seed"}


def test_a_study_of_frames_is_compared_as_scipy_does_it() -> None:
    from scipy import stats

    runs, timelines, values = frames(runs=24)
    row = from_frames(runs, timelines).compare("width", "val_acc", test="t").iloc[0]
    expected = stats.ttest_rel(values[0::2, -1], values[1::2, -1])
    assert row["p"] == pytest.approx(expected.pvalue)
    assert row["n"] == 12


def test_the_good_end_of_a_foreign_curve_is_known_from_the_last_word_of_its_name() -> None:
    runs, timelines, _ = frames()
    renamed = timelines.rename(columns={"val_acc": "valid/accuracy", "val_loss": "conv_norm2"})
    sweep = from_frames(runs, renamed)
    assert quantity(sweep, "valid/accuracy").better == "higher"
    assert quantity(sweep, "conv_norm2").better is None
    assert quantity(from_frames(runs, timelines), "best(val_loss)").better == "lower"


def test_a_curve_that_is_logged_at_some_epochs_only_has_its_measures_over_those() -> None:
    runs, timelines, values = frames()
    timelines["epoch"] = timelines["epoch"] * 5 + 4
    sweep = from_frames(runs, timelines)
    assert quantity(sweep, "val_acc").values.tolist() == values[:, -1].tolist()
    np.testing.assert_array_equal(quantity(sweep, "at(val_acc, 9)").values, values[:, 1])
    with pytest.raises(AnalysisError, match="a recorded one, from 4 to 49, got 10"):
        quantity(sweep, "at(val_acc, 10)")


def test_runs_of_different_lengths_have_each_its_own_last_epoch_and_no_factor_of_it() -> None:
    runs, timelines, values = frames()
    short = timelines[~((timelines["run"] == "r3") & (timelines["epoch"] > 6))]
    sweep = from_frames(runs, short)
    assert sweep.factors.keys() == {"width", "seed"}
    assert sweep.runs["epochs"].tolist() == [9, 9, 9, 6, 9, 9, 9, 9]
    np.testing.assert_array_equal(quantity(sweep, "val_acc").values[3], values[3, 6])


def test_without_seeds_every_run_is_a_unit_of_its_own_and_nothing_is_paired(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for key, name in enumerate(("before", "after")):
        runs, timelines, _ = frames(key=key)
        Path(name).mkdir()
        runs.drop(columns=["seed", "width"]).to_csv(f"{name}/runs.csv", index=False)
        timelines.to_csv(f"{name}/timelines.csv", index=False)
        assert main(["import", "csv", name, "--study", f"of_{name}"]) == 0
    code = main(["gate", "of_before", "of_after", "--metric", "val_acc", "--margin", "5"])
    assert (code, "are not paired" in " ".join(capsys.readouterr().out.split())) == (0, True)


VERBS = (
    ("table", "--metric", "val_acc"),
    ("compare", "--vary", "width", "--metric", "val_acc", "val_loss"),
    ("effects", "--metric", "val_acc"),
    ("curves", "--vary", "width", "--metric", "val_acc"),
    ("crossings", "--vary", "width", "--metric", "val_acc"),
    ("heatmap", "--vary", "width", "opt", "--metric", "val_acc"),
)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_an_imported_study_is_read_by_every_verb_and_exported_as_it_was(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    kind: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    parts = [frames(key=key) for key in (0, 1)]
    runs = pd.concat([p[0].assign(run=p[0]["run"] + f"-{i}") for i, p in enumerate(parts)])
    logged = pd.concat([p[1].assign(run=p[1]["run"] + f"-{i}") for i, p in enumerate(parts)])
    for name, frame in (("runs", runs), ("timelines", logged.ffill())):
        frame.to_csv(f"{name}.csv", index=False)
        frame.to_parquet(f"{name}.parquet", index=False)
    assert main(["import", kind, f"runs.{kind}", f"timelines.{kind}", "--study", "mine"]) == 0
    assert load_sweep("latest").folder == Path("multirun_outputs/mine")
    for words in VERBS:
        assert main([words[0], "mine", *words[1:]]) == 0, capsys.readouterr().err
    assert main(["report", "mine"]) == 0, capsys.readouterr().err
    assert main(["export", "mine", "--to", kind, "--out", "out"]) == 0
    assert main(["import", kind, "out", "--study", "back"]) == 0
    a, b = load_sweep("mine"), load_sweep("back")
    pd.testing.assert_frame_equal(a.timelines, b.timelines)
    same = ["width", "opt", "seed", "outcome", "val_acc"]
    pd.testing.assert_frame_equal(a.runs[same], b.runs[same], check_dtype=False)
    capsys.readouterr()
    for verb in ("filters", "confusion", "classes", "diagnose", "animation", "similarity"):
        assert main([verb, "mine"]) == 1
        assert "mine was imported, and has no " in (said := capsys.readouterr().err), said
        assert said.count("\n") == 1
    assert main(["import", kind, "out", "--study", "back"]) == 1
    assert "must be a new study" in capsys.readouterr().err


def test_a_study_of_this_engine_is_exported_and_read_again_with_the_same_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    own = synthetic(tmp_path / "own", seeds=3)
    assert main(["export", "own", "--to", "csv", "--out", "out"]) == 0
    assert main(["import", "csv", "out", "--study", "again"]) == 0
    again = load_sweep("again")
    for curve in own.curve_names:
        np.testing.assert_array_equal(own.curve(curve), again.curve(curve))
    mine, theirs = (s.compare("act", "test_acc", against="tanh") for s in (own, again))
    assert mine["p_holm"].tolist() == theirs["p_holm"].tolist()


def test_a_folder_of_hydra_jobs_is_imported_with_what_hydra_itself_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("job.py").write_text(JOB)
    words = ["-m", "+model.width=16,64", "+seed=0,1,2", "hydra.sweep.dir=multirun/here"]
    script = JOB.replace(', config_path=None, config_name="config"', ", config_path=None")
    Path("job.py").write_text(script)
    subprocess.run([sys.executable, "job.py", *words], check=True, capture_output=True, timeout=120)
    assert main(["import", "hydra", "multirun/here", "--study", "hydra"]) == 0
    sweep = load_sweep("hydra")
    assert sweep.factors == {"model.width": [16, 64], "seed": [0, 1, 2]}
    for _, row in sweep.runs.iterrows():
        assert row["val_loss"] == row["model.width"] / (5 + row["seed"])
    assert main(["compare", "hydra", "--vary", "model.width", "--metric", "val_loss"]) == 0
    log = next(Path("multirun/here").glob("*/log.csv"))
    shutil.copy(log, log.with_name("other.csv"))
    capsys.readouterr()
    assert main(["import", "hydra", "multirun/here", "--study", "two"]) == 1
    assert "must hold one CSV file, or one metrics.csv, got 2" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r, t: (r.drop(columns="run"), t), "runs must have a column 'run', got width"),
        (lambda r, t: (r, t.drop(columns="epoch")), "timelines must have a column 'epoch'"),
        (lambda r, t: (pd.concat([r, r]), t), "name each run once, got r0 twice"),
        (lambda r, t: (r.iloc[:0], t), "runs must have a row at least"),
        (lambda r, t: (r.iloc[1:], t), "have a run r0 that is no row of runs"),
        (lambda r, t: (r, t.assign(epoch=-1)), "a whole number from 0 on"),
        (lambda r, t: (r, t.assign(epoch=0.5)), "a whole number from 0 on"),
        (lambda r, t: (r, t.assign(epoch=10**12)), "at most 20,000,000 epochs"),
        (lambda r, t: (r, t[["run", "epoch"]]), "a column of numbers for a curve at least"),
        (lambda r, t: (r.assign(outcome="won"), t), "must be one of finished, diverged"),
    ],
)
def test_frames_that_are_no_study_are_refused_in_one_sentence(change, words: str) -> None:
    runs, timelines, _ = frames()
    with pytest.raises(StoreError, match=words):
        from_frames(*change(runs, timelines))


@pytest.mark.parametrize("name", ["runs.parquet", "timelines.parquet"])
def test_a_damaged_file_of_an_imported_study_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    runs, timelines, _ = frames()
    runs.to_csv("runs.csv", index=False)
    timelines.to_csv("timelines.csv", index=False)
    assert main(["import", "csv", ".", "--study", "mine"]) == 0
    path = Path("multirun_outputs/mine", name)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(StoreError, match=f"{name} is damaged: its checksum does not hold"):
        load_sweep("mine")
