"""Nuisance factors: every level at its own best rates.

Chosen on one half of the seeds and scored on the other.

A winner that is scored on the seeds that chose it looks better than it is; here no seed scores a
choice that it took part in. All seeds of a half share the choice made by the other, so their scores
are not independent and a plain paired test gives up to 18 % false alarms where 5 % were promised.
The test here flips the levels within seeds and repeats both choices and scores for every pattern,
which keeps the promise (benchmarks/statistics/coverage.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.metrics import Better
from analysis.statistics import signflips
from analysis.statistics.contrasts import Contrast, Endpoint, contrast
from analysis.statistics.ranks import within_rows

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Tuning:
    """What was chosen for each level, and the runs that score it.

    Attributes
    ----------
    choices : a row a level and half: the chosen values, their average rank among the candidates,
        chosen_on and scored_on (seeds)
    cells : the runs that score, a row a seed, level and cell of the other factors
    values : by column and block (seed and other factors): all candidates of each level, the frame
        that tests are made on
    ranks : (levels, seeds, candidates) average ranks within seeds, 1 is best
    halves : the places of the seeds of either half
    """

    choices: pd.DataFrame
    cells: pd.DataFrame
    values: pd.DataFrame
    ranks: Floats
    halves: tuple[Ints, Ints]

    @property
    def levels(self) -> list[object]:
        """The levels, in the order of the choices."""
        return list(self.choices["level"].unique())

    def caption(self) -> str:
        """Say in one sentence what the scores rest on."""
        first, second = (len(half) for half in self.halves)
        return (
            "Each level runs at values chosen for it on one half of the seeds and scored on the "
            f"other ({first} and {second} seeds), "
            "both ways round; p repeats choice and score for every exchange of levels within "
            "seeds; the interval is for these choices."
        )

    def contrasts(self, endpoint: Endpoint, survived: str = "survived") -> list[Contrast]:
        """Test all pairs of levels at their own choices.

        `analysis.statistics.comparison.judge` corrects and judges them.

        Parameters
        ----------
        endpoint : a column of the cells; without a delta, for equivalence has no such test
        """
        if endpoint.delta is not None:
            raise AnalysisError(
                "tuned levels can be shown to differ, not to be equivalent: leave out delta"
            )
        wide = pd.DataFrame(self.values[endpoint.metric]).astype("float64")
        if endpoint.kind == "value":
            wide = wide.where(self.values[survived].astype(bool))
        by_level = [
            wide.xs(level, axis=1).to_numpy(dtype=np.float64) for level in self.levels
        ]  # (blocks, candidates)
        owner = pd.factorize(wide.index.get_level_values(0), sort=True)[0]
        return [
            self._contrast(endpoint, i, j, by_level[i], by_level[j], owner)
            for i, j in combinations(range(len(self.levels)), 2)
        ]

    def _contrast(
        self, endpoint: Endpoint, i: int, j: int, first: Floats, second: Floats, owner: Ints
    ) -> Contrast:
        gaps = first[:, :, None] - second[:, None, :]  # (blocks, candidate of i, candidate of j)
        known = ~np.isnan(gaps)
        shape = (self.ranks.shape[1], *gaps.shape[1:])
        total, count = np.zeros(shape), np.zeros(shape)
        np.add.at(total, owner, np.where(known, gaps, 0.0))
        np.add.at(count, owner, known)
        by_seed = np.where(
            count > 0, total / np.maximum(count, 1), np.nan
        )  # (seeds, candidate of i, candidate of j)
        patterns = signflips.patterns(shape[0])
        scores = _scores(by_seed, self.ranks[i], self.ranks[j], self.halves, patterns)
        seen = scores[0]
        means = np.nansum(scores, axis=1) / np.maximum((~np.isnan(scores)).sum(axis=1), 1)
        made = int(
            _scores(count, self.ranks[i], self.ranks[j], self.halves, np.abs(patterns[:1])).sum()
        )
        row = contrast(
            seen[~np.isnan(seen)],
            endpoint,
            self.levels[i],
            self.levels[j],
            cells=made,
            left_out=len(gaps) - made,
        )
        slack = 1e-12 * np.nansum(np.abs(seen))
        return replace(
            row, p=float(np.mean(np.abs(means) >= abs(means[0]) - slack)) if row.n else row.p
        )


def tune(
    cells: pd.DataFrame,
    vary: str,
    nuisances: Sequence[str],
    metric: str,
    *,
    better: Better = "higher",
    factors: Sequence[str] = (),
    seed: str = "seed",
    survived: str = "survived",
) -> Tuning:
    """Choose the nuisance values of every level on half of the seeds, score them on the other.

    Both ways round.

    Parameters
    ----------
    cells : a row a run
    vary : the factor whose levels will be compared
    nuisances : the columns to choose, such as lrA and lrW; of equals the smaller wins, the first
        column first
    metric : the column that chooses
    factors : other factors; candidates are ranked within each seed and cell of these, diverged runs
        last, and ranks averaged

    Raises
    ------
    AnalysisError : for one seed, runs that share a cell, or if no candidate was run for every level
        with every seed
    """
    blocks, columns = [seed, *factors], [vary, *nuisances]
    missing = [name for name in [*blocks, *columns, metric, survived] if name not in cells.columns]
    if missing:
        raise AnalysisError(
            f"cells must have a column {missing[0]!r}, got {', '.join(map(str, cells.columns))}"
        )
    seeds = sorted(cells[seed].unique())
    if len(seeds) < 2:
        raise AnalysisError("tuning must choose on some seeds and score on others, got one seed")
    if cells.duplicated([*blocks, *columns]).any():
        raise AnalysisError(
            f"several runs share {', '.join([*blocks, *columns])}: "
            "name the factor in which they differ"
        )
    levels = list(cells[vary].unique())
    if len(levels) < 2:
        raise AnalysisError(
            f"{vary} must have two levels or more, got {', '.join(map(str, levels))}"
        )
    run = (
        cells[[*blocks, *columns]]
        .assign(_run=1.0)
        .set_index([*blocks, *columns])["_run"]
        .unstack(columns)
    )
    everywhere = run.columns[run.notna().all()].to_frame(index=False).groupby(list(nuisances))[
        vary
    ].nunique() == len(levels)
    candidates = everywhere.index[everywhere]  # sorted, so that the first of equals is the smaller
    if candidates.empty:
        raise AnalysisError(
            f"no choice of {', '.join(nuisances)} was run for every {vary} with every seed"
        )
    chosen_rows = (
        pd.MultiIndex.from_frame(cells[list(nuisances)])
        if len(nuisances) > 1
        else pd.Index(cells[nuisances[0]])
    )
    fit = cells[chosen_rows.isin(candidates)]
    values = pd.DataFrame(fit.set_index([*blocks, *columns]).unstack(columns)).sort_index(axis=1)
    known = values[metric].astype("float64").where(values[survived].astype(bool))
    ranks = np.stack([_by_seed(known[level], better) for level in levels])
    halves = (np.arange(0, len(seeds), 2), np.arange(1, len(seeds), 2))
    choices, scored = [], []
    for level, rank in zip(levels, ranks, strict=True):
        for chosen_on, scored_on in (halves, halves[::-1]):
            average = _average(rank[chosen_on])
            choice = candidates[int(average.argmin())]
            chosen = dict(
                zip(nuisances, choice if isinstance(choice, tuple) else (choice,), strict=True)
            )
            spans = {
                "chosen_on": tuple(seeds[s] for s in chosen_on),
                "scored_on": tuple(seeds[s] for s in scored_on),
            }
            choices.append({"level": level, **chosen, "average_rank": average.min(), **spans})
            here = (fit[vary] == level) & fit[seed].isin(spans["scored_on"])
            for name, value in chosen.items():
                here &= fit[name] == value
            scored.append(fit[here])
    return Tuning(pd.DataFrame(choices), pd.concat(scored).sort_index(), values, ranks, halves)


def _by_seed(known: pd.DataFrame, better: Better) -> Floats:
    """Rank the candidates within each block and average by seed, (seeds, candidates)."""
    ranked = pd.DataFrame(within_rows(known.to_numpy(dtype=np.float64), better), index=known.index)
    return ranked.groupby(level=0, sort=True).mean().to_numpy(dtype=np.float64)


def _average(ranks: Floats) -> Floats:
    return np.asarray(ranks.mean(axis=-2).round(9))  # equals must stay equal after rounding


def _scores(
    by_seed: Floats, first: Floats, second: Floats, halves: tuple[Ints, Ints], patterns: Floats
) -> Floats:
    """Return the difference of each seed at the choices of the other half, (patterns, seeds).

    Levels are swapped where a sign is -1.
    """
    scores = np.full(patterns.shape, np.nan)
    for chosen_on, scored_on in (halves, halves[::-1]):
        swapped = (patterns[:, chosen_on] < 0).astype(np.float64)
        left = (
            (((1 - swapped) @ first[chosen_on] + swapped @ second[chosen_on]) / len(chosen_on))
            .round(9)
            .argmin(axis=1)[:, None]
        )
        right = (
            (((1 - swapped) @ second[chosen_on] + swapped @ first[chosen_on]) / len(chosen_on))
            .round(9)
            .argmin(axis=1)[:, None]
        )
        kept = patterns[:, scored_on] > 0
        scores[:, scored_on] = np.where(
            kept, by_seed[scored_on, left, right], -by_seed[scored_on, right, left]
        )
    return scores
