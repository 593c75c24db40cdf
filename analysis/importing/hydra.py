"""A folder of Hydra jobs: each with `.hydra/config.yaml` and a CSV of metrics.

Owns where a job's metrics are looked for: the only CSV file under its folder, or `metrics.csv`,
which Lightning's CSVLogger writes into folders of its own. The configuration is read as plain YAML
and nothing in it is ever called.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from analysis.importing.tables import Frames, read_table
from src.errors import StoreError

STEPS = ("epoch", "step")
"""The columns that may say when a row was logged, the first that there is."""


def read_jobs(folder: Path) -> Frames:
    """Read all jobs under a folder; a run is called by the path of its job.

    Raises
    ------
    StoreError
        There is no job, or one lacks its metrics or cannot be read.
    """
    jobs = sorted(path.parent.parent for path in folder.glob("**/.hydra/config.yaml"))
    if not jobs:
        raise StoreError(f"{folder} holds no Hydra job: none has a .hydra/config.yaml")
    rows, logs = [], []
    for job in jobs:
        run = job.relative_to(folder).as_posix()
        log = read_table(_metrics(job))
        step = next((name for name in STEPS if name in log), None)
        if step is None:
            log, step = log.reset_index(names="epoch"), "epoch"
        others = [name for name in STEPS if name in log and name != step]
        rows.append({"run": run, **dict(_flat(_config(job)))})
        logs.append(log.drop(columns=others).rename(columns={step: "epoch"}).assign(run=run))
    return pd.DataFrame(rows), pd.concat(logs, ignore_index=True)


def _metrics(job: Path) -> Path:
    found = sorted(job.glob("**/*.csv"))
    named = [path for path in found if path.name == "metrics.csv"]
    if len(found) == 1 or len(named) == 1:
        return (named or found)[0]
    raise StoreError(f"{job} must hold one CSV file, or one metrics.csv, got {len(found)}")


def _config(job: Path) -> Mapping[str, Any]:
    path = job / ".hydra" / "config.yaml"
    try:
        config = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        raise StoreError(f"{path} cannot be read as YAML: {error}") from error
    if not isinstance(config, dict | None):
        raise StoreError(f"{path} is not the configuration of a job")
    return config or {}


def _flat(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield keys with dots between, as they are overridden at the command line."""
    for key, value in config.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value) if isinstance(value, dict | list) else value
