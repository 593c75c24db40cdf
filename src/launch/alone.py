"""A single run, from its study's lock to its last line: what `python -m src.train` does.

Owns what one run and a sweep have in common for the person who waits: progress, reuse of what the
study has, Ctrl-C, the last words. A job of a sweeper that is not ours is a single run too: nobody
holds the study for it.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from hydra.conf import HydraConf
from hydra.types import RunMode
from omegaconf import DictConfig

from src.execution.interruption import Interrupted, Interruption
from src.execution.job import Job, Watch
from src.execution.progress import display
from src.execution.worker import Progress
from src.launch.history import recorded
from src.launch.summary import command, summary
from src.launch.sweep import missing, say_preflight
from src.storage.record import Record
from src.storage.run_folder import begin
from src.storage.store import begin_again, read_record
from src.storage.study import Homes, locked
from src.terminal import show

Train = Callable[[Job, Watch], Record]

SWEEPERS_CONFIG = "multirun.yaml"
"""What Hydra's own sweeper writes into a study before its first job."""

GRID = "hydra_plugins.sweepscope.grid.GridSweeper"


def is_of_grid(hydra: HydraConf) -> bool:
    """Return whether a job is one of the sweeper `grid`, which holds the study for all of them."""
    return hydra.mode is RunMode.MULTIRUN and hydra.sweeper["_target_"] == GRID


def say_what_it_would_cost(job: Job, config: DictConfig) -> None:
    """Answer `dry_run=true`, and leave nothing behind."""
    say_preflight(1, [job], missing([job], None, config.force), config)
    study = job.folder.parent
    with suppress(OSError):  # Hydra has made what is now empty; what is not was there before
        job.folder.rmdir()
        if [path.name for path in study.iterdir()] == [SWEEPERS_CONFIG]:
            (study / SWEEPERS_CONFIG).unlink()
        for folder in (study, study.parent):
            folder.rmdir()


def run_alone(
    job: Job, study: Path, train: Train, force: bool, keep: Callable[[Path], None], many: bool
) -> Record:
    """Train one run in this process, unless its study has it.

    Parameters
    ----------
    job
        The run.
    study
        The folder of its study.
    train
        Trains it, and fills its folder.
    force
        Whether to train again what the study has.
    keep
        Puts into the study's folder what analysis needs beside its runs.
    many
        Whether a sweeper has more runs to come, which a signal is to stop.

    Raises
    ------
    Interrupted
        A signal asked to stop; a checkpoint is kept.
    """
    with locked(study, fresh=False), Interruption() as interruption:
        job = _settled(job, study)
        todo = missing([job], study, force)
        (begin_again if force else begin)(job.folder)
        keep(study)
        with recorded(study, job.words, [job], todo) as records:
            if todo:
                _show(job, train, interruption, study)
        record = records.get(job.id) or read_record(job.folder)
    show(summary([(job, record)], 0, 1 - len(todo), study))
    if interruption.requested and many:
        raise Interrupted(f"the run is done; {command(study)}")
    return record


def _show(job: Job, train: Train, interruption: Interruption, study: Path) -> None:
    """Train a run and show how it gets on."""
    with display([[job.run]]) as shown:

        def watch(epoch: int, alive: int) -> bool:
            shown.progress(Progress(0, epoch, epoch * job.run.T))
            return interruption.requested

        try:
            shown.ended(0, train(job, watch))
        except Interrupted:
            raise Interrupted(f"the run is kept; {command(study)}") from None


def _settled(job: Job, study: Path) -> Job:
    """Look again where the run lies: another sweep may have trained it, or cut the study."""
    folder = Homes(study)[job.run.folder_name()]
    if folder != job.folder:
        with suppress(OSError):
            job.folder.rmdir()  # Hydra has made it, and it is empty
    return replace(job, folder=folder)
