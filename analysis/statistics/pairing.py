"""From a tidy frame to contrasts: runs paired by seed and other factors, averaged by seed."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.statistics import Test
from analysis.statistics.contrasts import Contrast, Endpoint, Pair, contrast


def contrasts(
    cells: pd.DataFrame,
    vary: str,
    endpoints: Sequence[Endpoint],
    pairs: Sequence[Pair],
    *,
    factors: Sequence[str] = (),
    seed: str = "seed",
    survived: str = "survived",
    test: Test = "permutation",
) -> list[Contrast]:
    """Pair the runs by seed and other factors, average within seeds, test each pair of levels.

    `analysis.statistics.comparison.judge` corrects and judges them as one family.

    Parameters
    ----------
    cells : a row a run, with columns for seed, levels, factors, survival (bool) and the metrics
    vary : the factor whose levels are compared
    endpoints : what is compared, all of it for every pair
    pairs : (level, against)
    factors : the other factors; seed, level and factors together must name one run
    test : "permutation" is exact; "t" assumes normal differences and is the only one that can speak
        at few seeds

    Returns
    -------
    list of Contrast
        Endpoint by endpoint, the pairs in their order.

    Raises
    ------
    AnalysisError : for a missing column or level, or when several runs share a cell
    """
    keys = [seed, *factors, vary]
    missing = [
        name
        for name in [*keys, survived, *(e.metric for e in endpoints)]
        if name not in cells.columns
    ]
    if missing:
        raise AnalysisError(
            f"cells must have a column {missing[0]!r}, got {', '.join(map(str, cells.columns))}"
        )
    if cells.duplicated(keys).any():
        row = cells.loc[cells.duplicated(keys), keys].iloc[0]
        raise AnalysisError(
            f"several runs share {', '.join(f'{key}={row[key]}' for key in keys)}: "
            "name the factor in which they differ"
        )
    made = []
    for endpoint in endpoints:
        values = cells[endpoint.metric].astype("float64")
        if endpoint.kind == "value":
            values = values.where(cells[survived].astype(bool))
        wide = cells[keys].assign(_value=values).set_index(keys)["_value"].unstack(vary)
        made += [_paired(wide, endpoint, level, against, seed, test) for level, against in pairs]
    return made


def _paired(
    wide: pd.DataFrame, endpoint: Endpoint, level: object, against: object, seed: str, test: Test
) -> Contrast:
    for name in (level, against):
        if name not in wide.columns:
            raise AnalysisError(
                f"no run has the level {name!r}: there are {', '.join(map(str, wide.columns))}"
            )
    differences = (wide[level] - wide[against]).rename("difference")
    known = differences.dropna()
    by_seed = known.groupby(level=seed, sort=True).mean().to_numpy(dtype=np.float64)
    return contrast(
        by_seed,
        endpoint,
        level,
        against,
        test=test,
        cells=len(known),
        left_out=len(differences) - len(known),
    )
