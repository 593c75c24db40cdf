"""Hydra's own habits in a job's folder: `.hydra/config.yaml`, `.hydra/overrides.yaml` and a log.

Owns these files where the launcher `stacks` writes them; other launchers leave them to Hydra.
"""

import json
import time

from src.store import Record, replace
from src.task import Job
from src.timeline import Ending

LOG = "sweepscope.log"


def open_folder(job: Job) -> None:
    """Make the job's folder and say there what it was asked for."""
    hydra = job.folder / ".hydra"
    hydra.mkdir(parents=True, exist_ok=True)
    replace(hydra / "config.yaml", job.config.encode())
    overrides = "".join(f"- {json.dumps(word)}\n" for word in job.words) or "[]\n"
    replace(hydra / "overrides.yaml", overrides.encode())


def write_log(job: Job, record: Record) -> None:
    """Say in the job's log how it ended; of a failure, with its traceback."""
    level = "ERROR" if record.outcome.ending is Ending.failed else "INFO"
    text = f"[{time.strftime('%Y-%m-%d %H:%M:%S')}][{level}] {record.outcome}\n"
    if record.outcome.message:
        text += record.outcome.message.rstrip() + "\n"
    replace(job.folder / LOG, text.encode())
