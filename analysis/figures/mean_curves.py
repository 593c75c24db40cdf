"""What a figure of curves draws: mean and simultaneous band over seeds, panel by panel."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.arrays import Floats
from analysis.statistics.bands import band
from analysis.study.data import StudyData
from analysis.study.design import cell_of, groups


def drawn(
    sweep: StudyData, metric: Sequence[str], vary: Sequence[str], by: Sequence[str]
) -> pd.DataFrame:
    """Return what is drawn: a row a curve, panel, level and epoch.

    Columns: curve, by …, vary …, epoch, mean, low, high, n (seeds), diverged (runs), left_out
    (cells of other factors in which a run has no whole curve). No interval with one seed.
    """
    runs, design = sweep.runs, sweep.design
    others, _ = design.others(runs, *vary, *by)
    cell = cell_of(runs, others)
    panels = groups(runs, [*by, *vary])
    parts = []
    for name in metric:
        square = sweep.curve(name)
        for values, rows in panels:
            of, n, left_out = _seed_curves(
                square[rows], runs.iloc[rows], design.seed, cell.iloc[rows]
            )
            ended = runs["outcome"].iloc[rows]
            part = pd.DataFrame({"epoch": np.arange(square.shape[1]), **_mean(of)})
            named = {"curve": name, **dict(zip([*by, *vary], values, strict=True))}
            counts = {"n": n, "diverged": int((ended == "diverged").sum()), "left_out": left_out}
            parts.append(part.assign(**named, **counts))
    whole = pd.concat(parts, ignore_index=True)
    return whole[["curve", *by, *vary, "epoch", "mean", "low", "high", "n", "diverged", "left_out"]]


def _seed_curves(
    square: Floats, runs: pd.DataFrame, seed: str, cell: pd.Series
) -> tuple[Floats, int, int]:
    """Average over the cells in which every seed has a whole curve, within each seed: (S, E+1)."""
    last = int(runs["epochs"].max()) + 1
    whole = ~np.isnan(square[:, :last]).any(axis=1) & (runs["outcome"] == "finished").to_numpy()
    left_out = 0
    if cell.nunique() > 1:
        good = pd.Series(whole, cell.index).groupby(cell.to_numpy()).transform("all").to_numpy()
        left_out = int(cell.nunique() - cell[good].nunique())
        whole &= good
    if not whole.any():
        return np.empty((0, square.shape[1])), 0, left_out
    means = pd.DataFrame(square[whole]).groupby(runs[seed].to_numpy()[whole]).mean()
    return means.to_numpy(np.float64), len(means), left_out


def _mean(of: Floats) -> dict[str, Floats]:
    out = {name: np.full(of.shape[1], np.nan) for name in ("mean", "low", "high")}
    if len(of):
        known = ~np.isnan(of).any(axis=0)
        out["mean"][known] = of[:, known].mean(axis=0)
        if len(of) > 1 and known.any():
            found = band(of[:, known], np.flatnonzero(known).astype(np.float64))
            out["mean"][known], out["low"][known] = found.mean, found.low
            out["high"][known] = found.high
    return out
