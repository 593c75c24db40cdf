"""A pair of CSV or Parquet files: runs and timelines."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from src.errors import StoreError

_PANDAS = tuple(int(part) for part in pd.__version__.split(".")[:2])

Frames = tuple[pd.DataFrame, pd.DataFrame]
"""A row a run, with a column `run`; a row a run and epoch, with columns `run` and `epoch`."""


def read_pair(paths: Sequence[Path], ending: str) -> Frames:
    """Read two files, or `runs` and `timelines` of a folder.

    Raises
    ------
    StoreError
        They are not there, or cannot be read.
    """
    if len(paths) == 1 and paths[0].is_dir():
        paths = [paths[0] / f"{name}.{ending}" for name in ("runs", "timelines")]
    if len(paths) != 2:
        raise StoreError(
            f"{ending} must be a folder with runs.{ending} and timelines.{ending}, or two files"
        )
    runs, timelines = (read_table(path) for path in paths)
    return runs, timelines


def read_table(path: Path) -> pd.DataFrame:
    """Read one CSV or Parquet file.

    Raises
    ------
    StoreError
        It is not there, or no such file.
    """
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        # From pandas 3.1 on every number is read exactly, and to ask for it is an error.
        exactly: Any = {} if _PANDAS >= (3, 1) else {"float_precision": "round_trip"}
        table: pd.DataFrame = pd.read_csv(path, **exactly)
        return table
    except FileNotFoundError:
        raise StoreError(f"{path} is not there") from None
    except Exception as error:
        raise StoreError(f"{path} cannot be read as a table: {error}") from error
