"""A grid, from the first word to the last line: what `hydra/sweeper=grid` does.

Owns the expansion of the grid, its checks, which of its runs the study has already, and what is
said before and after.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.types import Override, Transformer
from hydra.core.utils import JobReturn, JobStatus

from src.config.grid import grid_size, values
from src.config.keys import KEYS, RUN_KEYS, executor_values
from src.config.overrides import parse
from src.data.datasets import class_means
from src.errors import ConfigError, SweepscopeError
from src.execution.cutting import cost_of
from src.execution.estimate import estimate
from src.execution.executors import Local, executor_of
from src.execution.interruption import Interrupted
from src.execution.job import Job
from src.launch.batch import Plan, RunFailed, composer_of
from src.launch.elsewhere import busy_runs, cut_as
from src.launch.history import recorded
from src.launch.summary import Ended, command, counted, summary
from src.run import Run
from src.storage.record import Record
from src.storage.run_folder import CHECKPOINT, begin, clean, has_result, is_done, misfit
from src.storage.store import begin_again, damage, read_record
from src.storage.study import locked, set_aside
from src.storage.study_files import write_card, write_class_means
from src.terminal import say, show
from src.timeline import DONE, Ending


class SweepFailed(SweepscopeError):
    """Some runs of a sweep ended in an exception or by a signal."""


def sweep(sweeper: Any, arguments: Sequence[str]) -> list[Sequence[JobReturn]]:
    """Run the grid that the experiment's `params` and the command line's words span.

    Raises
    ------
    ConfigError
        A word cannot be meant, or a run breaks a rule; nothing has been trained or written.
    SweepFailed
        Some runs failed; all others are done.
    Interrupted
        A signal asked to stop; every run has ended or has its checkpoint.
    """
    config = sweeper.config
    words = [f"{key}={value}" for key, value in sweeper.params.items()] + list(arguments)
    folders = _config_folders(sweeper.hydra_context.config_loader)
    grid = {o.get_key_element(): o for o in parse(words, folders)}  # the last of a key counts
    for key, override in grid.items():
        if override.is_sweep_override() and key in KEYS and key not in RUN_KEYS:
            raise ConfigError.of(key, "one value for the whole sweep", override.input_line)
    size = grid_size(grid.values(), folders)
    if size > config.most_runs:
        raise ConfigError.of("most_runs", f"{size:,} or more for this grid", config.most_runs)
    composer = composer_of(sweeper.launcher)
    executor = executor_of(executor_values(config))
    if not isinstance(executor, Local) and not hasattr(sweeper.launcher, "stacked"):
        raise ConfigError.of("executor", "local with another launcher of Hydra's", executor.name)
    asked_of_runs = [o for o in grid.values() if not _is_executors(o)]
    jobs = distinct(composer.job(words) for words in expand(asked_of_runs, folders))
    if not jobs:
        raise ConfigError("the grid has no run: one of its ranges is empty")
    if config.dry_run:
        say_preflight(size, jobs, missing(jobs, None, config.force), config)
        return []
    study = composer.folder
    with locked(study, fresh=config.study is None):
        jobs = composer.settle(jobs)
        busy = set() if isinstance(executor, Local) else busy_runs(study, executor)
        begun = missing([job for job in jobs if job.id not in busy], study, config.force)
        fresh = {job.id for job in begun}
        todo = [j for j in jobs if j.id in fresh or (j.id in busy and not is_done(j.folder))]
        for parent in {job.folder.parent for job in todo}:
            parent.mkdir(exist_ok=True)  # any launcher finds the study cut, if it is
        for job in begun:
            with suppress(PermissionError):  # it will cost this run, and no other
                (begin_again if config.force else begin)(job.folder)
        say_preflight(size, jobs, begun, config, len(todo) - len(begun))
        values, choices = composer.values(jobs[0].words)
        keep(study, jobs[0].run, choices["experiment"], values["card"])
        with recorded(study, words, jobs, todo) as records:
            try:
                returns = sweeper.launcher.launch([job.words for job in todo], 0) if todo else []
            except KeyboardInterrupt:
                raise Interrupted(_to_go_on(jobs, study)) from None
    asked = {job.id for job in todo}
    records |= {job.id: read_record(job.folder) for job in jobs if job.id not in asked}
    ended = [(job, records[job.id]) for job in jobs if job.id in records]
    if todo and not (isinstance(executor, Local) or executor.wait):
        rest = counted(len(todo), "run")
        show(f"{rest} with {executor.name}: python -m src.train --status {study.name}")
    if ended:
        show(summary(ended, size - len(jobs), len(jobs) - len(todo), study))
    _raise_failures(len(jobs), ended)
    _raise_unwritten(todo, returns, records)
    return [returns]


def keep(study: Path, run: Run, experiment: str, card: Mapping[str, Any] | None) -> None:
    """Put into a study what analysis needs of the experiment and of the digits."""
    if card is not None:
        write_card(study, experiment, card)
    write_class_means(study, *class_means(run.dataset()))


def missing(jobs: Sequence[Job], study: Path | None, force: bool) -> list[Job]:
    """Return the jobs that are not done; damaged ones are set aside in their study."""
    todo = []
    for job in jobs:
        if (odd := misfit(job.folder)) and study:
            place = set_aside(study, job.folder)
            say(f"warning: {odd}; set aside as {place}")
        wrong = damage(job.folder, job.id) if has_result(job.folder) else None
        if wrong is None and is_done(job.folder) and not force:
            if study:
                clean(job.folder)
            continue
        if wrong is not None:
            aside = f"; set aside as {set_aside(study, job.folder)}" if study else ""
            say(f"warning: {wrong}{aside}, will be trained again")
        todo.append(job)
    return todo


def expand(overrides: Iterable[Override], folders: Sequence[Path]) -> Iterator[list[str]]:
    """Yield the words of every job of the grid, the last key varying fastest."""
    axes = [
        [f"{o.get_key_element()}={Transformer.str(value)}" for value in values(o, folders)]
        for o in overrides
    ]
    yield from map(list, itertools.product(*axes))


def distinct(jobs: Iterable[Job]) -> list[Job]:
    """Return the jobs without those that would repeat another's run: 0.1 and 1e-1 are one."""
    first: dict[str, Job] = {}
    for job in jobs:
        first.setdefault(job.id, job)
    return list(first.values())


