"""Cutting a sweep into chunks: so much work each that a task is worth its start.

Owns how many chunks there are. Stacks stay whole inside a chunk; no result depends on either.
"""

import math
from collections.abc import Sequence

from src.execution.chunk import Chunk
from src.execution.estimate import Estimate, disk_bytes, stack_seconds
from src.execution.job import Job
from src.execution.partition import partition


def cut(jobs: Sequence[Job], memory: int, seconds: float, workers: int) -> list[Chunk]:
    """Cut jobs into chunks.

    Parameters
    ----------
    jobs
        All different.
    memory
        Bytes that a stack may take beside its digits.
    seconds
        About how long a task should work, as long as a single run does not take longer.
    workers
        Processes of a task.
    """
    by_run = {job.run: job for job in jobs}
    runs = list(by_run)
    H, V = runs[0].dataset().images.shape[1:]
    stacks = partition(runs, 1, (H, V), memory)
    share = seconds * workers
    tasks = math.ceil(min(sum(stack_seconds(stacks, (H, V))) / share, len(runs)))
    stacks = partition(runs, min(tasks * workers, len(runs)), (H, V), memory)
    chunks: list[Chunk] = []
    filled = share
    for stack, cost in zip(stacks, stack_seconds(stacks, (H, V)), strict=True):
        if filled + cost / 2 > share:
            chunks.append(Chunk([], [], workers))
            filled = 0.0
        chunks[-1].stacks.append([by_run[run] for run in stack])
        chunks[-1].seconds.append(cost)
        filled += cost
    return chunks


def cost_of(chunks: Sequence[Chunk]) -> Estimate:
    """Return what chunks take: the seconds of one core like those of this machine, and bytes."""
    runs = [[job.run for job in stack] for chunk in chunks for stack in chunk.stacks]
    H, V = runs[0][0].dataset().images.shape[1:]
    seconds = sum(sum(chunk.seconds) for chunk in chunks)
    return Estimate(seconds, disk_bytes(runs, (H, V)), " of one core")
