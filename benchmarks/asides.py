"""What a run costs beside its steps: evaluation, probes, and the writing of its folder."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np

from benchmarks.field import micro
from benchmarks.networks import NETWORKS, variations
from benchmarks.stopwatch import race
from benchmarks.table import Table
from src.data.datasets import load
from src.model.blas import one_thread
from src.run import Run
from src.storage.record import Record
from src.storage.store import write_run
from src.timeline import Timeline
from src.training.stack import Stack
from src.training.trainer import form_of, train

PLAN = [("A", 1), ("A", 36), ("A", 144), ("B", 1), ("B", 4)]


def asides() -> Table:
    """Measure an epoch's parts, per run, and the writing of a run's folder."""
    table = Table(
        "Beside the steps, µs per run, one core",
        [
            "network",
            "R",
            "T + TT",
            "an epoch's steps",
            "evaluation and probes",
            "writing a run",
            "on the wall",
        ],
        notes=[
            "Evaluation (loss and accuracy) and probes happen once an epoch, writing once a run: "
            "after 200 epochs of A, one of B. Writing waits for the disk (fsync): on the wall.",
        ],
    )
    for name, R in PLAN:
        run = NETWORKS[name]
        parts = _parts(variations(run, R))
        table.add(
            *(name, str(R), f"{run.T} + {run.TT}"),
            *(micro(parts[part] / R) for part in ("steps", "looking")),
            *((micro(took) for took in _writing(run)) if R == 1 else ("", "")),
        )
    return table


def _parts(runs: list[Run]) -> dict[str, float]:
    form = form_of(Stack(runs, load("embedded")))
    samples = form.stack.next_epoch()

    def epoch() -> None:
        form.descend_epoch(samples)
        form.evaluate()

    contestants: dict[str, Callable[[], object]] = {
        "steps": lambda: form.descend_epoch(samples),
        "all": epoch,
    }
    with one_thread(), np.errstate(all="ignore"):
        for call in contestants.values():
            call()
        best = race(contestants, turns=50, seconds=1.0)
    return best | {"looking": max(0.0, best["all"] - best["steps"])}


def _writing(run: Run) -> tuple[float, float]:
    """Return the least processor time and the median time on the wall of a run's folder."""
    run = replace(run, epochs=min(run.epochs, 200))
    (timeline,) = train([run], load("embedded"))
    with tempfile.TemporaryDirectory() as folder:
        numbers = count()

        def write() -> None:
            write_run(Path(folder, str(next(numbers))), _record(run, timeline), timeline)

        walls = []
        for _ in range(20):
            start = time.perf_counter()
            write()
            walls.append(time.perf_counter() - start)
        return race({"write": write}, turns=50, seconds=1.0)["write"], sorted(walls)[10]


def _record(run: Run, timeline: Timeline) -> Record:
    return Record("0" * 12, run.record(), {}, "0" * 64, 0, timeline.outcome)
