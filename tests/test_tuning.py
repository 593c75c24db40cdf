from itertools import product

import numpy as np
import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.statistics.comparison import judge
from analysis.statistics.contrasts import Endpoint
from analysis.statistics.tuning import tune

ACC = Endpoint("acc")
PAIR = [("relu", "tanh")]


def grid(seeds=6, acts=("relu", "tanh"), rates=(0.1, 0.01, 1.0), key=0):
    frame = pd.DataFrame(
        list(product(range(seeds), acts, rates, rates)), columns=["seed", "act", "lrA", "lrW"]
    )
    return frame.assign(
        acc=np.random.default_rng(key).normal(size=len(frame)), survived=True, failed=0.0
    )


def best(frame, act, lrA, lrW, by=9.0):
    frame.loc[(frame["act"] == act) & (frame["lrA"] == lrA) & (frame["lrW"] == lrW), "acc"] += by
    return frame


def test_each_level_gets_its_own_best_rates_on_both_halves():
    tuning = tune(
        best(best(grid(), "relu", 0.1, 1.0), "tanh", 0.01, 0.1), "act", ["lrA", "lrW"], "acc"
    )
    chosen = tuning.choices.set_index("level")[["lrA", "lrW"]]
    assert (chosen.loc["relu"] == [0.1, 1.0]).all(axis=None)
    assert (chosen.loc["tanh"] == [0.01, 0.1]).all(axis=None)
    assert len(tuning.cells) == 12


def test_no_seed_scores_a_choice_that_it_took_part_in():
    tuning = tune(grid(7), "act", ["lrA", "lrW"], "acc")
    for row in tuning.choices.itertuples():
        assert not set(row.chosen_on) & set(row.scored_on)
        scored = tuning.cells[
            (tuning.cells["act"] == row.level) & tuning.cells["seed"].isin(row.scored_on)
        ]
        assert (scored["lrA"] == row.lrA).all()
        assert (scored["lrW"] == row.lrW).all()
    assert sorted(tuning.cells["seed"]) == sorted([*range(7)] * 2)


def test_a_pick_of_the_luckiest_does_not_look_better_than_it_is():
    scores = [
        tune(grid(8, key=key), "act", ["lrA", "lrW"], "acc").cells["acc"].mean()
        for key in range(60)
    ]
    assert np.mean(scores) == pytest.approx(0, abs=0.1)


def test_diverged_runs_rank_last():
    frame = best(grid(), "relu", 1.0, 1.0, by=5.0)
    frame.loc[(frame["act"] == "relu") & (frame["lrA"] == 1.0), "survived"] = False
    assert (
        tune(frame, "act", ["lrA", "lrW"], "acc").choices.query("level == 'relu'")["lrA"] < 1
    ).all()


def test_ties_take_the_smaller_rates_and_falling_metrics_the_lowest():
    assert (
        tune(grid().assign(acc=0.5), "act", ["lrA", "lrW"], "acc").choices[["lrA", "lrW"]] == 0.01
    ).all(axis=None)
    frame = best(grid(), "relu", 0.1, 0.1, by=-9.0)
    assert (
        tune(frame, "act", ["lrA", "lrW"], "acc", better="lower").choices.query("level == 'relu'")[
            "lrA"
        ]
        == 0.1
    ).all()


def test_the_scores_of_the_test_are_those_of_the_cells():
    frame = grid(10)
    frame.loc[frame.index % 7 == 0, "survived"] = False
    tuning = tune(frame, "act", ["lrA", "lrW"], "acc")
    row = tuning.contrasts([ACC], PAIR)[0]
    wide = (
        tuning.cells[tuning.cells["survived"]].set_index(["seed", "act"])["acc"].unstack().dropna()
    )
    assert row.n == len(wide) == row.cells
    assert row.cells + row.left_out == 10
    assert row.difference == pytest.approx((wide["relu"] - wide["tanh"]).mean())
    rate = tuning.contrasts([Endpoint("failed", "rate")], PAIR)[0]
    assert (rate.n, rate.p) == (10, 1.0)


