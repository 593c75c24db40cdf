"""A run's identity: the hash of everything that determines its result, and a label for people.

Free of Hydra and of the engine, so that `analysis` can check a folder against its record.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

LABELS = ("seed", "folder")
"""Keys of the record that do not determine the result: the streams' seeds and the digest do."""

AS_BEFORE: dict[str, Any] = {
    "transpose": False,
    "loss": "squared_error",
    "opt": "sgd",
    "momentum": 0.0,
    "beta2": 0.0,
    "epsilon": 0.0,
    "weight_decay": 0.0,
    "schedule": "constant",
    "decay_epochs": 0,
    "decay_factor": 0.0,
    "warmup": 0,
    "stride": 1,
    "padding": 0,
    "label_noise": 0.0,
}
"""Keys that were added later, each with the value at which a run is what it was before.

At that value a key is left out of the hash, so that ids stay and no study is trained again; a
record from before the key is read as having that value.
"""

_IDLE = {"noise_seed": "label_noise"}
"""Keys that determine nothing while another is as before; missing, they are the seed."""

ID_LENGTH = 16
SLUG_LENGTH = 80


def is_as_before(key: str, value: Any) -> bool:
    """Return whether a key that was added later has the value that means: as before."""
    return key in AS_BEFORE and value in (AS_BEFORE[key], None)


def filled(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record with the keys that were added after it, as it is read today."""
    seeds = {key: record["seed"] for key in _IDLE if "seed" in record}
    return {**AS_BEFORE, **seeds, **record}


def run_id(record: Mapping[str, Any], data_digest: str, engine_version: int) -> str:
    """Return 16 hexadecimal digits of the SHA-256 over config, data and engine version.

    Floats enter by their shortest exact decimal (`repr`), so that two rates which differ in their
    last bit are two runs, and 0.1 and 1e-1 are one.
    """
    config = {
        key: value
        for key, value in record.items()
        if key not in LABELS
        and not is_as_before(key, value)
        and not is_as_before(other := _IDLE.get(key, ""), record.get(other))
    }
    content = {"config": config, "data": data_digest, "engine": engine_version}
    text = json.dumps(content, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:ID_LENGTH]


def folder_name(record: Mapping[str, Any], run: str) -> str:
    """Return the name of the run's folder, safe on every file system: a readable slug, the id."""
    parts = [
        record["act"],
        record["order"],
        record["init"],
        f"lrA{record['lrA']:.6g}",
        f"lrW{record['lrW']:.6g}",
        f"seed{record['seed']}",
    ]
    slug = re.sub(r"[^A-Za-z0-9.+-]+", "_", "-".join(map(str, parts)))[:SLUG_LENGTH]
    return f"{slug}-{run}"
