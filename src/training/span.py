"""Span: whole-image filters as their first value less a sum of training digits; see `gram.py`.

Owns κ, and every product that is taken of it: once an epoch, in float64, run by run.
"""

from copy import copy

import numpy as np
from numpy.typing import NDArray

from src.arrays import Array, Indices
from src.model.blas import rowwise
from src.training.stack import Stack

Numbers = NDArray[np.float64]


class Span:
    """The filters of a stack in the space of each run's digits; training digits before test digits.

    Parameters
    ----------
    stack
        Its filters are those before training.
    """

    def __init__(self, stack: Stack) -> None:
        seeds = [run.subset_seed for run in stack.runs]
        _, some, self.set_of = np.unique(seeds, return_index=True, return_inverse=True)
        digits = np.concatenate([stack.train, stack.test], axis=1)[some]
        self._digits, self._stack_images = digits, stack.images
        T = self.T = stack.train.shape[1]
        self.dtype = stack.images.dtype
        self.first = stack.network.parameters.filters.copy()
        """(R, L, I·J+1)"""
        self.gram = np.empty((len(digits), T, digits.shape[1]))
        """(sets, T, T + TT): x_t·x_s"""
        self.start = np.empty((*self.first.shape[:2], digits.shape[1]))
        """(R, L, T + TT): a⁰·x_s"""
        for s, rows in enumerate(self._sets()):
            x = self._pixels(s, digits.shape[1])
            np.matmul(x[:T], x.T, out=self.gram[s])
            self.start[rows] = rowwise(self.first[rows].astype(np.float64), x.T)
        wide = self.first.astype(np.float64)
        self.inner = np.matmul(wide, wide.mT)
        """(R, L, L): a⁰_l·a⁰_m"""
        self.largest = np.abs(wide).max(axis=(1, 2))
        self._near = self.gram[:, :, :T].astype(self.dtype)
        self._place = np.zeros((len(digits), len(stack.images)), np.intp)
        np.put_along_axis(self._place, digits[:, :T], np.arange(T)[np.newaxis], axis=1)
        self.set(np.zeros((*self.first.shape[:2], T)))

    def _sets(self) -> list[Indices]:
        """Return the rows of each set of digits."""
        return [np.flatnonzero(self.set_of == s) for s in range(len(self._digits))]

    def _pixels(self, s: int, n: int) -> Numbers:
        """Return the first n digits of a set, with a last pixel of 1: (n, I·J+1)."""
        x = np.ones((n, self.first.shape[2]))
        x[:, :-1] = self._stack_images[self._digits[s, :n]].reshape(n, -1)
        return x

    def set(self, kappa: Numbers) -> None:
        """Take other coefficients (R, L, T)."""
        self.kappa = kappa
        self._now: Numbers | None = None

    def rows(self, rows: Indices) -> "Span":
        """Return the span of some of the runs, with copies of their coefficients."""
        part = copy(self)
        part.set_of, part.first, part.start = self.set_of[rows], self.first[rows], self.start[rows]
        part.inner, part.largest = self.inner[rows], self.largest[rows]
        part.set(self.kappa[rows])
        return part

    def times_gram(self, vectors: Numbers, columns: int) -> Numbers:
        """Return Σ_t v_t x_t·x_s of vectors (R, L, T) for the first s: (R, L, columns)."""
        sets = np.unique(self.set_of)
        if len(sets) == 1:
            return rowwise(vectors, self.gram[sets[0], :, :columns])
        product = np.empty((*vectors.shape[:2], columns))
        for s in sets:
            rows = np.flatnonzero(self.set_of == s)
            product[rows] = rowwise(vectors[rows], self.gram[s, :, :columns])
        return product

    def now(self) -> Numbers:
        """Return z⁰ of all digits: (R, L, T + TT)."""
        if self._now is None:
            moved = self.times_gram(self.kappa, self.start.shape[2])
            self._now = np.subtract(self.start, moved, out=moved)
        return self._now

    def places(self, samples: Indices) -> Indices:
        """Return which of a run's training digits samples (S, n) among the stack's digits are."""
        return self._place[self.set_of[: len(samples), np.newaxis], samples]

    def activations(self, places: Indices, keys: Indices, first: bool) -> Array:
        """Return z⁰ of training digits (S, b), runs last: (b, L, R).

        Of an epoch's first block they are those of `now`; of a later one they are computed anew.
        """
        if first:
            if len(places) == 1:
                return self.now()[:, :, places[0]].transpose(2, 1, 0)
            now = self.now()
            return np.take(now, _flat(now, places)).transpose(2, 1, 0)
        z = np.empty((*self.start.shape[:2], places.shape[1]))
        for key, row in zip(*np.unique(keys, return_index=True), strict=True):
            rows = slice(None) if len(places) == 1 else np.flatnonzero(keys == key)
            at = places[row]
            gram = self.gram[self.set_of[row]][:, at]
            z[rows] = self.start[rows][:, :, at] - rowwise(self.kappa[rows], gram)
        return z.transpose(2, 1, 0)

    def products_of(self, places: Indices, keys: Indices) -> tuple[Array, Indices | None]:
        """Return the products of training digits (S, b) among each other.

        Returns
        -------
        (b, b, 1) and None where all runs see the same digits, else (b, b, n) and which of the n
        each column of runs takes.
        """
        if len(places) == 1:
            at = places[0]
            return self._near[self.set_of[0]][np.ix_(at, at)][:, :, np.newaxis], None
        _, some, lanes = np.unique(keys, return_index=True, return_inverse=True)
        at = places[some]
        mine = self._near[
            self.set_of[some, np.newaxis, np.newaxis], at[:, :, np.newaxis], at[:, np.newaxis]
        ]
        return np.ascontiguousarray(mine.transpose(1, 2, 0)), lanes

    def add(self, places: Indices, moved: Array) -> None:
        """Add to the coefficients of training digits (S, b) what the steps moved: (b, L, R)."""
        of_runs = moved[:, :, : len(self.kappa)].transpose(2, 1, 0)
        if len(places) == 1:
            self.kappa[:, :, places[0]] += of_runs
        else:
            self.kappa.reshape(-1)[_flat(self.kappa, places)] += of_runs
        self._now = None

    def filters(self) -> Array:
        """Return the filters: (R, L, I·J+1)."""
        filters = np.empty_like(self.first)
        for s in np.unique(self.set_of):
            rows = np.flatnonzero(self.set_of == s)
            filters[rows] = self.first[rows] - rowwise(self.kappa[rows], self._pixels(s, self.T))
        return filters

    def filter_products(self) -> Numbers:
        """Return a_l·a_m with the biases: (R, L, L)."""
        start, now = self.start[:, :, : self.T], self.now()[:, :, : self.T]
        products: Numbers = np.matmul(start, self.kappa.mT)
        products += np.matmul(self.kappa, now.mT)
        return np.subtract(self.inner, products, out=products)

    def biases(self) -> Numbers:
        """Return the filters' biases: (R, L)."""
        biases: Numbers = self.first[:, :, -1] - self.kappa.sum(axis=2)
        return biases

    def finite(self) -> NDArray[np.bool_]:
        """Return for each run whether its filters are finite in their dtype: (R,).

        No pixel is above 1, so a sum of magnitudes bounds them; where it says too little they are
        formed.
        """
        finite = np.asarray(np.isfinite(self.kappa).all(axis=(1, 2)))
        bound = self.largest + self.T * np.abs(self.kappa).max(axis=(1, 2))
        near = finite & ~(bound < 0.5 * np.finfo(self.dtype).max)
        if near.any():
            rows = np.flatnonzero(near)
            finite[rows] = np.isfinite(self.rows(rows).filters()).all(axis=(1, 2))
        return finite


def _flat(numbers: Numbers, places: Indices) -> Indices:
    """Return where each run's places (R, b) lie in numbers (R, L, n), flattened: (R, L, b)."""
    R, L, n = numbers.shape
    flat: Indices = np.arange(0, R * L * n, n).reshape(R, L, 1) + places[:, np.newaxis]
    return flat
