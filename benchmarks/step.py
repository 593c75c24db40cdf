"""Microseconds per sample of one run: ours, PyTorch eager, JAX jit. `python -m benchmarks.step`.

Issue 2's targets stand in the table. All contestants present the same digits in the same order from
the same weights, and must arrive at the same parameters.
"""

from benchmarks.field import Result, compete, micro
from benchmarks.machine import missing, pin
from benchmarks.networks import network, variations
from benchmarks.problem import agreement
from benchmarks.table import Table, parser, publish, ratio

TARGETS = {("A", 1): 20.0, ("B", 1): 6.0, ("B", 32): 1.0}
"""How many times quicker than PyTorch eager, at least."""

COLUMNS = (
    *("network", "batch", "ours", "PyTorch", "PyTorch/ours", "target"),
    *("JAX", "JAX/ours", "JAX's form", "its other forms"),
)


def main() -> None:
    """Run the races and publish the table."""
    arguments = parser(__doc__).parse_args()
    pin()
    table = Table(
        "One step of one run, µs per sample, one core",
        COLUMNS,
        notes=missing("torch", "jax"),
    )
    apart = []
    for name in ("A", "B"):
        for batch in (1, 32):
            run, passes = network(name, batch)
            result = compete(variations(run, 1), passes, seconds=5.0)
            apart.append(result.apart)
            table.add(name, str(batch), *_cells(result, TARGETS.get((name, batch))))
    table.notes.append(agreement(max(apart)))
    publish("The step", [table], arguments.out)


def _cells(result: Result, target: float | None) -> list[str]:
    gain = result.torch / result.ours
    word = ""
    if target is not None:
        word = f"≥ {target:g}×"
        if gain == gain:
            word += ": met" if gain >= target else ": missed"
    return [
        micro(result.ours),
        micro(result.torch),
        ratio(result.torch, result.ours),
        word,
        micro(result.best_jax),
        ratio(result.best_jax, result.ours),
        result.best_form,
        result.others(),
    ]


if __name__ == "__main__":
    main()
