"""Many levels at once: ranks within seeds, an omnibus test, and the critical difference."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.arrays import Floats
from analysis.errors import AnalysisError
from analysis.statistics.contrasts import Better


@dataclass(frozen=True)
class Ranks:
    """Levels from best to worst.

    Attributes
    ----------
    levels : best first
    average : their average ranks over seeds, 1 is best
    n : seeds
    iman_davenport, iman_davenport_p : the F of Iman and Davenport (1980) and its p, which at few
        seeds is less conservative than the chi-square of Friedman (1937)
    critical_difference : average ranks closer than this are not told apart (Nemenyi 1963; Demšar
        2006)
    cliques : maximal groups of levels within the critical difference, of two levels or more
    """

    levels: tuple[object, ...]
    average: tuple[float, ...]
    n: int
    iman_davenport: float
    iman_davenport_p: float
    critical_difference: float
    cliques: tuple[tuple[object, ...], ...]


def rank(
    values: ArrayLike, levels: Sequence[object], better: Better = "higher", alpha: float = 0.05
) -> Ranks:
    """Rank the levels within each seed.

    Parameters
    ----------
    values : (n, k), a row a seed (averaged over the other factors), a column a level; NaN
        (diverged) ranks last
    levels : (k,) names, 3 or more
    better : which end of the values has rank 1

    Raises
    ------
    AnalysisError : for fewer than 3 levels or 2 seeds
    """
    given = np.asarray(values, dtype=np.float64)
    if given.ndim != 2 or given.shape[1] != len(levels):
        raise AnalysisError(
            f"values must have the shape (seeds, {len(levels)} levels), got {given.shape}"
        )
    n, k = given.shape
    if k < 3:
        raise AnalysisError(
            f"ranks must be of 3 levels or more, got {k}: compare two by their difference"
        )
    if n < 2:
        raise AnalysisError(
            f"ranks must be over 2 seeds or more, got {n}: 'seed=range(0,20)' trains twenty"
        )
    ranks = within_rows(given, better)
    average = ranks.mean(axis=0)
    order = np.argsort(average, kind="stable")
    f, p = _omnibus(ranks)
    reach = critical_difference(k, n, alpha)
    return Ranks(
        levels=tuple(levels[i] for i in order),
        average=tuple(float(average[i]) for i in order),
        n=n,
        iman_davenport=f,
        iman_davenport_p=p,
        critical_difference=reach,
        cliques=tuple(
            tuple(levels[order[i]] for i in range(*span))
            for span in _cliques(average[order], reach)
        ),
    )


def within_rows(values: Floats, better: Better) -> Floats:
    """Rank each row, 1 is best, ties share their average rank, NaN comes last."""
    from scipy.stats import rankdata

    signed = -values if better == "higher" else values
    return np.asarray(
        rankdata(np.where(np.isnan(signed), np.inf, signed), axis=1), dtype=np.float64
    )


def critical_difference(k: int, n: int, alpha: float = 0.05) -> float:
    """Return Nemenyi's critical difference of average ranks of k levels over n seeds."""
    from scipy.stats import studentized_range

    return float(
        studentized_range.ppf(1 - alpha, k, np.inf) / np.sqrt(2) * np.sqrt(k * (k + 1) / (6 * n))
    )


def _omnibus(ranks: Floats) -> tuple[float, float]:
    """Return F and p of the ranks (n, k), from Friedman's chi-square with correction for ties."""
    from scipy.special import fdtrc, gammaln

    n, k = ranks.shape
    between = n * ((ranks.mean(axis=0) - (k + 1) / 2) ** 2).sum()
    within = ((ranks - (k + 1) / 2) ** 2).sum() / (n * (k - 1))  # k (k+1)/12 without ties
    if within == 0:  # every seed ties all levels
        return 0.0, 1.0
    chi = between / within
    left = n * (k - 1) - chi
    if left <= 1e-9:  # all seeds agree on the order
        _, ties = np.unique(ranks[0], return_counts=True)
        agree = np.exp((gammaln(ties + 1).sum() - gammaln(k + 1)) * (n - 1))  # by chance, exactly
        return float("inf"), float(agree)
    f = (n - 1) * chi / left
    return float(f), float(fdtrc(k - 1, (k - 1) * (n - 1), f))


def _cliques(average: Floats, reach: float) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for start in range(average.size):
        stop = int(np.searchsorted(average, average[start] + reach, side="right"))
        if stop - start > 1 and (not spans or stop > spans[-1][1]):
            spans.append((start, stop))
    return spans
