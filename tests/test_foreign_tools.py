"""Logs that TensorBoard and Optuna themselves wrote, imported: the numbers are the tools' own."""

import warnings
from pathlib import Path

import numpy as np
import pytest

from analysis import load_sweep
from analysis.__main__ import main

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of other people's packages
    pytest.importorskip("tensorboard")
    optuna = pytest.importorskip("optuna")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.hparams import summary_v2 as hparams
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

pytestmark = pytest.mark.filterwarnings("ignore")


def test_event_files_of_tensorboard_are_read_as_tensorboard_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for width in (16, 32):
        for seed in range(3):
            writer = EventFileWriter(f"logs/w{width}/s{seed}")
            start = hparams.hparams_pb({"width": width, "seed": seed})
            writer.add_event(Event(summary=start, step=0))
            for step in range(1_000):
                for tag in ("val/loss", "val/acc")[: 1 + step % 2]:  # the second at odd steps
                    value = float("nan") if step == 500 else float(rng.random())
                    scalar = Summary.Value(tag=tag, simple_value=value)
                    writer.add_event(Event(summary=Summary(value=[scalar]), step=step))
            writer.close()
    assert main(["import", "tensorboard", "logs", "--study", "board"]) == 0, capsys.readouterr().err
    sweep = load_sweep("board")
    assert sweep.factors == {"width": [16, 32], "seed": [0, 1, 2]}
    for i, run in enumerate(sweep.runs.index):
        events = EventAccumulator(f"logs/{run}", size_guidance={"scalars": 0})
        events.Reload()
        for tag in ("val/loss", "val/acc"):
            logged = events.Scalars(tag)
            at = [event.step for event in logged]
            values = [event.value for event in logged]
            np.testing.assert_array_equal(sweep.curve(tag)[i, at], values)
            assert np.isfinite(sweep.curve(tag)[i]).sum() == np.isfinite(values).sum()
    words = ["--vary", "width", "--metric", "val/loss", "val/acc"]
    assert main(["compare", "board", *words]) == 0
    assert main(["import", "tensorboard", ".git", "--study", "none"]) == 1
    assert ".git holds no event file of TensorBoard" in capsys.readouterr().err


def test_an_optuna_study_is_read_as_optuna_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    grid = {"width": [16, 32], "seed": [0, 1, 2]}

    def objective(trial: "optuna.Trial") -> float:
        width, seed = (trial.suggest_categorical(name, grid[name]) for name in grid)
        for step in range(10):
            trial.report(width / (step + 1 + seed), step)
        if (width, seed) == (32, 2):
            raise optuna.TrialPruned
        return width / (10 + seed)

    study = optuna.create_study(
        storage="sqlite:///trials.db", sampler=optuna.samplers.GridSampler(grid)
    )
    study.optimize(objective, n_trials=6)
    assert main(["import", "optuna", "trials.db", "--study", "trials"]) == 0, capsys.readouterr()
    sweep = load_sweep("trials")
    assert sweep.factors == {"width": [16, 32], "seed": [0, 1, 2]}
    for trial in study.trials:
        row = sweep.runs.loc[str(trial.number)]
        assert (row["width"], row["seed"]) == (trial.params["width"], trial.params["seed"])
        pruned = trial.state.name == "PRUNED"
        assert row["outcome"] == ("interrupted" if pruned else "finished")
        logged = sweep.curve("value")[sweep.runs.index.get_loc(str(trial.number))]
        assert logged.tolist() == list(trial.intermediate_values.values())
    assert main(["table", "trials", "--metric", "value"]) == 0
    assert main(["import", "optuna", "nothing.db", "--study", "none"]) == 1
    assert "nothing.db is not there" in capsys.readouterr().err
