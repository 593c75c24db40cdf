"""What a figure of curves draws: mean and simultaneous band over seeds, panel by panel."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.arrays import Floats
from analysis.statistics.bands import band
from analysis.statistics.seeds import counted
from analysis.study.data import StudyData
from analysis.study.design import cell_of, groups


def drawn(
    sweep: StudyData, metric: Sequence[str], vary: Sequence[str], by: Sequence[str]
) -> pd.DataFrame:
    """Return what is drawn: a row a curve, panel, level and epoch.

    Columns: curve, by …, vary …, epoch, mean, low, high, n (seeds), diverged (runs), left_out
    (runs that do not count, for they, or their seed or setting, lack a whole curve). No interval
    with one seed.
    """
    runs, design = sweep.runs, sweep.design
    others, _ = design.others(runs, *vary, *by)
    cell = cell_of(runs, others)
    panels = groups(runs, [*by, *vary])
    line = cell_of(runs, [*by, *vary])
    last = line.map(runs["epochs"].groupby(line).max()).to_numpy()
    parts = []
    for name in metric:
        square = sweep.curve(name)
        within = np.arange(square.shape[1]) <= last[:, np.newaxis]
        whole = sweep.survived & ~(np.isnan(square) & within).any(axis=1)
        used = counted(whole, runs[design.seed], cell, line)
        for values, rows in panels:
            of = _seed_curves(square[rows][used[rows]], runs[design.seed].iloc[rows][used[rows]])
            n, left_out = len(of), int(len(rows) - used[rows].sum())
            ended = runs["outcome"].iloc[rows]
            part = pd.DataFrame({"epoch": np.arange(square.shape[1]), **_mean(of)})
            named = {"curve": name, **dict(zip([*by, *vary], values, strict=True))}
            counts = {"n": n, "diverged": int((ended == "diverged").sum()), "left_out": left_out}
            parts.append(part.assign(**named, **counts))
    table = pd.concat(parts, ignore_index=True)
    return table[["curve", *by, *vary, "epoch", "mean", "low", "high", "n", "diverged", "left_out"]]


def _seed_curves(square: Floats, seeds: pd.Series) -> Floats:
    """Average the curves of each seed: (S, E+1)."""
    means = pd.DataFrame(square).groupby(seeds.to_numpy()).mean()
    return means.to_numpy(np.float64)


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
