"""Chunks: what is written is read again, and a task leaves the bytes of a sweep, however often."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.errors import ConfigError, StoreError
from src.execution.batches import Batch, Fate, after_death, batches, only, write_batch
from src.execution.chunk import Chunk, read_chunk, write_chunk
from src.execution.commands import answer_without_hydra
from src.execution.cutting import cut
from src.execution.executors import Slurm, executor_of
from src.execution.job import Job
from src.execution.task import train_chunk
from src.run import Run
from src.storage import provenance as provenances
from src.storage.store import read_record
from tests.support.strategies import make_run
from tests.test_resume import differing, results
from tests.test_train import command

GRID = ("-m", "study=s", "act=tanh,relu", "seed=range(0,3)", "L=1", "I=20", "J=20", "T=6", "TT=6")
GRID += ("epochs=3",)
SLURM = {
    **dict.fromkeys(("partition", "account", "time", "memory", "sbatch", "throttle")),
    "name": "slurm",
    "cpus": 1,
    "chunk_seconds": 600.0,
    "signal_seconds": 120,
    "poll_seconds": 5.0,
    "wait": True,
}


def job(study: Path, seed: int) -> Job:
    """Return a job of a study."""
    run = make_run(seed=seed, T=6, TT=6, epochs=2)
    words, config = (f"seed={seed}", "epochs=2"), f'act: "tanh"\nseed: {seed}\n'
    digest = run.dataset().digest
    return Job(run, digest, run.id(), study / run.folder_name(), (("act", "tanh"),), words, config)


def chunk_of(study: Path, sizes: list[int]) -> Chunk:
    """Return a chunk with stacks of so many jobs."""
    seeds = iter(range(sum(sizes)))
    stacks = [[job(study, next(seeds)) for _ in range(size)] for size in sizes]
    return Chunk(stacks, [float(size) for size in sizes], 2, 1)


@pytest.fixture
def planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Return a study that was trained here, and the file of a chunk of all its runs elsewhere."""
    assert command(tmp_path, *GRID).code == 0
    trained = tmp_path / "multirun_outputs" / "s"
    elsewhere = tmp_path / "elsewhere" / "multirun_outputs" / "s"
    jobs = []
    for run in sorted(path for path in trained.iterdir() if (path / "run.json").exists()):
        record = read_record(run)
        made = Run.of_record(record.config)
        text = (run / ".hydra" / "config.yaml").read_text()
        words = tuple(json.loads(line[2:]) for line in _lines(run / ".hydra" / "overrides.yaml"))
        choices = tuple(record.choices.items())
        folder = elsewhere / run.name
        jobs.append(Job(made, record.data_digest, record.id, folder, choices, words, text))
    stacks = [jobs[:3], jobs[3:]]
    batch = write_batch(elsewhere, [Chunk(stacks, [1.0, 1.0])])
    return trained, batch.folder / "00000.json"


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


# --- files


@given(st.lists(st.integers(1, 3), min_size=1, max_size=4))
def test_a_chunk_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int]
) -> None:
    study = tmp_path_factory.mktemp("study")
    path = study / ".chunks" / "batch" / "00000.json"
    path.parent.mkdir(parents=True)
    chunk = chunk_of(study, sizes)
    write_chunk(path, chunk, study)
    assert read_chunk(path) == chunk


def test_words_and_configs_of_other_lengths_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / ".chunks" / "batch" / "00000.json"
    path.parent.mkdir(parents=True)
    one, two, three = (job(tmp_path, seed) for seed in range(3))
    two = replace(two, words=("lr=fast", *two.words), config="act: 1\n" * 5)
    three = replace(three, choices=(("act", "relu"),), digest="other")
    chunk = Chunk([[one], [two, three]], [1.0, 2.5])
    write_chunk(path, chunk, tmp_path)
    assert read_chunk(path) == chunk


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"folder": "../elsewhere"}, "is not a folder of the study"),
        ({"folder": "/etc"}, "is not a folder of the study"),
        ({"folder": "other-0123456789abcdef"}, "is not the folder of the run"),
        ({"record": {"act": "nobodys"}}, "nobodys"),
        ({"config": {"7": "x"}}, "index"),
    ],
)
def test_a_chunk_that_is_not_one_is_refused(
    tmp_path: Path, change: dict[str, object], said: str
) -> None:
    path = tmp_path / ".chunks" / "batch" / "00000.json"
    path.parent.mkdir(parents=True)
    write_chunk(path, chunk_of(tmp_path, [2]), tmp_path)
    content = json.loads(path.read_text())
    content["stacks"][0]["jobs"][1] |= change
    path.write_text(json.dumps(content))
    with pytest.raises(StoreError, match=said) as error:
        read_chunk(path)
    assert str(path) in str(error.value)


# --- a task


