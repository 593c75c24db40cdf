"""Who runs the tasks of a sweep, and what a cluster has of a study.

Owns what is asked of every cluster. What a command does with it is the affair of `submission.py`.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from src.errors import StoreError
from src.execution.batches import (
    QUEUED,
    Batch,
    Fate,
    States,
    Task,
    batches,
)

LOOK_SECONDS = 0.5
"""How often files are looked at; those who have the tasks are asked less often."""


class Cluster(ABC):
    """Who runs the tasks of a batch."""

    @abstractmethod
    def submit(self, batch: Batch, tasks: int) -> str:
        """Have all tasks of a batch run, and return what the cluster calls them.

        Raises
        ------
        StoreError
            The cluster does not take them.
        """

    @abstractmethod
    def states(self, batches: Iterable[Batch]) -> States | None:
        """Return the states of all tasks that have not ended; None where nobody answers."""

    @abstractmethod
    def cancel(self, batches: Iterable[Batch]) -> None:
        """End all tasks of batches."""

    def most_tasks(self) -> int:
        """Return how many tasks a batch may have."""
        return 10**5


@dataclass
class Survey:
    """What a cluster has of a study, and what was killed there."""

    open: list[Batch]
    queued: list[Task] = field(default_factory=list)
    last: dict[str, Task] = field(default_factory=dict)
    """By run, the last of the tasks with it, where that ended without it."""

    @classmethod
    def of(cls, study: Path, cluster: Cluster) -> "Survey":
        """Look at a study's files and ask its cluster.

        Raises
        ------
        StoreError
            The cluster does not answer, and may have tasks of the study.
        """
        survey = cls(batches(study))
        for task in _tasks(survey.open, cluster):
            if task.fate is Fate.unknown:
                raise StoreError(f"{task.path} may be with the cluster, which does not answer")
            if task.fate in QUEUED:
                survey.queued.append(task)
            elif task.fate is not Fate.done:
                survey.last.update(dict.fromkeys(run_ids(task), task))
            elif survey.last:
                for each in run_ids(task):
                    survey.last.pop(each, None)
        return survey

    @property
    def busy(self) -> set[str]:
        """The runs that are with the cluster."""
        return {each for task in self.queued for each in run_ids(task)}


def _tasks(open: Sequence[Batch], cluster: Cluster) -> list[Task]:
    """Return all tasks; where one seems to be gone, what is seen after another look.

    A task that was just queued again is for a moment in no listing.
    """
    for again in (True, False):
        states = cluster.states(open) if open else {}
        tasks = [task for batch in open for task in batch.tasks(states)]
        if not again or all(task.fate in (*QUEUED, Fate.done) for task in tasks):
            break
        time.sleep(2 * LOOK_SECONDS)
    return tasks


def run_ids(task: Task) -> list[str]:
    """Return the ids of a task's runs."""
    return [job.id for job in task.chunk.jobs]
