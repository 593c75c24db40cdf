"""The launcher `stacks` and the sweeper `grid`: Hydra's habits, equal bytes, and runs that fail."""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.utils import create_config_search_path
from hydra.core.utils import JobReturn, JobStatus
from hydra.experimental.callback import Callback
from hydra.test_utils.launcher_common_tests import LauncherTestSuite
from hydra.types import RunMode
from hypothesis import example, given, settings
from hypothesis import strategies as st
from omegaconf import DictConfig, OmegaConf

from analysis.doctor import doctor
from src import launch
from src.config import CONF
from src.config.build_run import GROUPS, plain, register, to_run
from src.errors import ConfigError
from src.execution import job as task
from src.execution.job import Job
from src.launch.composition import Composer
from src.run import Run
from src.storage.run_folder import has_ended
from src.storage.store import read_record
from src.storage.study_files import read_history
from src.timeline import Ending
from src.training.trainer import train
from tests.test_train import SMALL, Said, command, ended, runs, shell, studies

assert launch  # by its import the launcher is known to Hydra
ARRAYS = ("filters.npz", "parameters.npz", "timeline.npz")
GRID = ("act=tanh,none", "lrA=0,0.01,30", "lrW=0.5", "order=random,alternate")
FEW = ("-m", "study=s", "seed=range(0,6)", *SMALL)


# Hydra's own test programs leave out version_base, of which Hydra warns them.
@pytest.mark.filterwarnings("ignore:Future Hydra versions will no longer change working directory")
@pytest.mark.parametrize(("launcher_name", "overrides"), [("stacks", [])])
class TestStacks(LauncherTestSuite):
    """Hydra's own tests of a launcher."""


# --- composition


@lru_cache(maxsize=1)
def _loader() -> ConfigLoaderImpl:
    return ConfigLoaderImpl(config_search_path=create_config_search_path(str(CONF)))


@pytest.fixture
def composition(hydra_restore_singletons: None) -> tuple[Composer, Callable[..., DictConfig]]:
    """Return our composition of a job, and Hydra's, for the same multirun."""
    register()
    master = _loader().load_configuration("config", ["study=s"], RunMode.MULTIRUN)

    def hydras(words: Sequence[str]) -> DictConfig:
        return _loader().load_sweep_config(master, list(words))

    return Composer(_loader(), master), hydras


def _choices(group: str) -> list[str]:
    names = sorted(path.stem for path in (CONF / group).glob("*.yaml"))
    return [f"{group}={name}" for name in names if name != "idx"]


WORDS: dict[str, list[str]] = {
    **{group: _choices(group) for group in (*GROUPS, "experiment")},
    "act_out": ["act_out=none", "act_out=relu", "act_out=${act}"],
    "lrA": ["lrA=0", "lrA=0.25", "lrA=1e-3", "lrA='0.5'", "lrA=${lrW}", "lrA=-0.0"],
    "lrW": ["lrW=0", "lrW=1", "lrW=.5"],
    "init_scale": ["init_scale=2", "init_scale=0.125"],
    "L": ["L=2", "L=3"],
    "I": ["I=28", "I=5"],
    "classes": ["classes=[3,1]", "classes=[4,9,0]"],
    "T": ["T=20", "T=null", "T=00012"],
    "TT": ["TT=30"],
    "seed": ["seed=7", "seed=007"],
    "subset_seed": ["subset_seed=3", "subset_seed=${init_seed}"],
    "init_seed": ["init_seed=5"],
    "order_seed": ["order_seed=6", "order_seed=${subset_seed}"],
    "epochs": ["epochs=0", "epochs=3"],
    "dtype": ["dtype=float64"],
    "objective": ["objective=train_loss"],
}


@st.composite
def words(draw: st.DrawFn) -> list[str]:
    """Draw the words of a job, each key once, in any order."""
    keys = draw(st.lists(st.sampled_from(list(WORDS)), unique=True, max_size=9))
    return [draw(st.sampled_from(WORDS[key])) for key in draw(st.permutations(keys))]