def test_a_pair_that_is_turned_round_has_the_mirrored_difference_and_the_same_p():
    tuning = tune(grid(10, acts=("relu", "tanh", "none")), "act", ["lrA", "lrW"], "acc")
    one, other = tuning.contrasts([ACC], [("relu", "tanh"), ("tanh", "relu")])
    assert (other.level, other.against) == (one.against, one.level)
    assert (other.difference, other.effect) == (-one.difference, -one.effect)
    assert (other.p, other.sd, other.n) == (one.p, one.sd, one.n)


def test_pairs_are_tested_metric_by_metric_and_left_out_without_runs_of_a_level():
    endpoints = [ACC, Endpoint("failed", "rate")]
    made = tune(grid(), "act", ["lrA", "lrW"], "acc").contrasts(endpoints, [("x", "relu"), *PAIR])
    assert [(row.metric, row.level) for row in made] == [("acc", "relu"), ("failed", "relu")]


def test_only_for_a_time_do_runs_that_did_not_survive_keep_their_rank():
    frame = best(grid(), "relu", 1.0, 1.0, by=-9.0)
    frame.loc[(frame["act"] == "relu") & (frame["lrA"] == 1.0), "survived"] = False
    chosen = {
        kind: tune(frame, "act", ["lrA", "lrW"], "acc", kind=kind, better="lower").choices
        for kind in ("value", "time")
    }
    rates = {kind: set(of.query("level == 'relu'")["lrA"]) for kind, of in chosen.items()}
    assert 1.0 not in rates["value"]
    assert rates["time"] == {1.0}


def test_other_factors_are_averaged_within_the_seed():
    frame = pd.concat([grid(6, key=k).assign(order=k) for k in range(3)], ignore_index=True)
    tuning = tune(frame, "act", ["lrA", "lrW"], "acc", factors=["order"])
    row = tuning.contrasts([ACC], PAIR)[0]
    means = tuning.cells.groupby(["seed", "act"])["acc"].mean().unstack()
    assert (row.n, row.cells) == (6, 18)
    assert row.difference == pytest.approx((means["relu"] - means["tanh"]).mean())


def test_a_difference_between_the_best_of_two_levels_is_found():
    frame = best(best(grid(10), "relu", 0.1, 1.0, by=9.0), "tanh", 0.01, 0.1, by=13.0)
    table = judge(tune(frame, "act", ["lrA", "lrW"], "acc").contrasts([ACC], PAIR))
    assert table["verdict"][0] == "real"
    assert table["high"][0] <= 0


def test_levels_that_are_equal_are_called_different_no_more_often_than_promised():
    alarms = []
    for key in range(150):
        frame = grid(10, rates=(0.01, 0.1, 1.0), key=key)
        frame["acc"] -= (frame["lrA"] == 0.1) + (frame["lrW"] > 0.1)
        alarms.append(tune(frame, "act", ["lrA", "lrW"], "acc").contrasts([ACC], PAIR)[0].p <= 0.05)
    assert np.mean(alarms) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 150)


def test_the_caption_says_what_was_chosen_on_what():
    assert "repeats" in tune(grid(), "act", ["lrA"], "acc", factors=["lrW"]).caption()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: tune(grid(1), "act", ["lrA"], "acc", factors=["lrW"]),
            "score on others, got one seed",
        ),
        (lambda: tune(grid(), "act", ["lrX"], "acc"), "must have a column 'lrX', got seed"),
        (
            lambda: tune(grid(), "act", ["lrA"], "acc"),
            "several runs share seed, act, lrA: name the factor",
        ),
        (
            lambda: tune(
                grid().query("(act == 'relu') == (lrA == 1)"), "act", ["lrA", "lrW"], "acc"
            ),
            "no choice of lrA, lrW was run for every act",
        ),
        (
            lambda: tune(grid(acts=("relu",)), "act", ["lrA", "lrW"], "acc"),
            "must have two levels or more, got relu",
        ),
        (
            lambda: tune(grid(), "act", ["lrA", "lrW"], "acc").contrasts(
                [Endpoint("acc", delta=1.0)], PAIR
            ),
            "not to be equivalent",
        ),
    ],
)
def test_a_tuning_that_cannot_be_made_says_why(make, words):
    with pytest.raises(AnalysisError, match=words):
        make()
