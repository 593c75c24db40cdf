"""How a study gets on: `python -m src.train --status STUDY`.

Owns what is said of a study that is with a cluster. It is told by the study's files and by `squeue`
alone, and by the files alone where SLURM does not answer or has forgotten; nothing is written.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from src.errors import StoreError
from src.execution.batches import QUEUED, Batch, Fate, States, Task, batches
from src.execution.slurm import states
from src.storage.run_folder import is_done
from src.storage.store import read_record
from src.storage.study import run_folders
from src.storage.study_name import results
from src.timeline import Ending

MOST_SHOWN = 20
"""Tasks at work that are shown one by one."""

_ORDER = ("done", "failed", "running", "waiting", "stopped", "out of time", "lost", "unknown")


def status(study: str) -> str:
    """Return how a study gets on, in lines.

    Parameters
    ----------
    study
        Its name, or its folder.

    Raises
    ------
    StoreError
        There is no such study.
    """
    folder = results() / study if (results() / study).is_dir() else Path(study)
    if not folder.is_dir():
        raise StoreError(f"{study} is not a study: neither a folder nor one of {results()}/")
    all_batches = batches(folder, closed=True)
    known = states(batch.name for batch in all_batches) if all_batches else {}
    tasks = {batch: batch.tasks(known) for batch in all_batches}
    counts = _counts(folder, [task for each in tasks.values() for task in each])
    said = ", ".join(f"{counts[word]:,} {word}" for word in _ORDER if counts[word])
    runs = sum(counts.values())
    lines = [f"{folder}: {runs:,} run{'s' * (runs != 1)}" + (f": {said}" if said else "")]
    if known is None:
        lines.append("SLURM does not answer: what follows is told by the files alone")
    lines += [line for batch in all_batches for line in _batch(batch, tasks[batch], known)]
    return "\n".join(lines)


def _counts(study: Path, tasks: Iterable[Task]) -> Counter[str]:
    """Count runs by how they get on; of a run that several tasks had, the last one counts."""
    folders = {folder.name: folder for folder in run_folders(study)}
    fates: dict[str, Fate] = {}
    for task in tasks:
        for job in task.chunk.jobs:
            folders.setdefault(job.folder.name, job.folder)
            fates[job.folder.name] = task.fate
    return Counter(_word(folder, fates.get(name)) for name, folder in folders.items())


def _word(folder: Path, fate: Fate | None) -> str:
    """Return how a run gets on, by its folder and by what became of its task."""
    if is_done(folder):
        return "done"
    if fate in QUEUED:
        return fate.value
    with suppress(StoreError):
        if read_record(folder, latest=True).outcome.ending is Ending.failed:
            return "failed"
    return "failed" if fate is Fate.done else (fate or Fate.stopped).value


def _batch(batch: Batch, tasks: list[Task], known: States | None) -> Iterator[str]:
    fates = Counter(task.fate.value for task in tasks)
    said = ", ".join(f"{fates[word]:,} {word}" for word in _ORDER if fates[word])
    yield f"job {batch.job or 'without a number'} ({batch.name}), {len(tasks)} tasks: {said}"
    shown = [task for task in tasks if task.fate in (Fate.running, Fate.unknown) and task.state]
    for task in shown[:MOST_SHOWN]:
        state = task.state
        where = f"  task {int(task.path.stem)} on {state['node']}: {state['done']} of "
        where += f"{len(task.chunk.jobs)} runs done, at epoch {state['epoch']:,}"
        where += f", restart {state['restarts']}" if state["restarts"] else ""
        yield f"{where}, {max(0, time.time() - state['time']):.0f} s ago"
    if len(shown) > MOST_SHOWN:
        yield f"  and {len(shown) - MOST_SHOWN:,} more"