def test_our_composition_equals_hydras_for_all_words(
    composition: tuple[Composer, Callable[..., DictConfig]],
) -> None:
    composer, hydras = composition

    @settings(max_examples=25, deadline=None, database=None)
    @given(words())
    @example([])
    @example(["lrA=0.5", "lr=fast"])
    @example(["lr=fast", "lrA=0.5"])
    @example(["act_out=none", "act=tanh"])
    @example(["experiment=smoke", "T=20"])
    @example(["experiment=smoke", "data=mnist10"])
    @example(["init_scale=2", "init=he"])
    def compare(words: list[str]) -> None:
        config = hydras(words)
        theirs: Run | str
        job: Job | str
        try:
            theirs = to_run(plain(config))
        except ConfigError as error:
            theirs = str(error)
        try:
            job = composer.job(words)
        except ConfigError as error:
            job = str(error)
        if isinstance(theirs, str) or isinstance(job, str):
            assert job == theirs
            return
        assert job.run == theirs
        assert job.id == theirs.id()
        assert job.folder == Path("multirun_outputs", "s", theirs.folder_name())
        chosen = config.hydra.runtime.choices
        assert dict(job.choices) == {group: str(chosen[group]) for group in GROUPS}
        assert job.words == tuple(words)
        ours = OmegaConf.to_container(OmegaConf.create(job.config))
        keys = [str(key) for key in config if key != "hydra"]
        whole = OmegaConf.masked_copy(config, keys)
        whole.card = None  # the study's, and not repeated in each run
        theirs = OmegaConf.to_container(whole, resolve=True, enum_to_str=True)
        assert isinstance(theirs, dict)
        del theirs["executor"]  # says nothing of the run
        assert ours == theirs

    compare()


def test_values_keep_the_types_of_their_keys(
    composition: tuple[Composer, Callable[..., DictConfig]],
) -> None:
    composer, _ = composition
    record = composer.job(["act_out=none", "lrA=1", "seed=3", "init_seed=4", "epochs=0"]).run
    types = {key: type(value) for key, value in record.record().items()}
    assert types == {
        **dict.fromkeys(["act", "act_out", "order", "init", "source", "dtype"], str),
        **dict.fromkeys(["loss", "opt", "schedule"], str),
        **dict.fromkeys(["lrA", "lrW", "init_scale", "momentum", "beta2", "epsilon"], float),
        **dict.fromkeys(["weight_decay", "decay_factor", "label_noise"], float),
        **dict.fromkeys(["decay_epochs", "warmup", "stride", "padding", "noise_seed"], int),
        **dict.fromkeys(["L", "I", "J", "T", "TT", "batch", "epochs", "seed"], int),
        **dict.fromkeys(["subset_seed", "init_seed", "order_seed"], int),
        "transpose": bool,
        "classes": list,
        "folder": type(None),
    }


# --- what a launcher may not change