def test_a_task_leaves_the_files_of_the_sweep_byte_for_byte_and_does_nothing_twice(
    planned: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    trained, path = planned
    assert answer_without_hydra(["--chunk", str(path)]) == 0
    ours = path.parents[4]
    assert differing(results(ours), results(trained.parents[1])) == []
    for run in ours.glob("multirun_outputs/s/*-*"):
        for name in ("config.yaml", "overrides.yaml"):
            mine, theirs = run / ".hydra" / name, trained / run.name / ".hydra" / name
            assert mine.read_bytes() == theirs.read_bytes()
    before = {file: file.stat().st_mtime_ns for file in ours.rglob("*/run.json")}
    (gone, *_) = before
    shutil.rmtree(gone.parent)
    assert answer_without_hydra(["--chunk", str(path)]) == 0
    assert differing(results(ours), results(trained.parents[1])) == []
    after = {file: file.stat().st_mtime_ns for file in before}
    assert [file for file in before if after[file] != before[file]] == [gone]
    assert capsys.readouterr().err == ""


def test_a_task_refuses_other_code_than_its_chunk_was_planned_with(
    planned: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, path = planned
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "commit": "0" * 40}))
    assert answer_without_hydra(["--chunk", str(path)]) == 1
    assert "was planned at commit 0000" in capsys.readouterr().err
    path.write_text(json.dumps(content))
    monkeypatch.setattr("src.run.run.ENGINE_VERSION", 10**6)
    with pytest.raises(StoreError, match="another engine or other digits"):
        train_chunk(path)
    assert provenances.provenance()["commit"] == content["commit"]


def test_a_chunk_that_is_missing_is_a_sentence(tmp_path: Path) -> None:
    said = command(tmp_path, "--chunk", "nobodys.json")
    assert said.code == 1
    assert "nobodys.json is missing" in said.err
    said = command(tmp_path, "--chunk", "a.json", "act=tanh")
    assert said.code == 1
    assert "--chunk must stand alone with the file of a chunk: --chunk FILE" in said.err


# --- cutting and splitting


@given(st.lists(st.integers(1, 5), min_size=1, max_size=5))
def test_halves_hold_every_job_once_and_differ_by_one_at_most(sizes: list[int]) -> None:
    chunk = chunk_of(Path("s"), sizes)
    one, two = chunk.halves() if len(chunk.jobs) > 1 else (chunk, Chunk([], []))
    assert one.jobs + two.jobs == chunk.jobs
    assert len(one.jobs) - len(two.jobs) in (0, 1)
    assert sum(one.seconds + two.seconds) == pytest.approx(sum(chunk.seconds))


def test_the_one_run_that_kills_its_tasks_is_found_and_all_others_are_trained() -> None:
    chunk = replace(chunk_of(Path("s"), [64, 64, 72]), deaths=0)
    poison = chunk.jobs[77]
    trained, named, queue, tries = [], [], [chunk], 0
    while queue:
        tries += 1
        task = queue.pop()
        if poison not in task.jobs:
            trained += task.jobs
        elif not (after := after_death(task)):
            named += task.jobs
        queue += after if poison in task.jobs else []
    assert named == [poison]
    assert {each.id for each in trained} == {each.id for each in chunk.jobs} - {poison.id}
    assert tries < 20


def test_only_keeps_stacks_and_costs_of_what_is_wanted() -> None:
    chunk = chunk_of(Path("s"), [2, 1, 2])
    kept = only(chunk, [chunk.jobs[0].id, chunk.jobs[4].id])
    assert kept is not None
    assert kept.stacks == [[chunk.jobs[0]], [chunk.jobs[4]]]
    assert kept.seconds == [2.0, 2.0]
    assert only(chunk, []) is None


@pytest.mark.parametrize(("seconds", "tasks"), [(1e-9, 12), (1e9, 1)])
def test_chunks_hold_every_job_once(seconds: float, tasks: int) -> None:
    jobs = [job(Path("s"), seed) for seed in range(12)]
    chunks = cut(jobs, 10**9, seconds, 1)
    assert len(chunks) == tasks
    assert sorted(each.id for chunk in chunks for each in chunk.jobs) == sorted(j.id for j in jobs)


# --- what became of tasks


@pytest.mark.parametrize(
    ("files", "word", "fate"),
    [
        ([], None, Fate.stopped),
        ([], "PENDING", Fate.waiting),
        ([".state.json"], "RUNNING", Fate.running),
        ([".state.json"], "COMPLETING", Fate.running),
        ([".state.json"], None, Fate.killed),
        ([".state.json", ".stopped"], None, Fate.stopped),
        ([".state.json", ".stopped"], "PENDING", Fate.waiting),
        ([".state.json", ".done"], "RUNNING", Fate.done),
        ([".state.json", ".done"], None, Fate.done),
    ],
)
def test_what_became_of_a_task_is_told_by_its_files_and_the_queue(
    tmp_path: Path, files: list[str], word: str | None, fate: Fate
) -> None:
    batch = write_batch(tmp_path, [chunk_of(tmp_path, [1])])
    for suffix in files:
        (batch.folder / f"00000{suffix}").write_text("{}")
    states = {} if word is None else {(batch.name, 0): word}
    (task,) = batch.tasks(states)
    assert task.fate is fate
    (silent,) = batch.tasks(None)
    assert silent.fate is (Fate.done if ".done" in files else Fate.unknown)


