"""The command line `python -m src.train`: Hydra composes configs, and run folders come out.

Owns the command line, its errors and exit codes. What a job does stands in `job.py`.
"""

import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import NoReturn

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: workers fork from one thread
if __name__ == "__main__":  # half a second of imports, in which Ctrl-C would be a traceback
    signal.signal(signal.SIGINT, lambda number, frame: os._exit(130))

from src.execution import commands

if __name__ == "__main__" and commands.is_one(sys.argv[1:], commands.OFTEN):
    sys.exit(commands.answer_without_hydra(sys.argv[1:]))

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from src import launch  # noqa: F401  makes launcher and sweeper known to Hydra
from src.completion import script
from src.config import CONF
from src.config.arguments import parse_flags, shell_from, take_results
from src.config.build_run import plain, register, to_run
from src.config.grid import by_experiment
from src.config.hydra_errors import is_hydras, sentence
from src.config.keys import executor_values
from src.config.overrides import check_modes, parse
from src.config.sources import check_what_is_read
from src.errors import ConfigError, SweepscopeError
from src.execution.executors import executor_of
from src.execution.interruption import (
    EXIT_CODE,
    Interrupted,
    Interruption,
    end_within_seconds,
    interrupt_once,
)
from src.execution.job import Job, Watch, describe, end_without_result, run_jobs
from src.launch.alone import is_of_grid, run_alone, say_what_it_would_cost
from src.launch.batch import RunFailed
from src.launch.composition import build_job
from src.launch.sweep import SweepFailed, keep
from src.storage.provenance import version_line
from src.storage.record import Record
from src.storage.study_name import named_anew, results, study_folder
from src.terminal import prepare, say, show
from src.timeline import Ending


def task(config: DictConfig) -> float:
    """Train the run that a composed config describes; what Hydra calls for a single job.

    Returns
    -------
    The final value of the curve that `objective` names, NaN for a run that diverged.
    """
    job, hydras = _job(config), HydraConfig.get()
    name = hydras.runtime.choices.get("experiment")
    if name and hydras.mode is RunMode.RUN and hydras.sweeper.params:
        say(f"experiment {name} spans a grid: -m trains all of it")
    if (executor := executor_of(executor_values(config))).name != "local":
        rule = "local, unless a sweep (-m) of the sweeper grid asks for another"
        if not is_of_grid(hydras):
            raise ConfigError.of("executor", rule, executor.name)
    if config.dry_run:
        say_what_it_would_cost(job, config)
        return float("nan")
    if is_of_grid(hydras):
        record = _one_of_many(job)
    else:
        card = plain(config)["card"]
        kept = partial(keep, run=job.run, experiment=str(name), card=card)
        many = hydras.mode is RunMode.MULTIRUN
        record = run_alone(
            job, Path(study_folder(config.study)), _recorded, config.force, kept, many
        )
    value = record.final[config.objective]
    return float("nan") if value is None else value


task.stacked = True  # type: ignore[attr-defined]  # the launcher `stacks` may train its jobs together


def _one_of_many(job: Job) -> Record:
    """Train a job of a grid in a process of the launcher's, which stops if its parent is killed."""
    parent = os.getppid()
    with Interruption() as interruption:
        record = _recorded(
            job, lambda epoch, alive: interruption.requested or os.getppid() != parent
        )
    if interruption.requested:  # after its last epoch: the next job is not to begin
        raise Interrupted
    return record


def _recorded(job: Job, watch: Watch) -> Record:
    """Train one job; if it fails, its folder says so."""
    try:
        ((_, record),) = run_jobs([job], watch)
    except SweepscopeError as error:
        end_without_result(job, Ending.failed, str(error))
        raise
    except Exception as error:
        record = end_without_result(job, Ending.failed, describe(error))
        raise RunFailed(f"{job.folder} failed: {record.outcome.reason}") from error
    if record.outcome.ending is Ending.failed:  # its folder cannot say so
        raise RunFailed(f"{job.folder} failed: {record.outcome.reason}")
    return record


def _job(config: DictConfig) -> Job:
    hydras, values = HydraConfig.get(), plain(config)
    run = to_run(values)
    folder = Path(hydras.runtime.output_dir)
    folder = folder if results().is_absolute() else Path(os.path.relpath(folder))
    return build_job(run, values, hydras.runtime.choices, hydras.overrides.task, folder)


def main() -> None:
    """Run the command line; a user's mistake is one sentence and exit code 1."""
    traceback_wanted = os.environ.get("HYDRA_FULL_ERROR") == "1"
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra raises its errors then, and we word them
    prepare()
    try:
        register()
        take_results(sys.argv)
        if commands.is_one(sys.argv[1:]):
            sys.exit(commands.answer(sys.argv[1:]))
        if (shell := shell_from(sys.argv[1:])) is not None:
            show(script(shell, "sweepscope", "src.config.completion"))
            sys.exit(0)
        if "--version" in sys.argv[1:]:
            show(version_line())
            sys.exit(0)
        arguments = parse_flags()
        folders = [CONF] + ([Path(arguments.config_dir)] if arguments.config_dir else [])
        check_what_is_read()
        overrides = parse(arguments.overrides, folders)
        check_modes(overrides, arguments.multirun)
        _train_each(by_experiment(sys.argv[1:], overrides, folders))
    except (SweepscopeError, HydraException, OmegaConfBaseException) as error:
        if traceback_wanted:
            raise
        _end(sentence(error))
    except OSError as error:  # a full disk, a quota, a folder that cannot be written
        if traceback_wanted:
            raise
        _end(f"{error.filename or 'the study'} cannot be used: {error.strerror or error}")
    except Exception as error:
        if traceback_wanted or not is_hydras(error):
            raise
        _end(f"Hydra cannot use the command line: {sentence(error) or repr(error)}")
    except KeyboardInterrupt as interrupted:
        if Interruption.ends_process:
            end_within_seconds()
        say(f"interrupted: {str(interrupted) or 'at once'}")
        sys.exit(EXIT_CODE)


def _train_each(commands: list[list[str]]) -> None:
    """Train by several commands, one after the other; runs that fail stop none of the others."""
    failed: list[SweepFailed] = []
    run = hydra.main(version_base="1.3", config_path=str(CONF), config_name="config")(task)
    for words in commands:
        sys.argv[1:] = words
        with named_anew():
            try:
                run()
            except SweepFailed as error:
                failed.append(error)
    if failed:
        raise SweepFailed("; ".join(map(str, failed)))


def _end(said: str) -> NoReturn:
    say(f"error: {said}")
    sys.exit(1)


def command_line() -> None:
    """Run the command line as a process of its own, which no signal disturbs once it is done."""
    signal.signal(signal.SIGINT, interrupt_once)
    Interruption.ends_process = True
    try:
        main()
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


if __name__ == "__main__":
    command_line()
