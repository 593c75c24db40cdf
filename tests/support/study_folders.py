"""Studies for the tests of analysis: trained for real and small, or written as the store would.

Owns how a test gets a study's folder.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from analysis.sweep import Sweep, load_sweep
from src.data.datasets import load
from src.run import Run
from src.storage.files import pack, to_json
from src.storage.identity import folder_name, run_id
from src.storage.record import Record
from src.storage.store import write_run
from src.timeline import CURVES, Timeline
from src.training.stack import structure
from src.training.trainer import train
from tests.support.strategies import make_run

EPOCHS = 12
Curve = Mapping[str, Any]


def trained(study: Path, runs: Sequence[Run]) -> Sweep:
    """Train runs on the embedded digits, write and load them."""
    timelines: dict[Run, Timeline] = {}
    together: dict[Any, list[Run]] = defaultdict(list)
    for run in runs:
        together[structure(run)].append(run)
    for stack in together.values():
        timelines |= dict(zip(stack, train(stack, load("embedded")), strict=True))
    for run, timeline in timelines.items():
        config = run.record()
        name = run_id(config, "digits", 1)
        choices = {"act": config["act"], "order": config["order"], "init": config["init"]}
        record = Record(name, config, choices, "digits", 1, timeline.outcome)
        write_run(study / folder_name(config, name), record, timeline)
    return load_sweep(study)


def runs_of(seeds: int, **grid: Sequence[Any]) -> list[Run]:
    """Return a run for every combination of values and seed."""
    return [
        make_run(**dict(zip(grid, values, strict=True)), seed=seed, epochs=EPOCHS)
        for values in product(*grid.values())
        for seed in range(seeds)
    ]


def write_synthetic(
    study: Path,
    curves: Mapping[str, np.ndarray] | None = None,
    ending: str = "finished",
    epoch: int | None = None,
    epochs: int = EPOCHS,
    **keys: Any,
) -> Path:
    """Write one run's folder as the store does, with given curves; the others are zero."""
    seed = keys.get("seed", 0)
    config = make_run(epochs=epochs).record() | dict.fromkeys(
        ("seed", "subset_seed", "init_seed", "order_seed"), seed
    )
    config |= {"act_out": keys.get("act", "tanh"), **keys}
    name = run_id(config, "synthetic", 1)
    last = epochs if epoch is None else epoch
    whole = {curve: np.zeros(epochs + 1) for curve in CURVES}
    for curve, values in (curves or {}).items():
        whole[curve] = np.broadcast_to(np.asarray(values, float), epochs + 1).copy()
    for values in whole.values():
        values[last + 1 :] = np.nan
    has_result = ending in ("finished", "diverged")
    final = {c: float(v[-1]) if np.isfinite(v[-1]) else None for c, v in whole.items()}
    place = "perceptron" if ending == "diverged" else None
    outcome = {"ending": ending, "epoch": last if has_result else None, "place": place}
    record = {
        "id": name,
        "config": config,
        "choices": {"act": config["act"], "order": config["order"], "init": config["init"]},
        "data_digest": "synthetic",
        "engine_version": 1,
        "outcome": {**outcome, "message": None},
        "execution": {"seconds": 0.1},
        "final": final if has_result else {},
        "class_accuracy": {},
        "confusion": [[40, 9], [8, 41]],
        "files": {},
        "format": 1,
    }
    folder = study / folder_name(config, name)
    folder.mkdir(parents=True)
    if has_result:
        data = pack(names=np.array(list(whole)), curves=np.array(list(whole.values())))
        (folder / "timeline.npz").write_bytes(data)
    (folder / ("run.json" if has_result else "unfinished.json")).write_bytes(to_json(record))
    return folder


def synthetic(
    study: Path,
    seeds: int = 6,
    acts: Sequence[str] = ("tanh", "relu", "none"),
    rates: Sequence[float] = (0.0, 0.1),
    diverge: Mapping[tuple[str, float], Sequence[int]] | None = None,
    key: int = 0,
    gain: float = 0.1,
    noise: float = 0.01,
) -> Sweep:
    """Write and load a full grid in which each act is better than the last one by `gain`."""
    rng = np.random.default_rng(key)
    luck = rng.normal(0, noise, seeds)
    rise = 1 - np.exp(-np.arange(EPOCHS + 1) / 3)
    for (i, act), lrA, seed in product(enumerate(acts), rates, range(seeds)):
        reach = 0.4 + gain * i + luck[seed] + rng.normal(0, noise)
        curves = {"test_acc": 0.3 + (reach - 0.1) * rise, "test_loss": 0.5 - reach * rise / 3}
        gone = seed in (diverge or {}).get((act, lrA), ())
        end = {"ending": "diverged", "epoch": 5} if gone else {}
        write_synthetic(study, curves, act=act, lrA=lrA, seed=seed, **end)
    return load_sweep(study)


def unsealed(folder: Path) -> dict[str, Any]:
    """Return the fields of a run's record as of format 1, whose checksum would find any change."""
    read = fields(folder) | {"format": 1}
    del read["execution"]["checksum"]
    return read


def fields(folder: Path) -> dict[str, Any]:
    """Return the fields of a run's record."""
    read: dict[str, Any] = json.loads((folder / "run.json").read_text())
    return read
