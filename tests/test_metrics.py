import numpy as np
import pytest

from analysis.errors import AnalysisError
from analysis.metrics.measures import Curves
from analysis.metrics.registry import MEASURES, resolve
from src.timeline import curve_of

CURVES = ("train_acc", "test_acc", "train_loss", "test_loss")


def test_a_bare_curve_means_its_final_value():
    assert resolve("test_acc", CURVES) == resolve(" final( test_acc ) ", CURVES)


@pytest.mark.parametrize(
    "text",
    [
        "final(test_acc)",
        "at(test_acc, 0)",
        "tail(test_acc, 3)",
        "epochs_to(test_acc, 0.95)",
        "gap(acc)",
        "best(train_loss)",
    ],
)
def test_a_name_survives_the_round_trip_and_computes_one_value_a_run(text):
    metric = resolve(text, CURVES)
    assert str(metric) == text
    curves = {
        name: Curves(np.random.default_rng(0).random((5, 9)), np.arange(9.0), curve_of(name).rises)
        for name in CURVES
    }
    assert metric.of(curves).shape == (5,)
    assert "{" not in metric.label


def test_directions_follow_the_curve_but_time_and_gap_and_jumps_are_better_low():
    assert resolve("final(test_acc)", CURVES).better == "higher"
    assert resolve("final(test_loss)", CURVES).better == "lower"
    assert all(
        resolve(name, CURVES).better == "lower"
        for name in ("epochs_to(test_acc, 0.9)", "gap(acc)", "instability(test_acc)")
    )


def test_best_is_labelled_optimistic_and_the_tail_a_mean():
    assert "optimistic" in MEASURES["best"].label
    assert resolve("tail(test_acc)", CURVES).label == "mean test_acc of the last epochs"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("finale(test_acc)", "no measure is called 'finale': did you mean final"),
        ("xyz(test_acc)", "there are area, at, best"),
        ("final(tst_acc)", "no curve is called 'tst_acc': did you mean test_acc"),
        ("gap(acid)", "no curve is called 'train_acid'"),
        ("final(test_acc", "must look like final"),
        ("final test_acc", "must look like final"),
        ("epochs_to(test_acc)", "must be given its threshold"),
        ("final(test_acc, 3)", "takes a curve and nothing else, got '3'"),
        ("epochs_to(test_acc, high)", "threshold of epochs_to must be a number, got 'high'"),
        ("at(test_acc)", r"must be given its epoch, as in at\(test_acc, 50\)"),
        ("at(test_acc, -1)", "whole number from 0 on, got '-1'"),
        ("at(test_acc, 1.5)", "whole number from 0 on, got '1.5'"),
        ("tail(test_acc, 1.5)", "whole number of at least 1, got '1.5'"),
    ],
)
def test_a_wrong_name_says_what_would_be_right(text, words):
    with pytest.raises(AnalysisError, match=words):
        resolve(text, CURVES)