def test_batches_come_in_the_order_of_their_submission_and_closed_ones_on_demand(
    tmp_path: Path,
) -> None:
    made = [write_batch(tmp_path, [chunk_of(tmp_path, [1])]) for _ in range(3)]
    assert batches(tmp_path) == made
    made[1].close()
    assert batches(tmp_path) == [made[0], made[2]]
    assert batches(tmp_path, closed=True) == made
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / ".chunks").symlink_to(tmp_path)
    with pytest.raises(StoreError, match="must be a folder of the study, and is a link"):
        batches(tmp_path / "other")
    assert isinstance(made[0], Batch)


# --- the executor's keys


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["executor=sulrm"],
            "one of local, slurm, got 'sulrm' (did you mean 'slurm'?)",
        ),
        (["executor=slurm", "executor.cpus=a"], "executor.cpus must be a whole number, got 'a'"),
        (["executor=slurm", "executor.cpu=3"], "executor.cpu is not a key of executor=slurm"),
        (["executor.cpus=3"], "executor.cpus is not a key of executor=local"),
        (["executor=slurm,local"], "executor must be one value for the whole sweep"),
        (["executor=slurm", "executor.cpus=1,2"], "executor.cpus must be one value for the whole"),
        (["executor=slurm", "executor.sbatch.qos=a"], "part of executor.sbatch={option: value}"),
        (["executor=slurm", "executor.cpus=0"], "executor.cpus must be 1 or more, got 0"),
        (["executor=slurm", "executor.poll_seconds=0"], "must be more than 0 seconds, got 0.0"),
        (["executor=slurm", "executor.sbatch={mem: 3}"], "left out: it is executor.memory, got 3"),
        (["executor=slurm", "executor.sbatch={Mem: 3}"], "the long name of an option of sbatch"),
        (["executor=slurm", "executor.sbatch={qos: [3]}"], "a value, or true for an option"),
        (
            ["executor=slurm", "hydra/launcher=basic"],
            "must be local with another launcher",
        ),
        (["executor=slurm", "hydra/sweeper=basic"], "executor must be local, unless a sweep"),
    ],
)
def test_a_slip_in_the_executors_keys_is_one_sentence(
    tmp_path: Path, words: list[str], said: str
) -> None:
    answer = command(tmp_path, *GRID, *words)
    assert answer.code == 1
    assert said in answer.err.splitlines()[-1]
    assert "Traceback" not in answer.err


def test_a_single_run_takes_no_executor(tmp_path: Path) -> None:
    said = command(tmp_path, "executor=slurm")
    assert said.code == 1
    assert said.err == (
        "error: executor must be local for a single run (-m sweeps over several), got 'slurm'\n"
    )


def test_the_options_of_sbatch_are_those_that_the_user_chose() -> None:
    values = SLURM | {"time": "30", "memory": "2G", "cpus": 4}
    values |= {"sbatch": {"qos": "low", "exclusive": True, "contiguous": False}}
    executor = executor_of(values)
    assert isinstance(executor, Slurm)
    assert executor.options == [
        *("--time=30", "--mem=2G", "--cpus-per-task=4", "--qos=low", "--exclusive")
    ]
    with pytest.raises(ConfigError, match=r"cpu is not a key .* \(did you mean 'cpus'\?\)"):
        executor_of(values | {"cpu": 3})
    with pytest.raises(ConfigError, match="executor must be one of local, slurm, got None"):
        executor_of({})
    with pytest.raises(ConfigError, match=r"executor\.wait must be given"):
        executor_of({key: value for key, value in values.items() if key != "wait"})


def test_without_slurm_a_sweep_says_so_and_leaves_no_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = subprocess.run

    def absent(words: list[str], *args: object, **kwargs: object) -> object:
        if words[0] in ("sbatch", "squeue", "scontrol", "scancel"):
            raise FileNotFoundError(words[0])
        return real(words, *args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "run", absent)
    said = command(tmp_path, *GRID, "executor=slurm")
    assert said.code == 1
    assert "sbatch has not taken the tasks of" in said.err
    assert "it is not installed here, or does not answer" in said.err
    status = command(tmp_path, "--status", "s")
    assert status.code == 0
    assert "6 runs: 6 unknown" in status.out
    assert "SLURM does not answer" in status.out
    assert command(tmp_path, "--status", "nobodys").err.startswith("error: nobodys is not a study")
