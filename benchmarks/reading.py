"""How long a large study takes to read, compare and draw: 10,000 runs × 200 epochs, synthetic.

Run it from the top of the repository; it needs 1 GB of disk under the folder that it is given:

    python -m benchmarks.reading [FOLDER] [RUNS]
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy loads

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from analysis.study.index import INDEX
from analysis.sweep import load_sweep
from src.storage.files import pack, to_json
from src.storage.identity import folder_name, run_id
from src.timeline import CURVES

EPOCHS = 200
ACTS = ("tanh", "sigmoid", "relu", "none")
RATES = (0.0, 0.0001, 0.001, 0.01, 0.1)
RNG = np.random.default_rng(0)


def synthesise(study: Path, runs: int) -> None:
    """Write a study of runs that look as if they had been trained."""
    seeds = runs // (len(ACTS) * len(RATES) * len(RATES))
    for seed in range(seeds):
        luck = RNG.normal(0, 0.02)
        for i, act in enumerate(ACTS):
            for lrA in RATES:
                for lrW in RATES:
                    _write(study, act, lrA, lrW, seed, 0.6 + 0.06 * i + luck)


def _write(study: Path, act: str, lrA: float, lrW: float, seed: int, reach: float) -> None:
    config: dict[str, Any] = {
        "act": act,
        "act_out": act,
        "order": "random",
        "init": "uniform",
        "init_scale": 0.1,
        "lrA": lrA,
        "lrW": lrW,
        "L": 2,
        "I": 28,
        "J": 28,
        "source": "embedded",
        "folder": None,
        "classes": [3, 1],
        "T": 31,
        "TT": 98,
        "batch": 1,
        "epochs": EPOCHS,
        "dtype": "float32",
        "seed": seed,
        "subset_seed": seed,
        "init_seed": seed,
        "order_seed": seed,
    }
    choices = {"act": act, "order": "random", "init": "uniform", "lr": "equal"}
    choices |= {"data": "mnist_3v1", "net": "two_28x28"}
    epochs = np.arange(EPOCHS + 1)
    rise = reach * (1 - 0.5 * np.exp(-epochs / (5 + 40 * RNG.random())))
    curves = rise + RNG.normal(0, 0.01, (len(CURVES), EPOCHS + 1))
    name = run_id(config, "synthetic", 1)
    folder = study / name[:2] / folder_name(config, name)
    folder.mkdir(parents=True)
    data = pack(names=np.array(list(CURVES)), curves=curves)
    (folder / "timeline.npz").write_bytes(data)
    record = {
        "id": name,
        "config": config,
        "choices": choices,
        "data_digest": "synthetic",
        "engine_version": 1,
        "format": 1,
        "execution": {"seconds": 0.1},
        "outcome": {"ending": "finished", "epoch": EPOCHS, "place": None, "message": None},
        "final": dict(zip(CURVES, curves[:, -1].tolist(), strict=True)),
        "class_accuracy": {},
        "confusion": [[40, 9], [8, 41]],
        "files": {},
    }
    (folder / "run.json").write_bytes(to_json(record))


def timed(what: str, act: Callable[[], Any]) -> Any:
    """Do something and say how long it took."""
    start = time.perf_counter()
    result = act()
    print(f"{what:58} {time.perf_counter() - start:6.2f} s", flush=True)
    return result


def main() -> None:
    """Synthesise, read, compare and draw."""
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    home = given or Path(tempfile.mkdtemp())
    study = home / f"synthetic_{runs}"
    if not study.exists():
        timed(f"synthesise {runs:,} runs × {EPOCHS} epochs", lambda: synthesise(study, runs))
    shutil.rmtree(study / INDEX, ignore_errors=True)

    def everything() -> Any:
        sweep = load_sweep(study)
        return sweep, sweep.timelines

    timed("load_sweep and all timelines, from the files (no index)", everything)
    timed("load_sweep from the index", lambda: load_sweep(study))
    timed("load_sweep and all timelines, from the index", everything)
    sweep = load_sweep(study)
    timed("compare act over all runs", lambda: sweep.compare("act"))
    sweep = load_sweep(study)
    timed("compare act by lrA, epochs_to(test_acc, 0.7)", lambda: _compare(sweep))
    timed("table of 100 rows", lambda: sweep.table())
    timed("diagnose", lambda: sweep.diagnose("act"))
    part = sweep.where(lrA=[0.1, 0.01, 0.001], lrW=0.1)
    drawn = timed(f"figure of {len(part.runs):,} curves", lambda: _png(part))
    print(f"{len(drawn) / 1e3:.0f} kB of PNG")
    size = sum(path.stat().st_size for path in (study / INDEX).iterdir())
    print(f"{size / 1e6:.0f} MB of index")
    if given is None:
        shutil.rmtree(home)


def _compare(sweep: Any) -> Any:
    return sweep.compare("act", "epochs_to(test_acc, 0.7)", by="lrA")


def _png(sweep: Any) -> bytes:
    data: bytes = sweep.curves("test_acc", vary="act").encoded("png")
    return data


if __name__ == "__main__":
    main()
