"""Hydra's own habits in a job's folder: `.hydra/config.yaml`, `.hydra/overrides.yaml` and a log.

Owns these files where the launcher `stacks` writes them; other launchers leave `.hydra/` to Hydra.
"""

import json
import time
from collections.abc import Sequence
from pathlib import Path

from src.files import replace
from src.record import Record
from src.store import LOG
from src.timeline import Ending


def open_folder(folder: Path, config: str | None, words: Sequence[str]) -> None:
    """Make a job's folder and say there what it was asked for."""
    if config is not None:
        hydra = folder / ".hydra"
        hydra.mkdir(parents=True, exist_ok=True)
        replace(hydra / "config.yaml", config.encode(), durable=False)
        overrides = "".join(f"- {json.dumps(word)}\n" for word in words) or "[]\n"
        replace(hydra / "overrides.yaml", overrides.encode(), durable=False)


def log(record: Record) -> dict[str, str]:
    """Return a job's log by its file's name: how it ended; of a failure, with its traceback."""
    level = "ERROR" if record.outcome.ending is Ending.failed else "INFO"
    text = f"[{time.strftime('%Y-%m-%d %H:%M:%S')}][{level}] {record.outcome}\n"
    if record.outcome.message:
        text += record.outcome.message.rstrip() + "\n"
    return {LOG: text}
