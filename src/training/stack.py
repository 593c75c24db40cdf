"""Stack: runs that train together, as arrays; and which runs may do so.

Owns the step from runs to arrays. What may differ inside a stack is named in `MAY_DIFFER`; every
other field of a Run is structural, so that a field added later makes a smaller stack, never a
wrong result.
"""

from collections.abc import Sequence
from copy import copy

import numpy as np

from src.arrays import Array, Indices
from src.data.datasets import Dataset, pixels
from src.data.subsets import mislabelled, subset
from src.model.parameters import Network, Parameters
from src.run import Run, Stream

MAY_DIFFER = frozenset(
    {"act", "act_out", "order", "init", "init_scale", "lrA", "lrW"}
    | {"seed", "subset_seed", "init_seed", "order_seed", "noise_seed"}
)


def structure(run: Run) -> tuple[object, ...]:
    """Return what runs of one stack must have in common.

    Whether a layer learns at all is structure too: at a rate of 0 its gradient is never computed.
    """
    fixed = (getattr(run, key) for key in run.__dataclass_fields__ if key not in MAY_DIFFER)
    rates = np.array([run.lrA, run.lrW], run.dtype.name)
    return (*fixed, *(rates == 0).tolist())


class Stack:
    """Runs of one structure as arrays with a leading axis R.

    The runs stand in the order of their activations, so that each is applied to a slice of rows.

    Parameters
    ----------
    runs
        Of one `structure`.
    dataset
        The digits that they name.
    """

    def __init__(self, runs: Sequence[Run], dataset: Dataset) -> None:
        if len({structure(run) for run in runs}) != 1:
            raise ValueError("the runs of a stack must share their structure")
        self.runs = sorted(runs, key=lambda run: (run.act.name, run.act_out.name))
        first = self.runs[0]
        dtype = np.dtype(first.dtype.name)
        drawn = _draw_subsets(self.runs, dataset)
        output_of = np.zeros(256, np.intp)
        output_of[list(first.classes)] = np.arange(len(first.classes))
        C = len(first.classes)
        labels = output_of[dataset.labels[drawn]]
        for run, of_run in zip(self.runs, labels, strict=True):
            if run.noise:
                rng = run.rng(Stream.noise)
                of_run[: run.T] = mislabelled(of_run[: run.T], C, run.label_noise, rng)
        # A digit stands once for each label that it has among the runs: nearly always one.
        used, places = np.unique(drawn * C + labels, return_inverse=True)
        images = pixels(dataset.images[used // C], dtype)
        border = (first.padding, first.padding)
        self.images: Array = np.pad(images, ((0, 0), border, border)) if first.padding else images
        """(N, H, V): every digit that any of the runs needs, once, with zeros around it."""
        self.labels: Indices = used % C
        """(N,): the output that stands for each digit's class, 0 … C−1."""
        self.targets: Array = np.eye(C, dtype=dtype)[self.labels]
        """(N, C): one-hot."""
        places = places.reshape(drawn.shape)
        self.train, self.test = places[:, : first.T], places[:, first.T :]
        """(R, T) and (R, TT): each run's digits among the N."""
        self.network = Network(
            _draw_parameters(self.runs, dataset),
            tuple(run.act for run in self.runs),
            tuple(run.act_out for run in self.runs),
            np.array([run.lrA for run in self.runs], dtype),
            np.array([run.lrW for run in self.runs], dtype),
            (first.I, first.J),
            first.stride,
            first.loss,
            first.optimizer,
        )
        self._orders = {
            _order_key(run): run.order.epochs(self.labels[mine], run.rng(Stream.order))
            for run, mine in zip(self.runs, self.train, strict=True)
        }
        self.sequences = self._number()
        """(R,): the same number for runs that see the same digits in the same order."""

    def _number(self) -> Indices:
        numbers = {key: n for n, key in enumerate(self._orders)}
        return np.array([numbers[_order_key(run)] for run in self.runs])

    @property
    def shares_subset(self) -> bool:
        """Whether all runs are trained and tested on the same digits."""
        return len({(run.subset_seed, run.noise) for run in self.runs}) == 1

    @property
    def shares_samples(self) -> bool:
        """Whether all runs see the same digits in the same order: S = 1."""
        return len(self._orders) == 1

    def next_epoch(self) -> Indices:
        """Return the training digits of the next epoch in their order: (S, T)."""
        orders = np.array([next(epochs) for epochs in self._orders.values()])
        if self.shares_samples:
            shared: Indices = self.train[:1, orders[0]]
            return shared
        return np.take_along_axis(self.train, orders[self.sequences], axis=1)

    def rows(self, rows: Indices) -> "Stack":
        """Return the stack of some of the runs; its parameters are copies, its orders go on."""
        part = copy(self)
        part.runs = [self.runs[r] for r in rows]
        part.train, part.test = self.train[rows], self.test[rows]
        part.network = self.network.rows(rows)
        wanted = {_order_key(run) for run in part.runs}
        part._orders = {key: epochs for key, epochs in self._orders.items() if key in wanted}
        part.sequences = part._number()
        return part


def _order_key(run: Run) -> tuple[object, ...]:
    return run.order, run.order_seed, run.subset_seed, run.noise


def _draw_subsets(runs: Sequence[Run], dataset: Dataset) -> Indices:
    """Draw the digits of each run, training then test: (R, T + TT)."""
    by_seed: dict[int, Indices] = {}
    for run in runs:
        if run.subset_seed not in by_seed:
            train, test = subset(dataset, run.classes, run.T, run.TT, run.rng(Stream.subset))
            by_seed[run.subset_seed] = np.concatenate([train, test])
    return np.array([by_seed[run.subset_seed] for run in runs])


def _draw_parameters(runs: Sequence[Run], dataset: Dataset) -> Parameters:
    first = runs[0]
    M, N = first.positions(dataset)
    filters, perceptron = (first.L, first.I * first.J), (len(first.classes), first.L * M * N)
    dtype = np.dtype(first.dtype.name)
    a = np.zeros((len(runs), first.L, first.I * first.J + 1), dtype)  # biases start at 0
    w = np.empty((len(runs), *perceptron), dtype)
    for r, run in enumerate(runs):
        a[r, :, :-1], w[r] = run.init.draw(
            filters, perceptron, M * N, run.init_scale, run.rng(Stream.init)
        )
    return Parameters(a, w, np.zeros((len(runs), perceptron[0]), dtype))
