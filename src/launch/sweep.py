"""A grid, from the first word to the last line: what `hydra/sweeper=grid` does.

Owns the expansion of the grid, its checks, the study's folder, and what is said at the end.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.types import Override, Transformer
from hydra.core.utils import JobReturn

from src.errors import ConfigError, SweepscopeError
from src.launch.batch import composer_of
from src.launch.table import summary
from src.overrides import grid_size, parse, values
from src.store import read_record
from src.study import open_study
from src.task import Job
from src.timeline import Ending

MOST_RUNS = 100_000


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
    """
    words = [f"{key}={value}" for key, value in sweeper.params.items()] + list(arguments)
    folders = _config_folders(sweeper.hydra_context.config_loader)
    grid = {o.get_key_element(): o for o in parse(words, folders)}  # the last of a key counts
    size = grid_size(grid.values())
    if size > MOST_RUNS:
        raise ConfigError(f"the grid must have at most {MOST_RUNS:,} runs, it has {size:,}")
    composer = composer_of(sweeper.launcher)
    jobs = distinct(composer.job(words) for words in expand(grid.values(), folders))
    open_study(composer.folder, fresh=sweeper.config.study is None)
    returns = sweeper.launcher.launch([job.words for job in jobs], initial_job_idx=0)
    ended = [(job, read_record(job.folder)) for job in jobs]
    print(summary(ended, size - len(jobs), composer.folder))
    failed = [job for job, record in ended if record.outcome.ending is Ending.failed]
    if failed:
        raise SweepFailed(f"{len(failed)} of {len(jobs)} runs failed; their folders say why")
    return [returns]


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
