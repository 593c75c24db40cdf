"""What a claim can ask of a run's filters, by name: one number a run.

    likeness(3)           mean correlation of the filters with the mean image of a digit
    own                   how much more filters are like their own digit than like the others
    shape(3)              of the digit's filter: likeness to the digit, minus before training
    distinct(3)           … minus its likeness to the most similar other digit
    named(2, 3)           own likeness of the filters of some digits, minus that of the others
    noise                 share of filters that look like noise
    alike                 whether the first two filters look alike
    same_digit            whether all filters seek the same digit
    mirrored              correlation, in size, of what the first two filters have learned
    explicit              share of filters that show one of the run's digits by itself
    overlaid              likeness to the first digit laid over the second, beyond that to either
    overlay_learned       that likeness, minus before training

Owns these names and what each needs of a run; the arithmetic is `analysis.metrics.similarity`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.metrics.class_means import ClassMeans
from analysis.metrics.similarity import (
    ALIKE,
    EXPLICIT,
    NOISE,
    correlations,
    cosine,
    overlay,
    strongest,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Filters:
    """One run's filters, and what they are held against.

    Attributes
    ----------
    before, after : (L, H, V), before training and at the end
    images : the mean image (H, V) of every digit
    classes : the run's digits, in the order of its outputs
    digits : those that a measure names
    """

    before: Floats
    after: Floats
    images: ClassMeans
    classes: Sequence[int]
    digits: Sequence[int] = ()

    @property
    def ends(self) -> Floats:
        """The filters before training and at the end, (2, L, H, V)."""
        return np.stack([self.before, self.after])

    @property
    def own(self) -> Floats:
        """The likeness of every filter to its own digit, (L,)."""
        return self.like(self.classes).diagonal()

    @property
    def place(self) -> int:
        """Which filter belongs to the digit that is named."""
        return self.classes.index(self.digits[0])

    def of(self, digits: Sequence[int]) -> Floats:
        """Return the mean images of digits, (D, H, V)."""
        return np.stack([self.images[digit] for digit in digits])

    def like(self, digits: Sequence[int]) -> Floats:
        """Return the likeness of every filter to digits at the end, (L, D)."""
        return correlations(self.after, self.of(digits))


@dataclass(frozen=True)
class FilterMeasure:
    """A measure of filters, and what it needs of a run.

    Attributes
    ----------
    value : the number, given one run's filters
    takes : in brackets
    paired : filter l belongs to the l-th class, and the digits in brackets are classes
    least : how many filters there must be
    share : it can only lie between 0 and 1
    """

    value: Callable[[Filters], float]
    takes: Literal["no digits", "one digit", "one digit or more"] = "no digits"
    paired: bool = False
    least: int = 1
    share: bool = False

    def check(self, text: str, digits: Sequence[int], classes: Sequence[int], L: int) -> None:
        """Refuse a run that cannot have the measure.

        Parameters
        ----------
        text : the measure, as it was asked for
        digits : those in its brackets
        classes, L : the run's

        Raises
        ------
        AnalysisError
            A digit is no class of the run, all of them are named, or there are too few filters.
        """
        listed = ", ".join(map(str, classes))
        if self.least > L:
            raise AnalysisError(f"{text} is of {self.least} filters or more, got L={L}")
        if not self.paired:
            return
        if len(classes) != L:
            raise AnalysisError(f"{text} is of a filter for every class, got L={L} for {listed}")
        if not set(digits) <= set(classes):
            raise AnalysisError(f"the digits of {text} must be classes of the run: {listed}")
        if set(digits) == set(classes):
            raise AnalysisError(f"{text} leaves no other class of {listed} to compare with")


def _likeness(filters: Filters) -> float:
    return float(filters.like(filters.digits).mean())


def _own(filters: Filters) -> float:
    square = filters.like(filters.classes)
    others = (square.sum(axis=1) - square.diagonal()) / (len(filters.classes) - 1)
    return float((square.diagonal() - others).mean())


def _shape(filters: Filters) -> float:
    ends = filters.ends[:, filters.place]
    before, after = correlations(ends, filters.of(filters.digits))[:, 0]
    return float(after - before)


def _distinct(filters: Filters) -> float:
    place = filters.place
    row = correlations(filters.after[place : place + 1], filters.of(filters.classes))[0]
    return float(row[place] - np.delete(row, place).max())


def _named(filters: Filters) -> float:
    named = np.isin(filters.classes, filters.digits)
    return float(filters.own[named].mean() - filters.own[~named].mean())


def _noise(filters: Filters) -> float:
    return float((filters.own < NOISE).mean())


def _alike(filters: Filters) -> float:
    return float(cosine(filters.after) > ALIKE)


def _same_digit(filters: Filters) -> float:
    sought = strongest(filters.after, filters.of(filters.classes))
    return float((sought == sought[0]).all())


def _mirrored(filters: Filters) -> float:
    learned = filters.after - filters.before
    return float(abs(correlations(learned[:1], learned[1:2])[0, 0]))


def _explicit(filters: Filters) -> float:
    return float((np.abs(filters.like(filters.classes)).max(axis=1) > EXPLICIT).mean())


def _overlaid(filters: Filters) -> float:
    return float(overlay(filters.after, *filters.of(filters.classes[:2]))[1].mean())


def _overlay_learned(filters: Filters) -> float:
    before, after = overlay(filters.ends, *filters.of(filters.classes[:2]))[0]
    return float((after - before).mean())


FILTER_MEASURES: Mapping[str, FilterMeasure] = {
    "likeness": FilterMeasure(_likeness, "one digit or more"),
    "own": FilterMeasure(_own, paired=True),
    "shape": FilterMeasure(_shape, "one digit", paired=True),
    "distinct": FilterMeasure(_distinct, "one digit", paired=True),
    "named": FilterMeasure(_named, "one digit or more", paired=True),
    "noise": FilterMeasure(_noise, paired=True, share=True),
    "alike": FilterMeasure(_alike, least=2, share=True),
    "same_digit": FilterMeasure(_same_digit, least=2, share=True),
    "mirrored": FilterMeasure(_mirrored, least=2),
    "explicit": FilterMeasure(_explicit, share=True),
    "overlaid": FilterMeasure(_overlaid),
    "overlay_learned": FilterMeasure(_overlay_learned),
}
