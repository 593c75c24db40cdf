"""The command line as a user meets it: exit codes, sentences, folders.

Owns `command`, which runs it inside this process for the other tests, and `shell`, which starts it
in a process of its own.
"""

import io
import json
import logging
import os
import pickle
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hydra.core.singleton import Singleton

from analysis.__main__ import answer
from src import ENGINE_VERSION, train
from src.config.grid import options
from src.execution import local as workers
from src.model.activations import Act
from src.storage.store import read_curves, read_filters, read_parameters, read_record
from src.storage.study import run_folders
from src.timeline import CURVES, Ending

ROOT = Path(__file__).parent.parent
SMALL = ("epochs=2", "T=6", "TT=6")
ACTS = ", ".join(sorted(act.name for act in Act))
README = ("-m", "act=tanh,sigmoid,relu,none", "lrA=0,0.001,0.1")


@dataclass(frozen=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


def command(folder: Path, *words: str) -> Said:
    """Run `python -m src.train` with some words in this process, as if started in a folder."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        _as_if_fresh(folder),
        patch.object(sys, "argv", ["sweepscope", *words]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            train.main()
        except SystemExit as exit:
            code = exit.code if isinstance(exit.code, int) else int(exit.code is not None)
            if isinstance(exit.code, str):
                err.write(exit.code + "\n")
    return Said(code, out.getvalue(), err.getvalue())


@contextmanager
def _as_if_fresh(folder: Path) -> Iterator[None]:
    """Keep folder, environment, Hydra's state and logging as they were; fork the workers."""
    here, singletons = Path.cwd(), Singleton.get_state()
    root = logging.getLogger()
    handlers, level, disabled = root.handlers[:], root.level, root.manager.disable
    # A test process has BLAS threads, for which workers would be spawned, a second each.
    with patch.dict(os.environ), patch.object(workers, "_threads", lambda: 1):
        for name in ("HYDRA_FULL_ERROR", "SWEEPSCOPE_STUDY"):
            os.environ.pop(name, None)
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(here)
            Singleton.set_state(singletons)
            for handler in [handler for handler in root.handlers if handler not in handlers]:
                handler.close()
            root.handlers[:] = handlers
            root.setLevel(level)
            root.manager.disable = disabled


def shell(folder: Path, *words: str, **environment: str) -> "subprocess.Popen[str]":
    """Start `python -m src.train` in a folder."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("HYDRA", "SWEEPSCOPE"))}
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "src.train", *words],
        cwd=folder,
        env={**inherited, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: "subprocess.Popen[str]") -> Said:
    """Wait for a process and return what it said."""
    out, err = process.communicate(timeout=60)
    return Said(process.returncode, out, err)


def studies(folder: Path) -> list[Path]:
    """Return the folders of all studies that were made in a folder."""
    return sorted((folder / "multirun_outputs").glob("*"))


def runs(folder: Path) -> list[Path]:
    """Return the folders of all runs in the one study that was made in a folder."""
    (study,) = studies(folder)
    return sorted(run_folders(study))


# --- in processes of their own


def test_alone_it_trains_one_run_and_says_where_it_lies_and_what_to_type_next(
    tmp_path: Path,
) -> None:
    said = ended(shell(tmp_path))
    assert said.code == 0, said.err
    (run,) = runs(tmp_path)
    record = read_record(run)
    assert record.outcome.ending is Ending.finished
    assert record.config["epochs"] == record.outcome.epoch == 200
    assert record.id == run.name.rsplit("-", 1)[1]
    assert set(read_curves(run)) == set(CURVES)
    assert (run / ".hydra" / "config.yaml").is_file()
    assert "1 run: 1 finished" in said.out
    assert f"{run.parent}\n" in said.out or f"{run.parent.relative_to(tmp_path)}\n" in said.out
    assert "load_sweep(" in said.out
    assert "1 of 1 runs" in said.err  # plain lines, where there is no terminal
    assert "\x1b" not in said.out + said.err


def test_the_first_command_of_the_readme_trains_twelve_runs_that_differ(tmp_path: Path) -> None:
    said = ended(shell(tmp_path, *README))
    assert said.code == 0, said.err
    folders = runs(tmp_path)
    records = [read_record(folder) for folder in folders]
    assert {(r.config["act"], r.config["lrA"]) for r in records} == {
        (act, lrA) for act in ("tanh", "sigmoid", "relu", "none") for lrA in (0.0, 0.001, 0.1)
    }
    assert len(folders) == len({record.id for record in records}) == 12
    assert {record.outcome.ending for record in records} == {Ending.finished}
    assert all(record.final["test_acc"] is not None for record in records)
    for folder in folders:
        assert len(read_curves(folder)["test_loss"]) == 201
        assert read_filters(folder)[1].shape == (10, 2, 28, 28)
        assert read_parameters(folder)["weights"].shape == (2, 2)
    lines = said.out.splitlines()
    rows = [line.split() for line in lines if " finished " in f"{line} "]
    assert [row[:2] for row in rows[:12]] == [
        [act, lrA] for act in ("tanh", "sigmoid", "relu", "none") for lrA in ("0.0", "0.001", "0.1")
    ]
    (heading,) = [line.split() for line in lines if "train_loss" in line]
    assert heading[:3] == ["act", "lrA", "outcome"]
    assert {*heading[3:]} >= {"train_loss", "test_loss", "train_acc", "test_acc", "seconds"}
    assert "12 runs: 12 finished" in said.out


def test_two_sweeps_started_in_the_same_second_have_two_folders(tmp_path: Path) -> None:
    both = [shell(tmp_path, "-m", *SMALL, f"seed={seed}") for seed in (1, 2)]
    assert [ended(process).code for process in both] == [0, 0]
    folders = studies(tmp_path)
    assert len(folders) == 2
    seeds = [read_record(run).config["seed"] for study in folders for run in run_folders(study)]
    assert sorted(seeds) == [1, 2]


def test_joblib_trains_the_same_bytes_from_the_command_line(tmp_path: Path) -> None:
    grid = ("-m", "study=s", "seed=3,4", *SMALL)
    for name in ("stacks", "joblib"):
        (tmp_path / name).mkdir()
    said = ended(shell(tmp_path / "joblib", *grid, "hydra/launcher=joblib"))
    assert said.code == 0, said.err
    assert command(tmp_path / "stacks", *grid).code == 0
    ours, theirs = runs(tmp_path / "stacks"), runs(tmp_path / "joblib")
    assert [run.name for run in ours] == [run.name for run in theirs]
    for one, other in zip(ours, theirs, strict=True):
        for name in ("timeline.npz", "filters.npz", "parameters.npz"):
            assert (one / name).read_bytes() == (other / name).read_bytes()


def test_bad_input_is_one_line_and_exit_code_1_and_writes_nothing(tmp_path: Path) -> None:
    said = ended(shell(tmp_path, "-m", "act=tanh,sigmoi", "lrA=0.1"))
    assert (said.code, said.out) == (1, "")
    assert said.err == (
        f"error: act must be one of {ACTS}, got 'sigmoi' (did you mean 'sigmoid'?)\n"
    )
    assert not studies(tmp_path)


# --- in this process

SLIPS: list[tuple[str, str]] = [
    ("act=null", f"act must be one of {ACTS}, got null (did you mean 'none'?)"),
    ("lrA=abc", "lrA must be a number, got 'abc'"),
    ("lrW=-1", "lrW must be 0, or 1.2e-38 to 3.4e+38 (float32), got -1.0"),
    ("lrA=nan", "lrA must be 0, or 1.2e-38 to 3.4e+38 (float32), got nan"),
    ("lrA=inf", "lrA must be 0, or 1.2e-38 to 3.4e+38 (float32), got inf"),
    ("T=5000", "T must be at most 902 (digits of classes 3 and 1 that remain beside TT=98), "
     "got 5000"),
    ("I=29", "I must be at least 1 and at most 28 (a filter fits into the image of 28×28 pixels), "
     "got 29"),
    ("+foo=1", "foo is not a key of Sweepscope"),
    ("epoch=1", "epoch is not a key of Sweepscope (did you mean 'epochs'?)"),
    ("study=../x", "study must be 1 to 80 letters, digits, '.', '_' or '-', beginning with a "
     "letter or digit, got '../x'"),
    ("data=idx", "folder must be given: folder=PATH, the folder of the IDX files or the npz file"),
    ("objective=test_ac", f"objective must be one of {', '.join(CURVES)}, got 'test_ac' "
     "(did you mean 'test_acc'?)"),
    ("experiment=templat", f"experiment must be one of {', '.join(options('experiment'))}, "
     "got 'templat' (did you mean 'template'?)"),
    ("classes=3,1", "classes must be lists in brackets, such as classes=[3,1] or "
     "classes=[3,1],[4,9], got 'classes=3,1'"),
    ("data=idx folder=/no/such", "/no/such is not a folder: the IDX files must lie in it"),
    ("init=identity L=3", "init must be another choice where the perceptron is not square "
     "(it has C=2 outputs and K=L·M·N=3 features), got 'identity'"),
    ("hydra.sweep.dir=/tmp/x", "hydra.sweep.dir must be left alone: a study lies in "
     "multirun_outputs/ under study=NAME, and of Hydra's own keys only those of launcher and "
     "sweeper are open, got 'hydra.sweep.dir=/tmp/x'"),
]  # fmt: skip


@pytest.mark.parametrize("mode", ["", "-m "])
@pytest.mark.parametrize(("slip", "words"), SLIPS, ids=[slip for slip, _ in SLIPS])
def test_a_slip_is_one_clear_sentence_with_and_without_a_sweep(
    tmp_path: Path, mode: str, slip: str, words: str
) -> None:
    assert command(tmp_path, *(mode + slip).split()) == Said(1, "", f"error: {words}\n")
    assert not studies(tmp_path)


@pytest.mark.parametrize(
    "words",
    [
        "hydra/launcher=foo",
        "hydra.foo=1",
        "lrA",
        "lrA==1",
        "=3",
        "-m seed=range(0,10,0)",
        "-m seed=range(3,0)",
        "-m act=glob(x*)",
        "-m lrA=interval(0,1)",
        "-m experiment=null",
        "-m seed=${lrA}",
        "seed=${lrA}",
        "lrA=${foo}",
        "-m lrA=${foo}",
        "-m lrA=${lrW} lrW=${lrA}",
        "-m L=range(1,3,0.5)",
        "lrA=0.1,0.2",
        "-m n_jobs=0",
        "-m n_jobs=-1",
        "--config-dir=/no/such",
        "--config-name=foo",
        "--config-path=/tmp",
        "--nope",
        "--from",
        "--from=nowhere",
        "--multirun --run",
        "--resolve",
        "~act",
        "-m ~hydra/launcher",
        "act@foo=tanh",
        "hydra/launcher=null",
        "hydra/launcher=28",
        "-m hydra/launcher=basic,joblib",
        "hydra/env=bool(1)",
        "hydra/hydra_logging=hydra_debug",
        "init@act=range(0,10,0)",
        "-m init@act=range(0,10,0)",
        "-m act=range(nan,3)",
        "-m lrA=range(0,inf)",
        "-m seed=range(0,3,nan)",
        "-m hydra/sweeper=basic +hydra.sweeper.params.act=null",
        "-m hydra/sweeper=basic hydra.sweeper.params=null",
    ],
)
def test_whatever_is_typed_the_answer_is_one_line_without_a_traceback(
    tmp_path: Path, words: str
) -> None:
    said = command(tmp_path, *words.split(), *SMALL)
    assert said.code == 1, said
    assert re.fullmatch(r"error: \S.*\S\n", said.err)
    assert "Traceback" not in said.out + said.err
    assert not studies(tmp_path)


@pytest.mark.parametrize("word", ["lrA=0.1,0.2", "act=tanh,relu", "seed=range(0,20)"])
def test_several_values_without_m_say_that_m_sweeps(tmp_path: Path, word: str) -> None:
    said = command(tmp_path, word, *SMALL)
    key = word.split("=")[0]
    words = f"{key} must be one value for a single run (-m sweeps over several), got '{word}'"
    assert said == Said(1, "", f"error: {words}\n")


def test_a_dry_run_of_a_single_run_says_its_cost_and_leaves_nothing(tmp_path: Path) -> None:
    said = command(tmp_path, *SMALL, "dry_run=true")
    assert said.code == 0
    assert re.search(r"1 run, in 1 stack on 1 worker: about .* of disk", said.err)
    assert list(tmp_path.rglob("*")) == []


MODES = "--run, --multirun, --cfg, --info, --shell-completion"
FLAGS: list[tuple[str, str]] = [
    ("--multirun --run", f"only one of {MODES} can be given, got --run --multirun"),
    ("--cfg job -m", f"only one of {MODES} can be given, got --multirun --cfg"),
    ("--info all --run", f"only one of {MODES} can be given, got --run --info"),
    ("--resolve", "--resolve must come with --cfg"),
    ("--experimental-rerun config.pickle",
     "--experimental-rerun must not be given: it would load a pickle"),
    ("--from", "--from must stand alone with a run's folder: --from RUN_FOLDER"),
    ("--from a b", "--from must stand alone with a run's folder: --from RUN_FOLDER"),
    ("-m --from a", "--from must stand alone with a run's folder: --from RUN_FOLDER"),
    ("-m n_jobs=1,2", "n_jobs must be one value for the whole sweep, got 'n_jobs=1,2'"),
    ("-m study=a,b", "study must be one value for the whole sweep, got 'study=a,b'"),
    ("-m seed=range(3,0)", "the grid has no run: one of its ranges is empty"),
    ("-m most_runs=5 seed=range(0,6)", "most_runs must be 6 or more for this grid, got 5"),
    ("n_jobs=0", "n_jobs must be 1 or more, got 0"),
    ("checkpoint_seconds=-1", "checkpoint_seconds must be 0 or more, got -1.0"),
    ("lrA=${seed} seed=${lrA}",
     "lrA must be a value, or ${name} of another key that has one, got '${lrA}'"),
]  # fmt: skip


@pytest.mark.parametrize(("slip", "words"), FLAGS, ids=[slip for slip, _ in FLAGS])
def test_flags_and_grids_that_cannot_be_meant_are_refused_with_the_rule(
    tmp_path: Path, slip: str, words: str
) -> None:
    assert command(tmp_path, *slip.split()) == Said(1, "", f"error: {words}\n")
    assert not studies(tmp_path)


def test_a_pickle_that_is_named_for_a_rerun_is_never_opened(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, tuple[str]]:
            return os.mkdir, (str(tmp_path / "sprung"),)

    (tmp_path / "config.pickle").write_bytes(pickle.dumps(Trap()))
    assert command(tmp_path, "--experimental-rerun", "config.pickle").code == 1
    assert not (tmp_path / "sprung").exists()


def test_one_bad_run_in_a_grid_is_found_before_the_first_one_starts(tmp_path: Path) -> None:
    said = command(tmp_path, "-m", *SMALL, "lrA=0.1,0.2,-0.3")
    assert said == Said(1, "", "error: lrA must be 0, or 1.2e-38 to 3.4e+38 (float32), got -0.3\n")
    assert not studies(tmp_path)


def test_a_grid_beyond_all_bounds_is_refused_with_its_number_without_being_made(
    tmp_path: Path,
) -> None:
    said = command(tmp_path, "-m", "seed=range(0,1000000)", "lrA=range(0,1000000)")
    assert said.code == 1
    assert "1,000,000,000,000" in said.err
    assert "most_runs" in said.err
    assert not studies(tmp_path)


def test_help_exits_0(tmp_path: Path) -> None:
    said = command(tmp_path, "--help")
    assert (said.code, said.err) == (0, "")
    assert "python -m src.train" in said.out


def test_the_wish_for_a_traceback_is_granted(tmp_path: Path) -> None:
    process = shell(tmp_path, "act=tahn", HYDRA_FULL_ERROR="1")
    said = ended(process)
    assert said.code == 1
    assert "Traceback" in said.err


@pytest.mark.parametrize("mode", [[], ["-m"]], ids=["run", "sweep"])
def test_a_divergence_is_a_result_listed_with_exit_code_0(tmp_path: Path, mode: list[str]) -> None:
    said = command(tmp_path, *mode, "act=none", "lrA=1", "lrW=1", "epochs=30")
    assert said.code == 0
    assert re.search(r"diverged at epoch \d+ in the \w+", said.out)
    assert "1 run: 1 diverged" in said.out
    (run,) = runs(tmp_path)
    record = read_record(run)
    assert record.outcome.ending is Ending.diverged
    assert record.final["test_loss"] is None
    assert "warning" not in (said.out + said.err).lower()


def test_an_exception_in_a_single_run_is_recorded_with_its_traceback(tmp_path: Path) -> None:
    with patch.object(train, "run_jobs", side_effect=RuntimeError("no luck")):
        said = command(tmp_path, *SMALL)
    (run,) = runs(tmp_path)
    folder = run.relative_to(tmp_path)
    assert (said.code, said.err.splitlines()[-1]) == (
        1, f"error: {folder} failed: RuntimeError: no luck"
    )  # fmt: skip
    assert "Traceback" not in said.err
    outcome = read_record(run).outcome
    assert outcome.ending is Ending.failed
    assert "Traceback" in (outcome.message or "")
    assert "RuntimeError: no luck" in (outcome.message or "")


def test_ctrl_c_ends_with_130(tmp_path: Path) -> None:
    with patch.object(train, "run_jobs", side_effect=KeyboardInterrupt):
        assert command(tmp_path, *SMALL).code == 130


def test_a_named_study_lies_under_its_name_and_takes_more_runs(tmp_path: Path) -> None:
    for seed in ("1", "2"):
        assert command(tmp_path, "-m", "study=mine", f"seed={seed}", *SMALL).code == 0
    assert [study.name for study in studies(tmp_path)] == ["mine"]
    assert sorted(read_record(run).config["seed"] for run in runs(tmp_path)) == [1, 2]


def test_a_run_alone_equals_the_same_run_of_a_sweep(tmp_path: Path) -> None:
    folders = []
    for mode in ([], ["-m"]):
        folder = tmp_path / "-".join(["x", *mode])
        folder.mkdir()
        assert command(folder, *mode, "study=s", "seed=5", *SMALL).code == 0
        folders += runs(folder)
    one, other = folders
    assert one.name == other.name
    for name in ("timeline.npz", "filters.npz", "parameters.npz"):
        assert (one / name).read_bytes() == (other / name).read_bytes()
    first, second = (_without_execution(folder) for folder in folders)
    assert first == second


def _without_execution(folder: Path) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads((folder / "run.json").read_text())
    assert set(fields.pop("execution")) >= {"seconds", "python", "packages", "machine", "commit"}
    return fields


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("lr=0.1", "the rates themselves are lrA and lrW"),
        ("optimizer=adam", "it is called opt"),
        ("momentum=0.9", "0 where opt=sgd, which does not heed it"),
        ("scheduler=cosine", "it is called schedule"),
        ("batch_size=4", "it is called batch"),
        ("device=cuda", "networks train on the CPU"),
    ],
)
def test_what_people_look_for_first_gets_its_own_sentence(
    tmp_path: Path, word: str, words: str
) -> None:
    said = command(tmp_path, word, *SMALL)
    assert said.code == 1
    assert words in said.err
    assert said.err.startswith("error: " + word.split("=")[0])


def test_the_version_is_ours_with_those_that_decide_results(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = command(tmp_path, "--version")
    assert said.code == 0
    assert re.fullmatch(
        rf"Sweepscope \S+ \(engine {ENGINE_VERSION}, format \d\), Hydra \S+, "
        rf"NumPy {np.__version__}, Python {platform.python_version()}\n",
        said.out,
    )
    with pytest.raises(SystemExit):
        answer(["--version"])
    assert capsys.readouterr().out == said.out


def test_several_experiments_are_trained_each_as_a_grid_in_a_study_of_its_own(
    tmp_path: Path,
) -> None:
    few = ("seed=0,1", "epochs=2", "T=4", "TT=4")
    said = command(tmp_path, "-m", "experiment=ordering,frozen_conv", *few)
    assert said.code == 0, said.err
    for name in ("ordering", "frozen_conv"):
        alone = tmp_path / "alone" / name
        alone.mkdir(parents=True)
        assert command(alone, "-m", f"experiment={name}", *few).code == 0
        expected = {path.name for path in (alone / "multirun_outputs" / name).iterdir()}
        assert {p.name for p in (tmp_path / "multirun_outputs" / name).iterdir()} == expected
    refused = command(tmp_path, "-m", "experiment=ordering,frozen_conv", "study=s", *few)
    assert refused.code == 1
    assert "study must be left out where several experiments are named" in refused.err


def test_experiments_without_a_study_get_one_each(tmp_path: Path) -> None:
    group = tmp_path / "conf" / "experiment"
    group.mkdir(parents=True)
    for name, lrA in (("one", 0.1), ("two", 0.2)):
        (group / f"{name}.yaml").write_text(f"# @package _global_\nlrA: {lrA}\n")
    flag = f"--config-dir={tmp_path / 'conf'}"
    said = command(tmp_path, "-m", flag, "experiment=one,two", "act=tanh,none", *SMALL)
    assert said.code == 0, said.err
    assert [len(list(run_folders(study))) for study in studies(tmp_path)] == [2, 2]
