"""The Gram form of a step: whole-image filters train in the space of their digits.

A step of gradient descent adds to a filter a multiple of the digit that was seen (`layers.py`, with
M·N = 1 and the bias as the weight of a pixel that is 1):

    a_l ← a_l − lrA · δ⁰_l x_t

So after any number of steps a filter is its first value less a sum over the T training digits,

    a_l = a⁰_l − Σ_t κ_{l,t} x_t,     κ_{l,t} the sum of lrA · δ⁰_l whenever digit t was seen

and all that training asks of it is its product with a digit s, which needs no pixel either:

    z⁰_l(s) = a_l·x_s = a⁰_l·x_s − Σ_t κ_{l,t} G_{t,s},     G_{t,s} = x_t·x_s

Each digit is presented once an epoch. So the z⁰ of all digits are computed when an epoch begins,
and a step at digit t only moves those of the digits that are still to come:

    z⁰_l(s) ← z⁰_l(s) − lrA · δ⁰_l G_{t,s}

The same holds for the mean of a minibatch. Losses and decisions ask for z⁰ alone, of test digits
too; norms and cosines of filters are quadratic forms of a⁰_l·a⁰_m, a⁰_l·x_t and G. Filters are
formed where somebody looks: for a snapshot, a checkpoint, the end.

Products over pixels and over digits, κ, and what a⁰ gives are float64 in every dtype: they are
taken once an epoch, and so no rounding adds up from epoch to epoch. Between the steps of an epoch
all numbers are of the run's dtype, as in the direct form.

Source: the dual form of gradient descent on-line, J. Kivinen, A. Smola and R. Williamson, "Online
learning with kernels", IEEE Transactions on Signal Processing 52 (2004), with the kernel x·x′; that
a solution lies in the span of the samples is the representer theorem of G. Kimeldorf and G. Wahba,
"Some results on Tchebycheffian spline functions", J. Math. Anal. Appl. 33 (1971).
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from src.arrays import Array, Indices
from src.model.columns import Columns, Pass
from src.model.parameters import Parameters
from src.run import Run
from src.training.evaluation import complete
from src.training.form import Form
from src.training.gram_probe import GramProbe
from src.training.probes import PROBE_DIGITS
from src.training.span import Span
from src.training.stack import Stack

BLOCK = 64
"""Digits whose z⁰ a step moves: those of the next block are computed when it begins."""

MOST_SHARE = 1 / 6
"""Of training digits in pixels: each digit more lengthens the products of every digit, and with
more of them the direct form was measured to be no slower."""

MOST_WEIGHTS = 16
"""Of the perceptron: its products are formed one by one here, and by BLAS in the direct form, which
was measured to be quicker for ten filters and ten classes."""

MOST_KEPT = 16
"""Of all digits in pixels: a z⁰ is kept of each, which should not outgrow the filters by far."""


def pays(run: Run, image: tuple[int, int]) -> bool:
    """Return whether the runs of a structure take the Gram form, for images of (H, V) pixels."""
    pixels = run.I * run.J + 1
    return (
        run.plain
        and image == (run.I, run.J)
        and min(MOST_SHARE * pixels, PROBE_DIGITS) >= run.T
        and run.L * len(run.classes) <= MOST_WEIGHTS
        and MOST_KEPT * pixels >= run.T + run.TT
    )


class Gram(Form):
    """A stack that trains by the coefficients κ of its digits."""

    def __init__(self, stack: Stack, span: Span | None = None) -> None:
        super().__init__(stack)
        run, network = stack.runs[0], stack.network
        self.span = span or Span(stack)
        self._block_size = max(BLOCK // run.batch, 1) * run.batch  # whole minibatches
        self._block = Columns(network, min(self._block_size, run.T))
        self._steps: dict[int, list[_Step]] = {}
        self._moved = np.empty_like(self._block.maps)
        self._row = np.empty_like(self._block.maps[:, 0])
        self._all = Columns(network, run.T + run.TT)
        self._train = self._all.pieces(0, run.T)
        self._test = self._all.pieces(run.T, run.T + run.TT)
        digits = np.concatenate([stack.train, stack.test], axis=1)
        self._labels = stack.labels[digits].T.astype(np.uint8)  # (T + TT, R)
        self._all.target[:] = stack.targets[digits].transpose(1, 2, 0)

    def descend_epoch(self, samples: Indices) -> None:
        """Present all samples (S, T) once, in their order; nothing happens where nothing learns."""
        for _ in self._descend(samples):
            pass

    def _descend(self, samples: Indices) -> Iterator["_Step"]:
        """Present all samples, and yield each minibatch after the step down its gradient."""
        network, block = self.stack.network, self._block
        if not (network.trains_convolution or network.trains_perceptron):
            return
        places = self.span.places(samples)
        keys = np.zeros(1, np.intp) if len(places) == 1 else self.stack.sequences
        block.load()
        for start in range(0, places.shape[1], self._block_size):
            mine = places[:, start : start + self._block_size]
            b = mine.shape[1]
            block.maps[:b] = self.span.activations(mine, keys, first=start == 0)
            labels = self.stack.labels[samples[:, start : start + b]].T
            for c in range(block.target.shape[1]):
                np.equal(labels, c, out=block.target[:b, c], casting="unsafe")
            gram, lanes = self.span.products_of(mine, keys)
            for step in self._steps_of(b):
                step.descend()
                if network.trains_convolution and step.stop < b:
                    self._push(gram, lanes, step, b)
                yield step
            if network.trains_convolution:
                self.span.add(mine, block.delta[:b])
        block.store()

    def _steps_of(self, b: int) -> list["_Step"]:
        """Return the minibatches of a block of b digits."""
        if b not in self._steps:
            batch = self.stack.runs[0].batch
            self._steps[b] = [_Step(self._block, i, min(i + batch, b)) for i in range(0, b, batch)]
        return self._steps[b]

    def _push(self, gram: Array, lanes: Indices | None, step: "_Step", b: int) -> None:
        """Move the z⁰ of a block's digits that are still to come by what a step did."""
        ahead = self._block.maps[step.stop : b]
        moved, row = self._moved[: len(ahead)], self._row[: len(ahead)]
        for t in range(step.start, step.stop):
            factors = gram[t, step.stop :]
            if lanes is not None:
                factors = np.take(factors, lanes, axis=1, out=row, mode="clip")
            np.multiply(factors[:, np.newaxis], self._block.delta[t], out=moved)
            np.subtract(ahead, moved, out=ahead)

    def evaluate(self) -> dict[str, NDArray[np.float64]]:
        """Return every curve's value now: (R,) each, by the curve's name."""
        probe = GramProbe(self.stack.network, self.span)
        values = {}
        values["train_loss"], values["train_acc"] = self._measure(self._fetch(), self._train, probe)
        values["test_loss"], values["test_acc"] = self._measure(self._all, self._test, None)
        return complete(values | probe.values())

    def _fetch(self) -> Columns:
        """Return the columns of all digits, with weights and z⁰ of now."""
        self._all.load()
        self._all.maps[:] = self.span.now().transpose(2, 1, 0)
        return self._all

    def _measure(
        self, columns: Columns, passes: list[Pass], probe: GramProbe | None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        loss, right = np.zeros(columns.runs), np.zeros(columns.runs)
        for each in passes:
            each.forward()
            loss += each.losses()[: columns.runs]
            decided = each.decide()[:, : columns.runs]
            right += np.count_nonzero(decided == self._labels[each.start : each.stop], axis=0)
            if probe is not None:
                probe.add(each)
        digits = passes[-1].stop - passes[0].start
        return loss / digits, right / digits

    def confusion(self) -> NDArray[np.int64]:
        """Count the test digits of each run by class (row) and decision (column): (R, C, C)."""
        columns, C = self._fetch(), self._all.weights.shape[0]
        counts = np.zeros((columns.runs, C, C), np.int64)
        runs = np.arange(columns.runs)
        for each in self._test:
            each.forward()
            decided = each.decide()[:, : columns.runs]
            np.add.at(counts, (runs, self._labels[each.start : each.stop], decided), 1)
        return counts

    def finite(self) -> NDArray[np.bool_]:
        """Return for each run whether all its parameters are finite: (R,)."""
        p = self.stack.network.parameters
        weights, biases = np.isfinite(p.weights), np.isfinite(p.biases)
        return self.span.finite() & weights.all(axis=(1, 2)) & biases.all(axis=1)

    def form_filters(self) -> None:
        """Bring the filters of the stack's network to what they are now."""
        self.stack.network.parameters.filters[:] = self.span.filters()

    def coefficients(self) -> Array:
        """Return κ: (R, T, L)."""
        return self.span.kappa.mT

    def resume(self, coefficients: Array) -> None:
        """Go on from the network's weights and biases and from κ (R, T, L)."""
        self.span.set(np.ascontiguousarray(coefficients.mT))

    def before(self) -> tuple[Parameters, Array]:
        """Return copies of what an epoch changes, for `place`."""
        p = self.stack.network.parameters
        none = p.filters[:, :0]
        return Parameters(none, p.weights.copy(), p.biases.copy()), self.span.kappa.copy()

    def place(self, row: int, before: tuple[Parameters, Array], epoch: Indices) -> str:
        """Replay a run's last epoch, and return where it was first non-finite."""
        rows = np.array([row])
        alone = self.rows(rows)
        p = alone.stack.network.parameters
        p.weights[:], p.biases[:] = before[0].weights[rows], before[0].biases[rows]
        alone.span.set(before[1][rows])
        if epoch.size and alone.finite().all():
            for step in alone._descend(epoch if len(epoch) == 1 else epoch[rows]):
                if overflowed := step.overflowed():
                    return _first(step.passes) or overflowed
        if not alone.finite().all():
            perceptron = np.isfinite(p.weights).all() and np.isfinite(p.biases).all()
            return "convolution" if perceptron else "perceptron"
        alone._fetch()
        passes = [*alone._train, *alone._test]
        for each in passes:
            each.forward()
        return _first(passes) or "loss"

    def rows(self, rows: Indices) -> "Gram":
        """Return the form of some of the runs, with copies of their state."""
        return Gram(self.stack.rows(rows), self.span.rows(rows))


class _Step:
    """One minibatch of a block: the samples i … j−1."""

    def __init__(self, block: Columns, i: int, j: int) -> None:
        self.block, self.start, self.stop = block, i, j
        self.passes = block.pieces(i, j)
        network = block.network
        C, L, R = block.weights.shape
        self._trains = network.trains_convolution, network.trains_perceptron
        self._lrA = np.broadcast_to(network.lrA / (j - i), (L, R)).astype(network.lrA.dtype)
        self._lrW = np.broadcast_to(network.lrW / (j - i), (C, R)).astype(network.lrW.dtype)

    def descend(self) -> None:
        """Go down the mean gradient: the perceptron now; of the filters, `delta` says how far."""
        convolution, perceptron = self._trains
        total: list[Array] = []
        for each in self.passes:
            each.forward()
            each.backward(through=convolution)
            if convolution:
                np.multiply(each.delta1, self._lrA, out=each.delta1)
            if perceptron:
                part = each.perceptron_gradient(self._lrW)
                total = [a + b for a, b in zip(total, part, strict=True)] if total else [*part]
        if total:
            np.subtract(self.block.weights, total[0], out=self.block.weights)
            np.subtract(self.block.biases, total[1], out=self.block.biases)

    def overflowed(self) -> str | None:
        """Return the layer, the later one first, that the step pushed out of range."""
        block = self.block
        if not (np.isfinite(block.weights).all() and np.isfinite(block.biases).all()):
            return "perceptron"
        moved = block.delta[self.start : self.stop]
        return "convolution" if self._trains[0] and not np.isfinite(moved).all() else None


def _first(passes: list[Pass]) -> str | None:
    """Return the first layer with a non-finite activation of some samples that went forward."""
    for each in passes:
        if not np.isfinite(each.x1).all():
            return "convolution"
        if not np.isfinite(each.x2).all():
            return "perceptron"
    return None