@pytest.fixture(scope="module")
def by_hydra(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which Hydra's own launcher ran the grid."""
    return _sweep(tmp_path_factory.mktemp("basic"), *GRID, "hydra/launcher=basic")


def _sweep(folder: Path, *words: str) -> Path:
    said = command(folder, "-m", "study=s", *SMALL, *words)
    assert said.code == 0, said
    return folder


def _arrays(folder: Path) -> dict[str, dict[str, bytes]]:
    """Return the bytes of every run's arrays by the name of the run's folder."""
    return {run.name: {name: (run / name).read_bytes() for name in ARRAYS} for run in runs(folder)}


@pytest.mark.parametrize("n_jobs", [1, 2, 3])
def test_the_bytes_are_those_of_hydras_own_launcher_with_any_number_of_workers(
    tmp_path: Path, by_hydra: Path, n_jobs: int
) -> None:
    _sweep(tmp_path, *GRID, f"n_jobs={n_jobs}")
    ours = _arrays(tmp_path)
    assert len(ours) == 12
    assert ours == _arrays(by_hydra)


def test_the_order_and_the_neighbours_of_the_jobs_change_no_byte(
    tmp_path: Path, by_hydra: Path
) -> None:
    _sweep(tmp_path, "order=alternate,fixed,random", "lrA=30,0.01", "lrW=0.5", "act=none", "seed=0")
    _sweep(tmp_path, "order=alternate,random", "act=relu,tanh", "lrA=0.01,30,0", "lrW=0.5")
    ours, theirs = _arrays(tmp_path), _arrays(by_hydra)
    shared = ours.keys() & theirs.keys()
    assert len(shared) == 10
    assert {name: ours[name] for name in shared} == {name: theirs[name] for name in shared}


def test_records_are_those_of_hydras_own_launcher_but_for_their_execution(
    tmp_path: Path, by_hydra: Path
) -> None:
    _sweep(tmp_path, *GRID)
    for ours, theirs in zip(runs(tmp_path), runs(by_hydra), strict=True):
        one, other = read_record(ours), read_record(theirs)
        one.execution = other.execution = {}
        assert one == other
    endings = {read_record(run).outcome.ending for run in runs(tmp_path)}
    assert endings == {Ending.finished, Ending.diverged}


def test_hydras_habits_are_kept_in_every_folder(tmp_path: Path, by_hydra: Path) -> None:
    _sweep(tmp_path, *GRID)
    for ours, theirs in zip(runs(tmp_path), runs(by_hydra), strict=True):
        configs = [OmegaConf.load(run / ".hydra" / "config.yaml") for run in (ours, theirs)]
        resolved = [OmegaConf.to_container(config, resolve=True) for config in configs]
        assert resolved[0] == resolved[1]
        words = [OmegaConf.load(run / ".hydra" / "overrides.yaml") for run in (ours, theirs)]
        assert set(words[1]) - set(words[0]) <= {"hydra/launcher=basic"}
        assert set(words[0]) == set(words[1])
        (log,) = ours.glob("*.log")
        assert str(read_record(ours).outcome) in log.read_text()


def test_values_that_are_written_differently_are_one_run(tmp_path: Path) -> None:
    said = command(tmp_path, "-m", *SMALL, "lrA=0.1,0.10,1e-1", "lr=equal,frozen_perceptron")
    assert said.code == 0
    assert len(runs(tmp_path)) == 2
    assert "2 runs: 2 finished; 4 more repeated one of these" in said.out


def test_dry_run_says_what_there_would_be_and_writes_nothing(tmp_path: Path) -> None:
    said = command(tmp_path, "-m", *SMALL, "lrA=0.1,0.10", "seed=range(0,10)", "dry_run=true")
    assert said.code == 0
    assert "10 runs" in said.out + said.err
    assert not studies(tmp_path)


@pytest.mark.parametrize("launcher", [[], ["-m", "hydra/sweeper=basic", "hydra/launcher=basic"]])
def test_a_dry_run_of_one_leaves_what_there_was(tmp_path: Path, launcher: list[str]) -> None:
    study = tmp_path / "multirun_outputs" / "s"
    words = (*launcher, "study=s", *SMALL)
    said = command(tmp_path, *words, "dry_run=true")
    assert "1 run, in 1 stack on 1 worker: about " in said.err
    assert not list(tmp_path.iterdir())
    assert command(tmp_path, *words).code == 0
    before = {path: path.read_bytes() for path in study.glob("*-seed0-*/*") if path.is_file()}
    assert "1 run, 1 of them done already" in command(tmp_path, *words, "dry_run=true").err
    assert before == {path: path.read_bytes() for path in before}
    assert "1 run, in" in command(tmp_path, *words, "dry_run=true", "lrA=0.5").err
    assert set(before) == {p for p in study.glob("*-seed0-*/*") if p.is_file()}


@pytest.mark.parametrize("most", [5, 6])
def test_a_grid_over_the_cap_is_refused_and_the_cap_can_be_lifted(
    tmp_path: Path, most: int
) -> None:
    said = command(tmp_path, *FEW, f"most_runs={most}", "dry_run=true")
    assert said.code == (most < 6)
    if said.code:
        assert said.err == "error: most_runs must be 6 or more for this grid, got 5\n"


# --- callbacks and return values


class Spy(Callback):
    """Takes note of every job that starts and ends."""

    started: list[DictConfig] = []  # noqa: RUF012  Hydra makes the object; the test reads the class
    ended: list[tuple[DictConfig, JobReturn]] = []  # noqa: RUF012

    def on_job_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Take note."""
        Spy.started.append(config)

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **kwargs: Any) -> None:
        """Take note."""
        Spy.ended.append((config, job_return))


def _spied(folder: Path, *words: str) -> Said:
    """Run a sweep with the spy as a callback."""
    (folder / "conf" / "experiment").mkdir(parents=True)
    (folder / "conf" / "experiment" / "spied.yaml").write_text(
        f"# @package _global_\nhydra:\n  callbacks:\n    spy:\n      _target_: {__name__}.Spy\n"
    )
    Spy.started, Spy.ended = [], []
    return command(folder, "-m", f"--config-dir={folder / 'conf'}", "experiment=spied", *words)


def test_callbacks_are_called_for_every_job_with_its_config(tmp_path: Path) -> None:
    assert _spied(tmp_path, *SMALL, "seed=5,6,7", "lrA=0.25").code == 0
    assert [config.seed for config in Spy.started] == [5, 6, 7]
    assert [config.hydra.job.num for config in Spy.started] == [0, 1, 2]
    assert [(config.seed, config.lrA) for config, _ in Spy.ended] == [(s, 0.25) for s in (5, 6, 7)]
    folders = {Path(config.hydra.runtime.output_dir) for config, _ in Spy.ended}
    assert folders == set(runs(tmp_path))


@pytest.mark.parametrize("sweeper", ["grid", "basic"])
def test_a_job_returns_its_objective_to_any_sweeper(tmp_path: Path, sweeper: str) -> None:
    words = ("seed=5,6", "objective=train_loss", f"hydra/sweeper={sweeper}", "study=s")
    said = _spied(tmp_path, *SMALL, *words)
    assert said.code == 0, said
    for (_, returned), seed in zip(Spy.ended, (5, 6), strict=True):
        assert returned.status is JobStatus.COMPLETED
        assert returned.cfg is not None
        assert returned.cfg.seed == seed
        assert f"seed={seed}" in (returned.overrides or [])
        (run,) = [run for run in runs(tmp_path) if f"seed{seed}-" in run.name]
        assert returned.return_value == read_record(run).final["train_loss"]


# --- studies of many runs, and other sweepers


@pytest.mark.parametrize("launcher", ["stacks", "basic"])
def test_a_study_that_grows_by_small_grids_is_cut_and_no_run_is_missed(
    tmp_path: Path, launcher: str
) -> None:
    words = ("-m", "study=s", *SMALL, f"hydra/launcher={launcher}")
    study = tmp_path / "multirun_outputs" / "s"
    with patch("src.storage.study.MANY", 4):
        assert command(tmp_path, *words, "seed=0,1,2").code == 0
        assert len(list(study.glob("*-seed*"))) == 3
        assert command(tmp_path, *words, "seed=3,4").code == 0
        assert len(list(study.glob("*-seed*"))) == 3, "a run that lies anywhere stays"
        assert len(list(study.glob("??/*-seed*"))) == 2
        said = command(tmp_path, *words, "seed=range(0,6)")
        assert "1 trained, 5 reused" in said.out
        alone = [command(tmp_path, "study=s", *SMALL, f"seed={seed}") for seed in (1, 4, 9)]
    assert [each.code for each in alone] == [0, 0, 0]
    assert [" 1 reused" in each.out for each in alone] == [True, True, False]
    assert all("Results: multirun_outputs/s\n" in each.out for each in alone)
    assert len(runs(tmp_path)) == 7
    assert doctor.examine(study).findings == []


@pytest.mark.parametrize("mode", [(), ("-m",)], ids=["run", "sweep"])
def test_a_run_is_known_by_its_id_whatever_label_its_folder_has(
    tmp_path: Path, mode: tuple[str, ...]
) -> None:
    assert command(tmp_path, "study=s", *SMALL, "seed=0").code == 0
    streams = ("subset_seed=0", "init_seed=0", "order_seed=0")
    said = command(tmp_path, *mode, "study=s", *SMALL, "seed=5", *streams)
    assert "0 trained, 1 reused" in said.out
    (run,) = runs(tmp_path)
    assert "seed0-" in run.name


@pytest.mark.parametrize("launcher", ["stacks", "basic", "joblib"])
def test_a_sweeper_that_does_not_hold_the_study_trains_each_run_once_all_the_same(
    tmp_path: Path, launcher: str
) -> None:
    words = ("-m", "study=s", *SMALL, "hydra/sweeper=basic", f"hydra/launcher={launcher}")
    first = ended(shell(tmp_path, *words, "seed=0,1"))
    again = ended(shell(tmp_path, *words, "seed=0,1,2"))
    assert (first.code, again.code) == (0, 0), (first, again)
    history = read_history(tmp_path / "multirun_outputs" / "s")
    counts = [(entry["trained"], entry["reused"]) for entry in history]
    assert counts[:2] == [(1, 0)] * 2
    assert sorted(counts[2:]) == [(0, 1), (0, 1), (1, 0)]  # joblib's workers race


# --- runs that fail


@contextmanager
def _failing(fail: Callable[[Run], None]) -> Iterator[None]:
    """Let something happen to some runs in their workers, which inherit it by being forked."""

    def failing(runs: Sequence[Run], *others: Any) -> Any:
        for run in runs:
            fail(run)
        return train(runs, *others)

    with patch.object(task, "train", failing):
        yield


def _raise(run: Run) -> None:
    if run.seed in (1, 3, 4):
        raise ValueError(f"no luck with {run.seed}")


def _kill(run: Run) -> None:
    if run.seed == 2:
        os.kill(os.getpid(), signal.SIGKILL)


def _exit(run: Run) -> None:
    if run.seed == 2:
        raise SystemExit(3)


def _by_seed(folder: Path) -> dict[int, Path]:
    return {read_record(run).config["seed"]: run for run in runs(folder)}


@pytest.mark.parametrize("launcher", ["stacks", "basic"])
def test_exceptions_cost_their_own_runs_and_all_are_listed(tmp_path: Path, launcher: str) -> None:
    with _failing(_raise):
        said = command(tmp_path, *FEW, f"hydra/launcher={launcher}")
    assert said.code == 1
    assert said.err.splitlines()[-1].startswith("error: 3 of 6 runs failed")
    assert "6 runs: 3 finished, 3 failed" in said.out
    folders = _by_seed(tmp_path)
    assert folders.keys() == set(range(6))
    for seed, folder in folders.items():
        outcome = read_record(folder).outcome
        assert (outcome.ending is Ending.failed) == (seed in (1, 3, 4))
        assert (f"failed: {folder.relative_to(tmp_path)}" in said.out) == (seed in (1, 3, 4))
        if seed in (1, 3, 4):
            message = outcome.message or ""
            assert message.startswith("Traceback")
            assert message.rstrip().endswith(f"ValueError: no luck with {seed}")
            assert message.rstrip() in (folder / "sweepscope.log").read_text()
            assert not (folder / "timeline.npz").exists()


@pytest.mark.parametrize(
    ("fail", "words"),
    [(_kill, "the worker was killed by SIGKILL"), (_exit, "the worker ended with exit code 3")],
    ids=["killed", "exited"],
)
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_worker_that_dies_costs_one_run(
    tmp_path: Path, fail: Callable[[Run], None], words: str, n_jobs: int
) -> None:
    for name in ("calm", "killed"):
        (tmp_path / name).mkdir()
    assert command(tmp_path / "calm", *FEW).code == 0
    with _failing(fail):
        said = command(tmp_path / "killed", *FEW, f"n_jobs={n_jobs}")
    assert said.code == 1
    assert "1 of 6 runs failed" in said.err
    folders = _by_seed(tmp_path / "killed")
    outcome = read_record(folders[2]).outcome
    assert (outcome.ending, outcome.message) == (Ending.failed, words)
    assert words in (folders[2] / "sweepscope.log").read_text()
    for seed, calm in _by_seed(tmp_path / "calm").items():
        if seed != 2:
            for name in ARRAYS:
                assert (folders[seed] / name).read_bytes() == (calm / name).read_bytes()


def test_fail_fast_stops_at_the_first_failure(tmp_path: Path) -> None:
    def fail(run: Run) -> None:
        raise ValueError("no luck")

    with _failing(fail):
        said = command(tmp_path, *FEW, "act=tanh,relu", "n_jobs=1", "fail_fast=true")
    assert said.code == 1
    assert sum(has_ended(run) for run in runs(tmp_path)) == 1
    assert "1 of 12 runs failed, 11 were not trained" in said.err


def test_a_failed_job_returns_its_failure(tmp_path: Path) -> None:
    with _failing(_raise):
        assert _spied(tmp_path, *SMALL, "seed=0,1").code == 1
    (_, good), (_, bad) = Spy.ended
    assert good.status is JobStatus.COMPLETED
    assert bad.status is JobStatus.FAILED
    with pytest.raises(Exception, match="no luck with 1"):
        _ = bad.return_value


def test_a_divergence_is_listed_with_exit_code_0_and_no_warning(tmp_path: Path) -> None:
    words = ("act=none,tanh", "lrA=30", "lrW=30", "T=6", "TT=6", "epochs=9")
    said = command(tmp_path, "-m", *words)
    assert said.code == 0
    assert "2 runs: 1 finished, 1 diverged" in said.out
    assert "diverged at epoch" in said.out
    assert "arning" not in said.out + said.err


def test_a_run_that_failed_is_trained_when_it_is_asked_for_again(tmp_path: Path) -> None:
    with _failing(_raise):
        assert command(tmp_path, *FEW).code == 1
    assert command(tmp_path, *FEW).code == 0
    assert {read_record(run).outcome.ending for run in runs(tmp_path)} == {Ending.finished}


def test_no_worker_outlives_the_sweep(tmp_path: Path) -> None:
    assert command(tmp_path, *FEW, "n_jobs=2").code == 0
    assert multiprocessing.active_children() == []


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for children")
def test_no_worker_outlives_a_parent_that_is_killed(tmp_path: Path) -> None:
    parent = shell(tmp_path, "-m", "study=s", "seed=range(0,6)", "epochs=1500", "n_jobs=2")
    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
    workers: list[str] = []
    while len(workers) < 2 and parent.poll() is None:
        workers = children.read_text().split()
    parent.kill()
    parent.wait(timeout=60)
    assert len(workers) == 2
    alive, end = set(workers), time.monotonic() + 8
    while alive and time.monotonic() < end:
        time.sleep(0.05)
        alive = {worker for worker in alive if _runs(worker)}
    for worker in alive:
        os.kill(int(worker), signal.SIGKILL)
    parent.communicate(timeout=60)
    assert not alive


def _runs(pid: str) -> bool:
    """Return whether a process runs this program still; its number may be another's by now."""
    try:
        return b"src.train" in Path("/proc", pid, "cmdline").read_bytes()
    except OSError:
        return False
