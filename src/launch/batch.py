"""Launching a batch of jobs as stacks: what `hydra/launcher=stacks` does.

Owns the step from Hydra's words to jobs and from records to Hydra's returns, callbacks included.
"""

import os
from collections.abc import Sequence
from typing import Any

from hydra.core.utils import JobReturn, JobStatus
from omegaconf import DictConfig, OmegaConf

from src.config import dataset_of
from src.errors import SweepscopeError
from src.launch.composition import Composer
from src.launch.habits import write_log
from src.launch.progress import display
from src.launch.workers import run_stacks
from src.partition import partition
from src.run import Run
from src.store import Record
from src.task import Job
from src.timeline import Ending


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
    hydras = _Callbacks(launcher, composer, jobs, initial_job_idx)
    hydras.start()
    records = train_all(list({job.run: job for job in jobs}.values()), launcher.config.n_jobs)
    returns = [
        _return(composer, job, records[job.run], hydras.config(i)) for i, job in enumerate(jobs)
    ]
    hydras.end(returns)
    return returns


def train_all(jobs: Sequence[Job], n_jobs: int | None) -> dict[Run, Record]:
    """Train jobs, all different, as stacks in worker processes, and show how they get on."""
    workers = n_jobs or available_cores()
    by_run = {job.run: job for job in jobs}
    image = dataset_of(jobs[0].run).images.shape[1:]
    stacks = partition(list(by_run), workers, (image[0], image[1]))
    records = {}
    with display(stacks) as shown:
        work = [[by_run[run] for run in stack] for stack in stacks]
        for job, record in run_stacks(work, workers, shown.progress):
            write_log(job, record)
            records[job.run] = record
            shown.ended(record)
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
        _, composed = self.composer.config(self.jobs[i].words)
        if not self.wanted:
            return composed
        config = OmegaConf.create(composed, flags={"struct": False})
        config.hydra.job.num = self.first + i
        config.hydra.job.id = str(self.first + i)
        config.hydra.runtime.output_dir = str(self.jobs[i].folder.absolute())
        config.merge_with(self.composer.config(self.jobs[i].words)[0])
        return config

    def start(self) -> None:
        for i in range(len(self.jobs) if self.wanted else 0):
            self.callbacks.on_job_start(
                config=self.config(i), task_function=self.launcher.task_function
            )

    def end(self, returns: list[JobReturn]) -> None:
        for i in range(len(self.jobs) if self.wanted else 0):
            self.callbacks.on_job_end(config=self.config(i), job_return=returns[i])


def _return(composer: Composer, job: Job, record: Record, hydra: DictConfig) -> JobReturn:
    config, _ = composer.config(job.words)
    returned = JobReturn(
        overrides=list(job.words),
        cfg=config,
        hydra_cfg=hydra,
        working_dir=str(job.folder),
        task_name="sweepscope",
    )
    if record.outcome.ending is Ending.failed:
        returned.status = JobStatus.FAILED
        message = (record.outcome.message or "").strip().splitlines()[-1:]
        returned.return_value = RunFailed(f"{job.folder} failed: {''.join(message)}")
    else:
        returned.status = JobStatus.COMPLETED
        value = record.final[config.objective]
        returned.return_value = float("nan") if value is None else value
    return returned
