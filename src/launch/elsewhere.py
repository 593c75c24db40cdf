"""A sweep on a cluster: from its jobs and its executor's keys to its records.

Owns what a command says of its tasks, and whether it waits for them.
"""

from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig

from src.execution.chunk import Chunk
from src.execution.cluster import Cluster, Survey
from src.execution.cutting import cut
from src.execution.executors import Slurm
from src.execution.job import Job
from src.execution.progress import display
from src.execution.slurm import SlurmCluster
from src.execution.submission import Submission
from src.launch.summary import counted
from src.run import Run
from src.storage.record import Record
from src.terminal import say
from src.timeline import Ending


def train_elsewhere(
    jobs: Sequence[Job], study: Path, executor: Slurm, config: DictConfig
) -> dict[Run, Record]:
    """Have jobs trained on a cluster, and show how they get on.

    Returns
    -------
    The record of every run that has ended; with `executor.wait=false` of none.
    """
    cluster = cluster_of(executor)
    submission = Submission(study, jobs, lambda fresh: cut_as(fresh, executor, config), cluster)
    said = ", ".join(batch.job or batch.name for batch in submission.batches)
    with_it = f", {len(submission.adopted):,} runs were there before" if submission.adopted else ""
    tasks = counted(len(submission.open), "task")
    say(f"{executor.name}: {tasks} in job {said or '–'}{with_it}")
    records: dict[Run, Record] = {}
    if not executor.wait:
        return records
    stacks = [
        [job.run for job in task.chunk.jobs if job.id in submission.left]
        for task in submission.open.values()
    ]
    task_of = {run.id(): number for number, stack in enumerate(stacks) for run in stack}
    with display(stacks, "task") as shown:
        for job, record in submission.results(executor.poll_seconds, shown.progress):
            records[job.run] = record
            if job.id in task_of:
                shown.ended(task_of[job.id], record)
            if config.fail_fast and record.outcome.ending is Ending.failed:
                break
    return records


def busy_runs(study: Path, executor: Slurm) -> set[str]:
    """Return the runs of a study that are with its cluster."""
    return Survey.of(study, cluster_of(executor)).busy


def cluster_of(executor: Slurm) -> Cluster:
    """Return who runs the tasks of an executor."""
    return SlurmCluster(executor)


def cut_as(jobs: Sequence[Job], executor: Slurm, config: DictConfig) -> list[Chunk]:
    """Cut jobs into the chunks that an executor and a config ask for."""
    memory = config.stack_memory * 10**6
    return cut(jobs, memory, executor.chunk_seconds, executor.cpus)
