"""Microseconds per sample and run of stacks, beside JAX vmap. `python -m benchmarks.stack`.

The targets stand in the notes. PyTorch eager trains run after run: its time per sample and
run is that of one run. What evaluation, probes and writing cost stands in a table of its own.
"""

from pathlib import Path

from benchmarks.asides import asides
from benchmarks.field import Place, compete, micro
from benchmarks.figures import stack_figure
from benchmarks.machine import missing, pin
from benchmarks.networks import network, useful_operations, variations
from benchmarks.peak import sgemm_rate
from benchmarks.problem import agreement
from benchmarks.table import Table, parser, publish, ratio

PLAN = [
    *(("A", 1, R, False) for R in (1, 2, 4, 8, 12, 24, 36, 72, 144, 288)),
    *(("A", 1, R, True) for R in (12, 36, 144)),
    *(("B", 1, R, False) for R in (1, 2, 3, 4, 6, 8)),
    *(("B", batch, R, False) for batch in (32, 128) for R in (1, 2, 4)),
]
"""Network, batch, runs, and whether each has samples of its own."""

COLUMNS = (
    *("network, batch", "samples", "R", "ours", "GFLOP/s", "of sgemm"),
    *("PyTorch", "PyTorch/ours", "JAX", "JAX/ours", "JAX's form", "its other forms"),
)


def main() -> None:
    """Run the races and publish tables and figure."""
    arguments = parser(__doc__)
    arguments.add_argument("--figure", type=Path, help="draw the stacks into this PNG file")
    given = arguments.parse_args()
    pin()
    peak = sgemm_rate()
    places: list[Place] = []
    torch: dict[tuple[str, int], float] = {}
    for name, batch, R, own in PLAN:
        run, passes = network(name, batch)
        first = (name, batch) not in torch
        passes = max(min(passes, 10), passes // R)
        result = compete(variations(run, R, own), passes, first, seconds=1.5)
        torch.setdefault((name, batch), result.torch)
        places.append(Place(name, batch, R, own, result, torch[name, batch]))
    table = Table("Stacks, µs per sample and run, one core", COLUMNS)
    for place in places:
        table.add(*_cells(place, peak))
    apart = max(place.result.apart for place in places)
    table.notes = [*missing("torch", "jax"), *verdicts(places, peak), agreement(apart)]
    publish("Stacks", [table, asides()], given.out)
    if given.figure:
        stack_figure(places).savefig(given.figure)


def _cells(place: Place, peak: float) -> list[str]:
    run, _ = network(place.name, place.batch)
    result, rate = place.result, useful_operations(run) / place.result.ours
    return [
        f"{place.name}, {place.batch}",
        "own" if place.own else "shared",
        str(place.R),
        micro(result.ours),
        f"{rate / 1e9:.3g}",
        f"{rate / peak:.0%}",
        micro(place.torch),
        ratio(place.torch, result.ours),
        micro(result.best_jax),
        ratio(result.best_jax, result.ours),
        result.best_form,
        result.others(),
    ]


def verdicts(places: list[Place], peak: float) -> list[str]:
    """Return one sentence for each of issue 3's targets that this benchmark measures."""

    def best(name: str, batch: int) -> Place:
        rows = [p for p in places if (p.name, p.batch, p.own) == (name, batch, False)]
        return min(rows, key=lambda p: p.result.ours)

    def jax(name: str, batch: int) -> float:
        rows = [p for p in places if (p.name, p.batch, p.own) == (name, batch, False)]
        return min(p.result.best_jax for p in rows)

    a = next(p for p in places if (p.name, p.R, p.own) == ("A", 36, False))
    b = best("B", 1)
    rate = useful_operations(network("B")[0]) / b.result.ours
    lines = [f"This core's sgemm rate: {peak / 1e9:.0f} GFLOP/s."]
    lines += _verdict("A, R=36, shared, against JAX vmap at R=36", a.result.best_jax, a, 3)
    lines += _verdict("A, R=36, shared, against PyTorch", a.torch, a, 400)
    lines += _verdict(f"B, best R={b.R}, against JAX at its best R", jax("B", 1), b, 1.25)
    lines += _verdict(f"B, best R={b.R}, against PyTorch", b.torch, b, 12)
    for batch in (32, 128):
        best_of = best("B", batch)
        words = f"B, batch {batch}, best R={best_of.R}, against PyTorch"
        lines += _verdict(words, best_of.torch, best_of, 1.2)
    met = "met" if rate >= 0.4 * peak else "missed"
    return [*lines, f"B, best R={b.R}: {rate / peak:.0%} of the sgemm rate (target ≥ 40 %: {met})."]


def _verdict(words: str, peer: float, place: Place, target: float) -> list[str]:
    if peer != peer:
        return []
    gain = peer / place.result.ours
    met = "met" if gain >= target else "missed"
    return [f"{words}: {gain:.3g}× (target ≥ {target:g}×: {met})."]


if __name__ == "__main__":
    main()
