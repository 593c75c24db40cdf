"""Networks A and B, the two that every benchmark is about, as Runs.

A: two 28×28 filters and a perceptron 2→2 on threes and ones; its step is all call overhead.
B: sixteen 7×7 filters and a perceptron 7744→10 on ten classes; its step is arithmetic and memory.
"""

from dataclasses import replace

from src.data.orders import Order
from src.model.activations import Act
from src.model.inits import Init
from src.run import Dtype, Run, Source

A = Run(
    act=Act.tanh,
    act_out=Act.tanh,
    order=Order.random,
    init=Init.uniform,
    init_scale=0.1,
    lrA=0.001,
    lrW=0.001,
    L=2,
    I=28,
    J=28,
    source=Source.embedded,
    folder=None,
    classes=(3, 1),
    T=31,
    TT=98,
    batch=1,
    epochs=200,
    dtype=Dtype.float32,
    seed=0,
    subset_seed=0,
    init_seed=0,
    order_seed=0,
)
B = replace(A, L=16, I=7, J=7, classes=tuple(range(10)), T=256, TT=256, epochs=1)

NETWORKS = {"A": A, "B": B}

MINIBATCHED = 256
"""Samples where the batch is larger than 1: they must fill minibatches of 32 and of 128."""

STEPS = {"A": 1240, "B": 256}
"""Samples that one timed turn presents to each run, about: enough to hide the call of it."""


def network(name: str, batch: int = 1) -> tuple[Run, int]:
    """Return a network's Run, and how many passes over its digits make one timed turn."""
    run = replace(NETWORKS[name], batch=batch)
    if batch > 1:
        run = replace(run, T=MINIBATCHED)
    return run, max(1, STEPS[name] // run.T)


def variations(run: Run, R: int, own: bool = False) -> list[Run]:
    """Return R runs for one stack, each with an init and a learning rate of its own.

    Parameters
    ----------
    run
        Their common structure.
    R
        How many.
    own
        Whether each run has digits and an order of its own too, else all see the same.
    """
    return [
        replace(
            run,
            seed=r,
            init_seed=r,
            lrA=run.lrA * (1 + r / 1000),
            subset_seed=r if own else 0,
            order_seed=r if own else 0,
        )
        for r in range(R)
    ]


def useful_operations(run: Run) -> int:
    """Return the exact floating-point operations of a step per sample: 4·L·I·J·M·N + 6·K·C.

    Forward, the filters' gradient (2·L·I·J·M·N each); forward, backward and the weights' gradient
    of the perceptron (2·K·C each).
    """
    positions = (28 - run.I + 1) * (28 - run.J + 1)
    features = run.L * positions
    return 4 * run.L * run.I * run.J * positions + 6 * features * len(run.classes)
