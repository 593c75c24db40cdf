from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import AnalysisError
from analysis.statistics.grid import complete_part


def frame(shape=(4, 3, 2)):
    names = ["seed", "act", "lrA"][: len(shape)]
    made = pd.DataFrame(list(product(*map(range, shape))), columns=names)
    return made.assign(y=np.arange(len(made), dtype=float))


def test_a_complete_grid_is_kept_whole_in_the_order_of_its_levels():
    grid = complete_part(frame().sample(frac=1, random_state=0), ["seed", "act", "lrA"], "y")
    np.testing.assert_array_equal(grid.values, np.arange(24.0).reshape(4, 3, 2))
    assert str(grid) == "4 seed × 3 act × 2 lrA, complete"


def test_a_level_that_always_diverges_is_dropped_and_named():
    made = frame()
    made.loc[made["act"] == 1, "y"] = np.nan
    grid = complete_part(made, ["seed", "act", "lrA"], "y")
    assert grid.values.shape == (4, 2, 2)
    assert str(grid).endswith("the largest complete part: act without 1")


def test_a_missing_row_is_a_hole_like_a_value_that_is_nan():
    grid = complete_part(frame((9, 3)).drop(index=4), ["seed", "act"], "y")
    assert grid.dropped == {"seed": (1,), "act": ()}


@given(st.sets(st.integers(0, 19), max_size=8))
def test_what_is_kept_has_no_holes_and_takes_no_further_level(holes):
    made = frame((5, 4))
    made.loc[sorted(holes), "y"] = np.nan
    grid = complete_part(made, ["seed", "act"], "y")
    assert not np.isnan(grid.values).any()
    for axis, levels in grid.dropped.items():
        other = "act" if axis == "seed" else "seed"
        for level in levels:
            assert (
                made[(made[axis] == level) & made[other].isin(grid.axes[other])]["y"].isna().any()
            )


@given(st.sets(st.integers(0, 19), max_size=10))
def test_what_is_kept_is_the_largest_there_is(holes):
    made = frame((5, 4))
    made.loc[sorted(holes), "y"] = np.nan
    filled = made["y"].notna().to_numpy().reshape(5, 4)
    sizes = [
        filled[:, list(acts)].all(axis=1).sum() * len(acts)
        for k in range(1, 5)
        for acts in combinations(range(4), k)
    ]
    grid = complete_part(made, ["seed", "act"], "y")
    assert grid.largest
    assert grid.values.size == max(sizes)


def test_a_search_that_had_to_stop_does_not_claim_the_largest():
    made = frame((20, 12, 12))
    made.loc[np.random.default_rng(0).random(len(made)) < 0.1, "y"] = np.nan
    grid = complete_part(made, ["seed", "act", "lrA"], "y")
    assert not np.isnan(grid.values).any()
    assert ", a complete part: seed without" in str(grid)


def test_runs_that_share_a_cell_and_grids_without_values_are_refused():
    with pytest.raises(AnalysisError, match="several runs share seed=0: name the factor"):
        complete_part(frame(), ["seed"], "y")
    with pytest.raises(AnalysisError, match="no cell of seed × act × lrA has a value of y"):
        complete_part(frame().assign(y=np.nan), ["seed", "act", "lrA"], "y")