def _config_folders(loader: ConfigLoader) -> list[Path]:
    sources = (source for source in loader.get_sources() if source.scheme() == "file")
    return [Path(source.path) for source in sources]


def _is_executors(override: Override) -> bool:
    """Return whether a word says who executes the runs, which is no part of any run."""
    return str(override.key_or_group).partition(".")[0] == "executor"


def say_preflight(
    size: int, jobs: Sequence[Job], todo: Sequence[Job], config: Any, busy: int = 0
) -> None:
    """Say how many runs there are, how many are done or queued, and what the others will cost."""
    said = f"{counted(len(jobs), 'run')}"
    if size > len(jobs):
        said += f" ({size - len(jobs):,} of the grid's {size:,} repeat others)"
    if len(todo) + busy < len(jobs):
        said += f", {len(jobs) - len(todo) - busy:,} of them done already"
    if busy:
        said += f", {busy:,} of them queued already"
    executor = executor_of(executor_values(config))
    if not isinstance(executor, Local):
        if todo:
            chunks = cut_as(todo, executor, config)
            said += f", in {counted(len(chunks), 'task')} for {executor.name}: {cost_of(chunks)}"
    elif todo:
        plan = Plan.of(todo, config)
        said += f", in {counted(len(plan.stacks), 'stack')} on {counted(plan.workers, 'worker')}"
        said += f": {estimate(plan.runs, plan.workers, plan.image)}"
    say(said)


def _to_go_on(jobs: Sequence[Job], study: Path) -> str:
    done = sum(is_done(job.folder) for job in jobs)
    kept = sum((job.folder / CHECKPOINT).exists() for job in jobs)
    said = f"{done} of {counted(len(jobs), 'run')} done" + (f", {kept} kept" if kept else "")
    return f"{said}; {command(study)}"


def _raise_unwritten(
    todo: Sequence[Job], returns: Sequence[JobReturn], records: Mapping[str, Record]
) -> None:
    """Raise what kept runs from leaving a record: a folder that nobody may write to."""
    said = []
    for job, returned in zip(todo, returns, strict=False):
        if job.id not in records and returned.status is JobStatus.FAILED:
            try:
                returned.return_value  # noqa: B018  it raises what ended the job
            except RunFailed as error:
                said.append(str(error))
    if said:
        done = sum(job.id in records for job in todo)
        raise SweepFailed(f"{said[0]}; {done} of {counted(len(todo), 'run')} are done")


def _raise_failures(planned: int, ended: Ended) -> None:
    failed = sum(record.outcome.ending is Ending.failed for _, record in ended)
    untrained = planned - sum(record.outcome.ending in DONE for _, record in ended) - failed
    if failed:
        rest = f", {untrained} were not trained" if untrained else ""
        raise SweepFailed(f"{failed} of {planned} runs failed{rest}; their folders say why")
