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

import numpy as np
import pandas as pd

from analysis.arrays import Floats, Indices
from analysis.errors import AnalysisError
from analysis.statistics import signflips
from analysis.statistics.candidates import Candidates, candidates
from analysis.statistics.contrasts import Better, Contrast, Endpoint, Kind, Pair, contrast
from analysis.statistics.rescoring import Halves, rescored


@dataclass(frozen=True, eq=False)
class Tuning:
    """What was chosen for each level, and the runs that score it.

    Attributes
    ----------
    choices : a row a level and half: the chosen values, their average rank among the candidates,
        chosen_on and scored_on (seeds)
    cells : the runs that score, a row a seed, level and cell of the other factors
    candidates : what was chosen from, on which the tests are made
    halves : the places of the seeds of either half
    survived : the column that says which runs have a value
    """

    choices: pd.DataFrame
    cells: pd.DataFrame
    candidates: Candidates
    halves: Halves
    survived: str = "survived"

    def caption(self) -> str:
        """Say in one sentence what the scores rest on."""
        first, second = (len(half) for half in self.halves)
        return (
            "Each level runs at values chosen for it on one half of the seeds and scored on the "
            f"other ({first} and {second} seeds), "
            "both ways round; p repeats choice and score for every exchange of levels within "
            "seeds; the interval is for these choices."
        )

    def contrasts(self, endpoints: Sequence[Endpoint], pairs: Sequence[Pair]) -> list[Contrast]:
        """Test pairs of levels at their own choices.

        `analysis.statistics.comparison.judge` corrects and judges them.

        Parameters
        ----------
        endpoints : columns of the cells; without a delta, for equivalence has no such test
        pairs : (level, against); a pair is left out where one of its levels was not run

        Raises
        ------
        AnalysisError : for an endpoint with a delta
        """
        if any(endpoint.delta is not None for endpoint in endpoints):
            raise AnalysisError(
                "tuned levels can be shown to differ, not to be equivalent: leave out delta"
            )
        place = {level: i for i, level in enumerate(self.candidates.levels)}
        there = [pair for pair in pairs if place.keys() >= set(pair)]
        made = []
        for endpoint in endpoints:
            by_level, owner = self._values(endpoint)
            made += [
                self._contrast(endpoint, pair, (place[pair[0]], place[pair[1]]), by_level, owner)
                for pair in there
            ]
        return made

    def _values(self, endpoint: Endpoint) -> tuple[list[Floats], Indices]:
        """Return each level's values, (blocks, candidates), and the place of every block's seed."""
        values = self.candidates.values
        wide = pd.DataFrame(values[endpoint.metric]).astype("float64")
        if endpoint.kind == "value":
            wide = wide.where(values[self.survived].astype(bool))
        owner = pd.factorize(wide.index.get_level_values(0), sort=True)[0]
        levels = self.candidates.levels
        return [wide.xs(level, axis=1).to_numpy(dtype=np.float64) for level in levels], owner

    def _contrast(
        self,
        endpoint: Endpoint,
        pair: Pair,
        places: tuple[int, int],
        by_level: Sequence[Floats],
        owner: Indices,
    ) -> Contrast:
        i, j = places
        ranks = self.candidates.ranks
        gaps = by_level[i][:, :, None] - by_level[j][:, None, :]  # (blocks, candidates i, j)
        known = ~np.isnan(gaps)
        shape = (ranks.shape[1], *gaps.shape[1:])  # (seeds, candidates i, j)
        total, count = np.zeros(shape), np.zeros(shape)
        np.add.at(total, owner, np.where(known, gaps, 0.0))
        np.add.at(count, owner, known)
        by_seed = np.where(count > 0, total / np.maximum(count, 1), np.nan)
        patterns = signflips.patterns(shape[0])
        scores = rescored(by_seed, ranks[i], ranks[j], self.halves, patterns)
        seen = scores[0]
        means = np.nansum(scores, axis=1) / np.maximum((~np.isnan(scores)).sum(axis=1), 1)
        made = int(rescored(count, ranks[i], ranks[j], self.halves, np.abs(patterns[:1])).sum())
        row = contrast(
            seen[~np.isnan(seen)], endpoint, *pair, cells=made, left_out=len(gaps) - made
        )
        if not row.n:
            return row
        slack = 1e-12 * np.nansum(np.abs(seen))
        return replace(row, p=float(np.mean(np.abs(means) >= abs(means[0]) - slack)))


def tune(
    cells: pd.DataFrame,
    vary: str,
    nuisances: Sequence[str],
    metric: str,
    *,
    kind: Kind = "value",
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
    kind, better : of that metric; runs that did not survive rank last, unless it is a time
    factors : other factors; candidates are ranked within each seed and cell of these, and ranks
        averaged

    Raises
    ------
    AnalysisError : for one seed, runs that share a cell, or if no candidate was run for every level
        with every seed
    """
    of = candidates(
        cells,
        vary,
        nuisances,
        metric,
        kind=kind,
        better=better,
        factors=factors,
        seed=seed,
        survived=survived,
    )
    places = np.arange(len(of.seeds))
    halves = (places[::2], places[1::2])
    choices, scored = [], []
    for level, rank in zip(of.levels, of.ranks, strict=True):
        for chosen_on, scored_on in (halves, halves[::-1]):
            average = rank[chosen_on].mean(axis=0).round(9)  # equals must stay equal
            chosen = dict(zip(nuisances, of.choices[int(average.argmin())], strict=True))
            spans = {
                "chosen_on": tuple(of.seeds[s] for s in chosen_on),
                "scored_on": tuple(of.seeds[s] for s in scored_on),
            }
            choices.append({"level": level, **chosen, "average_rank": average.min(), **spans})
            here = (of.cells[vary] == level) & of.cells[seed].isin(spans["scored_on"])
            for name, value in chosen.items():
                here &= of.cells[name] == value
            scored.append(of.cells[here])
    return Tuning(pd.DataFrame(choices), pd.concat(scored).sort_index(), of, halves, survived)
