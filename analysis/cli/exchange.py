"""The command line of `import` and `export`: studies from other tools, and for them."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from src.terminal import show

if TYPE_CHECKING:
    from analysis.importing.tables import Frames

KINDS = {
    "csv": "runs.csv and timelines.csv: a folder with both, or two files",
    "parquet": "the same in Parquet",
    "hydra": "a folder of Hydra jobs, each with .hydra/config.yaml and a CSV of metrics",
    "tensorboard": "a folder of runs with TensorBoard's event files",
    "optuna": "an SQLite file with one Optuna study",
}
IMPORT = "make a study of logs of another tool, which every verb reads"
EXPORT = "write a study's runs and timelines as two tables"


def add_import(of: argparse.ArgumentParser) -> None:
    """Add the arguments of `import`."""
    of.set_defaults(run=_import)
    kinds = "; ".join(f"{name}: {meaning}" for name, meaning in KINDS.items())
    of.add_argument("kind", choices=list(KINDS), help=kinds)
    of.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    of.add_argument("--study", required=True, metavar="NAME", help="the new study's")
    of.add_argument(
        "--seed",
        metavar="KEY",
        help="the key that is the unit of all statistics; seed unless given",
    )


def add_export(of: argparse.ArgumentParser) -> None:
    """Add the arguments of `export`."""
    of.set_defaults(run=_export)
    of.add_argument("study", help="folder, name, or latest")
    of.add_argument("--to", choices=["csv", "parquet"], required=True)
    of.add_argument("--out", type=Path, help="their folder; STUDY/analysis unless given")


def _import(given: argparse.Namespace) -> int:
    from analysis.importing.tables import read_pair
    from analysis.study.imported import write_imported
    from analysis.sweep import load_sweep
    from src.errors import StoreError
    from src.storage.study_name import study_folder

    study = Path(study_folder(given.study))
    if given.kind in ("csv", "parquet"):
        runs, timelines = read_pair(given.paths, given.kind)
    elif len(given.paths) == 1:
        runs, timelines = _reader(given.kind)(given.paths[0])
    else:
        raise StoreError(f"{given.kind} must be one path, got {len(given.paths)}")
    origin = {"kind": given.kind, "path": " ".join(map(str, given.paths))}
    write_imported(study, runs, timelines, origin, given.seed)
    show(str(load_sweep(study)))
    show(f"written: {study}")
    return 0


def _reader(kind: str) -> Callable[[Path], "Frames"]:
    """Return what reads one path; the packages of other tools are loaded when they are needed."""
    if kind == "tensorboard":
        from analysis.importing.tensorboard import read_events

        return read_events
    if kind == "optuna":
        from analysis.importing.optuna import read_trials

        return read_trials
    from analysis.importing.hydra import read_jobs

    return read_jobs


def _export(given: argparse.Namespace) -> int:
    from analysis.files import write
    from analysis.study.folders import own_folder
    from analysis.sweep import load_sweep
    from analysis.tables.formats import ENCODERS

    sweep = load_sweep(given.study)
    out = given.out or own_folder(sweep.folder)
    curves = ["run", "epoch", *sweep.curve_names]
    runs = sweep.runs.drop(columns=[name for name in sweep.curve_names if name in sweep.runs])
    out.mkdir(parents=True, exist_ok=True)
    for name, frame in (("runs", runs.reset_index()), ("timelines", sweep.timelines[curves])):
        show(f"written: {write(out / f'{name}.{given.to}', ENCODERS[given.to](frame))}")
    return 0
