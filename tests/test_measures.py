import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import AnalysisError
from analysis.metrics.measures import Curves
from analysis.metrics.registry import measures

RISING = Curves(
    np.array([[0.1, 0.5, 0.9, 0.8], [0.2, 0.3, np.nan, np.nan], [0.0, 0.1, 0.2, 0.3]]),
    np.arange(4.0),
)
FALLING = Curves(1 - RISING.values, RISING.epochs, rises=False)


def test_the_final_value_of_a_run_that_diverged_is_unknown():
    np.testing.assert_array_equal(measures.final(RISING), [0.8, np.nan, 0.3])


@pytest.mark.parametrize("epoch", range(4))
def test_a_value_at_an_epoch_is_the_column_of_that_epoch_whatever_the_epochs_are(epoch):
    np.testing.assert_array_equal(measures.at(RISING, epoch), RISING.values[:, epoch])
    uneven = Curves(RISING.values, np.array([0.0, 2.0, 3.0, 7.0]))
    np.testing.assert_array_equal(
        measures.at(uneven, uneven.epochs[epoch]), RISING.values[:, epoch]
    )


def test_a_value_at_an_epoch_that_was_not_recorded_is_refused():
    with pytest.raises(AnalysisError, match=r"recorded one, from 0 to 3, got 4"):
        measures.at(RISING, 4)


def test_the_tail_is_the_mean_of_the_last_epochs_and_unknown_after_divergence():
    np.testing.assert_allclose(measures.tail(RISING, 2), [0.85, np.nan, 0.25])


def test_the_area_of_a_constant_curve_is_its_value_whatever_the_epochs():
    assert measures.area(Curves(np.full((1, 3), 0.7), np.array([0.0, 1.0, 10.0]))) == pytest.approx(
        0.7
    )


def test_the_area_agrees_with_numpy_on_uneven_epochs():
    epochs = np.array([0.0, 2.0, 3.0, 7.0])
    expected = [np.trapezoid(row, epochs) / 7 for row in RISING.values]
    np.testing.assert_allclose(measures.area(Curves(RISING.values, epochs)), expected)


def test_the_area_of_a_single_epoch_is_its_value():
    assert measures.area(Curves(np.array([[0.4]]), np.array([0.0]))) == [0.4]


@pytest.mark.parametrize("curves", [RISING, FALLING])
def test_a_threshold_is_reached_from_below_by_accuracy_and_from_above_by_loss(curves):
    times = measures.times_to(curves, 0.5)
    np.testing.assert_array_equal(times.epochs, [1, 3, 3])
    np.testing.assert_array_equal(times.censored, [False, True, True])


def test_a_common_horizon_censors_what_comes_after_it():
    times = measures.times_to(RISING, 0.9, horizon=1)
    np.testing.assert_array_equal(times.epochs, [1, 1, 1])
    assert times.censored.all()


def test_a_run_that_was_there_and_diverged_afterwards_has_been_there():
    times = measures.times_to(Curves(np.array([[0.0, 0.99, np.nan]]), np.arange(3.0)), 0.9)
    assert (times.epochs[0], times.censored[0]) == (1, False)


def test_the_gap_is_positive_where_the_test_curve_is_worse_in_either_direction():
    train = Curves(np.array([[0.9]]), np.array([0.0]))
    test = Curves(np.array([[0.7]]), np.array([0.0]))
    assert measures.gap(train, test)[0] == pytest.approx(0.2)
    assert measures.gap(
        Curves(train.values, train.epochs, False), Curves(test.values, test.epochs, False)
    )[0] == pytest.approx(-0.2)


@given(st.floats(-5, 5), st.floats(-5, 5))
def test_a_straight_line_is_not_sporadic(slope, start):
    line = start + slope * np.arange(20.0)
    assert measures.instability(Curves(line[None], np.arange(20.0)))[0] == pytest.approx(
        0, abs=1e-12
    )


def test_the_instability_of_white_noise_is_its_standard_deviation():
    noise = np.random.default_rng(1).normal(0, 0.3, (4000, 50)) + 0.1 * np.arange(50.0)
    assert np.sqrt(
        (measures.instability(Curves(noise, np.arange(50.0))) ** 2).mean()
    ) == pytest.approx(0.3, rel=0.01)


def test_the_best_value_follows_the_direction_and_ignores_what_is_missing():
    np.testing.assert_array_equal(measures.best(RISING), [0.9, 0.3, 0.3])
    np.testing.assert_allclose(measures.best(FALLING), [0.1, 0.7, 0.7])
    assert np.isnan(measures.best(Curves(np.array([[np.nan]]), np.array([0.0])))[0])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Curves(np.zeros(3), np.arange(3.0)), r"shape \(runs, epochs\), got \(3,\)"),
        (lambda: Curves(np.zeros((1, 2)), np.zeros(2)), "epochs must increase"),
        (lambda: measures.tail(RISING, 5), "between 1 and the 4 recorded epochs, got 5"),
        (lambda: measures.instability(RISING, 2), "3 epochs or more, got 2"),
    ],
)
def test_a_measure_that_cannot_be_taken_says_why(make, words):
    with pytest.raises(AnalysisError, match=words):
        make()
