"""Whole processes from the shell, beside stock Hydra. `python -m benchmarks.sweep`.

Three questions of issue 3: the README's 12 runs, the overhead of a job, and 1,296 runs on one core
and on two. All outputs go to a temporary folder. Name a question to ask it alone.
"""

import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from benchmarks.figures import bars_figure
from benchmarks.machine import has, missing
from benchmarks.shell import Took, run, sweep
from benchmarks.stock_hydra import write_app
from benchmarks.table import Table, parser, publish, ratio

TWELVE = ("act=tanh,sigmoid,relu,none", "lrA=0,0.001,0.1")
RATES = "0,0.0001,0.001,0.01,0.1,1"
GRID = (
    *("act=tanh,sigmoid,relu,none", "order=fixed,random,alternate"),
    *("init=uniform,normal,glorot", f"lrA={RATES}", f"lrW={RATES}"),
)
JOBS, BASIC_JOBS = 300, 60
BASIC = ("hydra/launcher=basic", "hydra/sweeper=basic")

Bars = dict[str, float]
"""Wall times by contestant, in the unit of the question."""
UNITS = {"twelve": "s", "jobs": "ms", "grid": "s"}


def main() -> None:
    """Ask the questions and publish tables and figure."""
    arguments = parser(__doc__)
    arguments.add_argument("question", nargs="*", help=f"of {', '.join(QUESTIONS)}; all if none")
    arguments.add_argument("--figure", type=Path, help="draw the wall times into this PNG file")
    given = arguments.parse_args()
    unknown = [name for name in given.question if name not in QUESTIONS]
    if unknown:
        arguments.error(f"question must be one of {', '.join(QUESTIONS)}, got {unknown[0]!r}")
    tables, bars = [], {}
    with tempfile.TemporaryDirectory() as folder:
        write_app(Path(folder))
        for name in given.question or QUESTIONS:
            table, drawn = QUESTIONS[name](Path(folder))
            bars[table.title] = (UNITS[name], drawn)
            tables.append(table)
    publish("Sweeps from the shell", tables, given.out)
    if given.figure:
        bars_figure(bars).savefig(given.figure)


def twelve(folder: Path) -> tuple[Table, Bars]:
    """Time the README's sweep, the best of three, and the same in stock Hydra with PyTorch."""
    columns = ["who", "wall s", "processor s", "times ours"]
    table = Table("12 runs, 200 epochs, 31 digits, from the shell", columns)
    ours = min((run(sweep(*TWELVE), folder) for _ in range(3)), key=lambda took: took.wall)
    bars = {"Sweepscope": ours.wall}
    _row(table, "Sweepscope", ours, ours)
    if has("torch"):
        bars["stock Hydra + PyTorch"] = _stock(table, folder, ours)
    table.notes = [*missing("torch"), "Targets: ≤ 2 s, and ≥ 20× stock Hydra with PyTorch."]
    return table, bars


def _stock(table: Table, folder: Path, ours: Took) -> float:
    stock = run(["learn.py", "-m", *TWELVE], folder)
    _row(table, "stock Hydra + PyTorch", stock, ours)
    return stock.wall


def _row(table: Table, who: str, took: Took, ours: Took) -> None:
    table.add(who, f"{took.wall:.2f}", f"{took.processor:.2f}", ratio(took.wall, ours.wall))


def jobs(folder: Path) -> tuple[Table, Bars]:
    """Tell what a job costs beyond training: many empty jobs less one, divided by the others."""
    table = Table(
        "Overhead of a job, ms (empty jobs: no epochs, but evaluation, probes and all files)",
        ["who", "jobs", "wall ms a job", "processor ms a job", "times ours"],
        notes=[
            f"Only {BASIC_JOBS} jobs were launched with the basic launcher: its cost is the same "
            "for every job. The start of the process is subtracted. Stock Hydra's task returns at "
            "once and writes nothing. Targets: ≤ 3 ms, and ≥ 40× less than the basic launcher."
        ],
    )
    plan = {
        "Sweepscope, stacks": (sweep("epochs=0"), JOBS),
        "Sweepscope, one worker": (sweep("epochs=0", "n_jobs=1"), JOBS),
        "Sweepscope's task, basic launcher": (sweep("epochs=0", *BASIC), BASIC_JOBS),
        "stock Hydra, empty task": (["empty.py", "-m"], BASIC_JOBS),
    }
    took: dict[tuple[str, int], list[Took]] = defaultdict(list)
    for _ in range(3):  # in turns: a slow minute of the machine hits all
        for who, (words, most) in plan.items():
            for count in (1, most):
                took[who, count].append(run([*words, f"seed=range({count})"], folder))
    bars: Bars = {}
    for who, (_, count) in plan.items():
        many, one = (min(took[who, n], key=lambda each: each.wall) for n in (count, 1))
        wall = (many.wall - one.wall) / (count - 1) * 1e3
        processor = (many.processor - one.processor) / (count - 1) * 1e3
        bars[who] = wall
        times = ratio(wall, next(iter(bars.values())))
        table.add(who, str(count), f"{wall:.2f}", f"{processor:.2f}", times)
    return table, bars


def grid(folder: Path) -> tuple[Table, Bars]:
    """Time 1,296 runs of network A on two workers and on one, the better of two each."""
    columns = ["workers", "wall s", "processor s", "one worker / this"]
    table = Table("1,296 runs of network A, 200 epochs, 31 digits", columns)
    took: dict[int, Took] = {}
    for _ in range(2):
        for workers in (1, 2):
            this = run(sweep(*GRID, f"n_jobs={workers}"), folder)
            if workers not in took or this.wall < took[workers].wall:
                took[workers] = this
    for workers, this in took.items():
        gain = ratio(took[1].wall, this.wall)
        table.add(str(workers), f"{this.wall:.1f}", f"{this.processor:.1f}", gain)
    table.notes = ["Targets: ≤ 15 s on two cores; two cores ≥ 1.8× one."]
    return table, {f"Sweepscope, n_jobs={n}": this.wall for n, this in took.items()}


QUESTIONS: dict[str, Callable[[Path], tuple[Table, Bars]]] = {
    "twelve": twelve,
    "jobs": jobs,
    "grid": grid,
}


if __name__ == "__main__":
    main()
