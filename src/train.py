"""The command line `python -m src.train`: Hydra composes configs, and run folders come out.

Owns the command line, its errors and exit codes. What a job does stands in `job.py`.
"""

import os
import signal
import sys
import traceback
from functools import partial
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: workers fork from one thread
if __name__ == "__main__":  # half a second of imports, in which Ctrl-C would be a traceback
    signal.signal(signal.SIGINT, lambda number, frame: os._exit(130))

from src.execution import commands

if __name__ == "__main__" and commands.is_one(sys.argv[1:], commands.OFTEN):
    sys.exit(commands.answer_without_hydra(sys.argv[1:]))

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException, MissingConfigException
from hydra.types import RunMode
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from src import launch  # noqa: F401  makes launcher and sweeper known to Hydra
from src.config.arguments import parse_flags
from src.config.build_run import CONF, plain, register, to_run
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
from src.launch.sweep import keep
from src.storage.provenance import version_line
from src.storage.record import Record
from src.storage.study import study_folder
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
        print(f"experiment {name} spans a grid: -m trains all of it", file=sys.stderr)
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
    folder = Path(os.path.relpath(hydras.runtime.output_dir))
    return build_job(run, values, hydras.runtime.choices, hydras.overrides.task, folder)


def main() -> None:
    """Run the command line; a user's mistake is one sentence and exit code 1."""
    traceback_wanted = os.environ.get("HYDRA_FULL_ERROR") == "1"
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra raises its errors then, and we word them
    try:
        register()
        if commands.is_one(sys.argv[1:]):
            sys.exit(commands.answer(sys.argv[1:]))
        if "--version" in sys.argv[1:]:
            print(version_line())
            sys.exit(0)
        arguments = parse_flags()
        folders = [CONF] + ([Path(arguments.config_dir)] if arguments.config_dir else [])
        check_what_is_read()
        check_modes(parse(arguments.overrides, folders), arguments.multirun)
        hydra.main(version_base="1.3", config_path=str(CONF), config_name="config")(task)()
    except (SweepscopeError, HydraException, OmegaConfBaseException) as error:
        if traceback_wanted:
            raise
        sys.exit(f"error: {sentence(error)}")
    except BrokenPipeError:  # of `| head`
        sys.stderr = None  # nobody is there to be told
        sys.exit(1)
    except OSError as error:  # a full disk, a quota, a folder that cannot be written
        if traceback_wanted:
            raise
        sys.exit(
            f"error: {error.filename or 'the study'} cannot be used: {error.strerror or error}"
        )
    except Exception as error:
        if traceback_wanted or not _is_hydras(error):
            raise
        sys.exit(f"error: Hydra cannot use the command line: {sentence(error) or repr(error)}")
    except KeyboardInterrupt as interrupted:
        if Interruption.ends_process:
            end_within_seconds()
        print(f"interrupted: {str(interrupted) or 'at once'}", file=sys.stderr)
        sys.exit(EXIT_CODE)


def _is_hydras(error: BaseException) -> bool:
    """Return whether Hydra or OmegaConf raised an error, which nobody has worded for a user."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    packages = {str(frame.f_globals.get("__name__")).partition(".")[0] for frame in frames[-3:]}
    return bool(packages & {"hydra", "omegaconf"})


def sentence(error: BaseException) -> str:
    """Return the one clear sentence in an error, however deeply Hydra has wrapped it."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, SweepscopeError):
            return str(inner)
        if isinstance(inner, MissingConfigException) and inner.options:
            group, _, choice = str(inner.missing_cfg_file).rpartition("/")
            return str(ConfigError.one_of(group, inner.options, choice))
        inner = inner.__cause__ or inner.__context__
    return " ".join(str(error).split())


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
