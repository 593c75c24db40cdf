"""A study's folder as tidy pandas frames: a row a run, and a row a run and epoch.

Owns the reading of studies. What is computed from the frames has rooms of its own.
"""

import warnings
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from src.errors import StoreError
from src.store import RECORD, Record, read_curves, read_record
from src.study import ROOT, factors


class Sweep:
    """One study: its runs, their timelines, and what varies between them.

    Parameters
    ----------
    folder
        The study's.
    records
        What each run's folder holds, by folder.
    """

    def __init__(self, folder: Path, records: dict[Path, Record]) -> None:
        self.folder = folder
        self.records = records

    @cached_property
    def runs(self) -> pd.DataFrame:
        """A row a run, indexed by run id.

        Columns: the chosen name of every group (`act`, `order`, `init`, `lr`, `net`, `data`), every
        other key (`lrA`, `seed`, …), `outcome`, `epoch` (the last one of its timeline), the final
        value of every curve (NaN for a run that diverged), and `seconds`.
        """
        rows = [_row(record) for record in self.records.values()]
        index = pd.Index([record.id for record in self.records.values()], name="run")
        return pd.DataFrame(rows, index=index)

    @cached_property
    def timelines(self) -> pd.DataFrame:
        """A row a run and epoch: columns `run`, `epoch`, and every curve.

        A run that diverged has rows up to the epoch at which it did.
        """
        frames = []
        for folder, record in self.records.items():
            if record.outcome.epoch is None:
                continue
            rows = slice(record.outcome.epoch + 1)
            curves = {name: curve[rows] for name, curve in read_curves(folder).items()}
            frame = pd.DataFrame({"run": record.id, "epoch": range(rows.stop), **curves})
            frames.append(frame)
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    @property
    def factors(self) -> dict[str, list[Any]]:
        """What varies between the runs: every such key with its levels, in order."""
        return factors([record.choices | record.config for record in self.records.values()])

    def __repr__(self) -> str:
        factors = ", ".join(f"{key} ({len(levels)})" for key, levels in self.factors.items())
        return f"Sweep of {len(self.records)} runs in {self.folder}, varying {factors or 'nothing'}"


def load_sweep(study: str | Path = "latest") -> Sweep:
    """Load a study.

    Parameters
    ----------
    study
        Its folder, its name under `multirun_outputs/`, or `latest`.

    Raises
    ------
    StoreError
        There is no such study, or no run in it has ended.
    """
    folder = _find(study)
    records = {}
    for path in sorted(folder.glob(f"*/{RECORD}")):
        try:
            records[path.parent] = read_record(path.parent)
        except StoreError as error:  # one bad run never hides the others
            warnings.warn(str(error), stacklevel=2)
    if not records:
        raise StoreError(f"{folder} holds no run that has ended")
    return Sweep(folder, records)


def _find(study: str | Path) -> Path:
    if study == "latest":
        studies = [path for path in Path(ROOT).glob("*") if path.is_dir()]
        if not studies:
            raise StoreError(f"{Path(ROOT)} holds no study: python -m src.train makes one")
        return max(studies, key=lambda path: path.stat().st_mtime_ns)
    for folder in (Path(study), Path(ROOT, study)):
        if folder.is_dir():
            return folder
    raise StoreError(f"{study} is not the folder or name of a study")


def _row(record: Record) -> dict[str, Any]:
    config = {key: value for key, value in record.config.items() if key not in record.choices}
    final = {name: float("nan") if v is None else v for name, v in record.final.items()}
    return {
        **record.choices,
        **config,
        "outcome": record.outcome.ending.name,
        "epoch": record.outcome.epoch,
        **final,
        "seconds": record.execution.get("seconds"),
    }
