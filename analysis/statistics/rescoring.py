"""Choice and score repeated for every exchange of two tuned levels within seeds.

Had the levels done the same, any seed could have had them the other way round; then both the
choices and their scores would have been others.
"""

import numpy as np

from analysis.arrays import Floats, Indices

Halves = tuple[Indices, Indices]
"""The places of the seeds of either half."""


def rescored(
    by_seed: Floats,
    first: Floats,
    second: Floats,
    halves: Halves,
    patterns: Floats,
) -> Floats:
    """Return the difference of each seed at the choices of the other half, (patterns, seeds).

    Parameters
    ----------
    by_seed : (seeds, candidates of the first level, candidates of the second), the differences
    first, second : (seeds, candidates) average ranks at either level, 1 is best
    halves : each chooses for the other
    patterns : (patterns, seeds) of 1 and -1, where the levels are swapped
    """
    scores = np.full(patterns.shape, np.nan)
    for chosen_on, scored_on in (halves, halves[::-1]):
        swapped = (patterns[:, chosen_on] < 0).astype(np.float64)
        left = _choice(first[chosen_on], second[chosen_on], swapped)
        right = _choice(second[chosen_on], first[chosen_on], swapped)
        kept = patterns[:, scored_on] > 0
        scores[:, scored_on] = np.where(
            kept, by_seed[scored_on, left, right], -by_seed[scored_on, right, left]
        )
    return scores


def _choice(own: Floats, other: Floats, swapped: Floats) -> Indices:
    """Return the candidate of lowest average rank for every pattern, (patterns, 1)."""
    average = ((1 - swapped) @ own + swapped @ other) / len(own)
    return np.asarray(average.round(9).argmin(axis=1)[:, None])
