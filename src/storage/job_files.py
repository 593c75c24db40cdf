"""What Hydra writes into a job's folder: `.hydra/config.yaml`, `.hydra/overrides.yaml` and a log.

Owns these files, under every launcher. Hydra would also write `hydra.yaml`, with paths of the
machine.
"""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

from src.storage.files import replace
from src.storage.record import Record
from src.storage.run_folder import LOG
from src.timeline import Ending

TEXTS = (".hydra/config.yaml", ".hydra/overrides.yaml", LOG)


def open_folder(folder: Path, config: str, words: Sequence[str]) -> None:
    """Make a job's folder and say there what it was asked for."""
    (folder / ".hydra").mkdir(parents=True, exist_ok=True)
    for name, text in _asked(config, words).items():
        replace(folder / name, text.encode(), durable=False)


def _asked(config: str, words: Sequence[str]) -> dict[str, str]:
    overrides = "".join(f"- {json.dumps(word)}\n" for word in words) or "[]\n"
    return {".hydra/config.yaml": config, ".hydra/overrides.yaml": overrides}


def checksums(config: str, words: Sequence[str], notes: Mapping[str, str]) -> dict[str, str]:
    """Return the SHA-256 of a job's files of text by name, for its record: what `TEXTS` names."""
    texts = _asked(config, words) | dict(notes)
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}


def to_yaml(values: Mapping[str, Any]) -> str:
    """Return flat values as YAML, of which JSON's scalars and lists are a part.

    The experiment's card is the study's, and not repeated in each run; who executes a run is left
    out, so that all leave the same bytes.
    """
    names = {k: v.name if isinstance(v, Enum) else v for k, v in values.items() if k != "executor"}
    names["card"] = None
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in names.items())


def log(record: Record) -> dict[str, str]:
    """Return a job's log by its file's name: how it ended; of a failure, with its traceback.

    Of a run that could not go on from its checkpoint, why.
    """
    level = "ERROR" if record.outcome.ending is Ending.failed else "INFO"
    text = f"[{time.strftime('%Y-%m-%d %H:%M:%S')}][{level}] {record.outcome}\n"
    if reason := record.execution.get("started_anew"):
        text += f"started anew: {reason}\n"
    if record.outcome.message:
        text += record.outcome.message.rstrip() + "\n"
    return {LOG: text}
