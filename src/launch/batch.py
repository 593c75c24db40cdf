"""Launching a batch of jobs as stacks: what `hydra/launcher=stacks` does.

Owns the step from Hydra's words to jobs and from records to Hydra's returns, callbacks included.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hydra.core.utils import JobReturn, JobStatus
from omegaconf import DictConfig, OmegaConf

from src.config.keys import executor_values
from src.errors import SweepscopeError
from src.execution.executors import Local, executor_of
from src.execution.job import Job
from src.execution.local import run_stacks
from src.execution.partition import partition
from src.execution.progress import display
from src.launch.composition import Composer
from src.launch.elsewhere import train_elsewhere
from src.run import Run
from src.storage.record import Record
from src.timeline import Ending

TASK_NAME = "sweepscope"


class RunFailed(SweepscopeError):
    """A run ended in an exception or by a signal; its folder has the traceback."""


def composer_of(launcher: Any) -> Composer:
    """Return the launcher's composer; the sweeper and the launcher use the same."""
    if not hasattr(launcher, "composer"):
        launcher.composer = Composer(launcher.hydra_context.config_loader, launcher.config)
    composer: Composer = launcher.composer
    return composer


def launch(
    launcher: Any, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
) -> list[JobReturn]:
    """Train jobs in worker processes and return one JobReturn each, in order.

    All jobs are composed and checked before the first one starts; equal ones are trained once.
    """
    composer = composer_of(launcher)
    jobs = [composer.job(words) for words in job_overrides]
    callbacks = _Callbacks(launcher, composer, jobs, initial_job_idx)
    callbacks.start()
    objective = launcher.config.objective
    different = list({job.run: job for job in jobs}.values())
    executor = executor_of(executor_values(launcher.config))
    if isinstance(executor, Local):
        records = train_all(Plan.of(different, launcher.config))
    else:
        records = train_elsewhere(different, composer.folder, executor, launcher.config)
    waited = isinstance(executor, Local) or executor.wait
    returns = [
        _return(composer, job, records.get(job.run), objective, callbacks.config(i), waited)
        for i, job in enumerate(jobs)
    ]
    callbacks.end(returns)
    return returns


@dataclass(frozen=True)
class Plan:
    """Jobs, all different, cut into stacks for so many workers."""

    stacks: list[list[Job]]
    workers: int
    fail_fast: bool
    image: tuple[int, int]

    @classmethod
    def of(cls, jobs: Sequence[Job], config: DictConfig) -> "Plan":
        """Make the plan that a composed config asks for."""
        by_run = {job.run: job for job in jobs}
        workers = min(config.n_jobs or available_cores(), len(jobs))
        H, V = jobs[0].run.dataset().images.shape[1:]
        runs = partition(list(by_run), workers, (H, V), config.stack_memory * 10**6)
        stacks = [[by_run[run] for run in stack] for stack in runs]
        return cls(stacks, workers, config.fail_fast, (H, V))

    @property
    def runs(self) -> list[list[Run]]:
        """The runs of the stacks."""
        return [[job.run for job in stack] for stack in self.stacks]


def train_all(plan: Plan) -> dict[Run, Record]:
    """Train a plan's jobs in worker processes and show how they get on.

    Returns
    -------
    The record of every run; where `fail_fast` ended it all at a failure, of those that had ended.
    """
    stack_of = {run: number for number, stack in enumerate(plan.runs) for run in stack}
    records = {}
    with display(plan.runs) as shown:
        for job, record in run_stacks(plan.stacks, plan.workers, shown.progress):
            records[job.run] = record
            shown.ended(stack_of[job.run], record)
            if plan.fail_fast and record.outcome.ending is Ending.failed:
                break
    return records


def available_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Callbacks:
    """Hydra's callbacks around each job; a config of its own is made for a job only if one asks."""

    def __init__(self, launcher: Any, composer: Composer, jobs: list[Job], first: int) -> None:
        self.launcher, self.composer, self.jobs, self.first = launcher, composer, jobs, first
        self.callbacks = launcher.hydra_context.callbacks
        self.wanted = bool(self.callbacks.callbacks)

    def config(self, i: int) -> DictConfig:
        """Return the whole config of job i, with its number."""
        composed = self.composer.composed([]).config
        if not self.wanted:
            return composed
        config = OmegaConf.create(composed, flags={"struct": False})
        config.hydra.job.num = self.first + i
        config.hydra.job.id = str(self.first + i)
        config.hydra.runtime.output_dir = str(self.jobs[i].folder.absolute())
        config.hydra.overrides.task = list(self.jobs[i].words)
        config.merge_with(self.composer.config(self.jobs[i].words))
        return config

    def start(self) -> None:
        for i in range(len(self.jobs) if self.wanted else 0):
            self.callbacks.on_job_start(
                config=self.config(i), task_function=self.launcher.task_function
            )

    def end(self, returns: list[JobReturn]) -> None:
        for i in range(len(self.jobs) if self.wanted else 0):
            self.callbacks.on_job_end(config=self.config(i), job_return=returns[i])


class Returned(JobReturn):
    """A JobReturn whose config is made when it is asked for: it costs a millisecond."""

    def __init__(self, job: Job, compose: Callable[[], DictConfig], hydra: DictConfig) -> None:
        self._compose = compose
        self._config: DictConfig | None = None
        folder = str(job.folder)
        super().__init__(list(job.words), hydra_cfg=hydra, working_dir=folder, task_name=TASK_NAME)

    @property
    def cfg(self) -> DictConfig | None:
        """The job's config, as Hydra hands it to a task."""
        if self._config is None:
            self._config = self._compose()
        return self._config

    @cfg.setter
    def cfg(self, config: DictConfig | None) -> None:
        self._config = config


def _return(
    composer: Composer,
    job: Job,
    record: Record | None,
    objective: str,
    hydra: DictConfig,
    waited: bool,
) -> JobReturn:
    returned = Returned(job, lambda: composer.config(job.words), hydra)
    if record is None and not waited:
        returned.status = JobStatus.UNKNOWN
        returned.return_value = float("nan")
    elif record is None:
        returned.status = JobStatus.FAILED
        returned.return_value = RunFailed(f"{job.folder} was not trained: another run failed first")
    elif record.outcome.ending is Ending.failed:
        returned.status = JobStatus.FAILED
        returned.return_value = RunFailed(f"{job.folder} failed: {record.outcome.reason}")
    else:
        returned.status = JobStatus.COMPLETED
        value = record.final[objective]
        returned.return_value = float("nan") if value is None else value
    return returned
