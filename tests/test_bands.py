import numpy as np
import pytest
from hypothesis import given
from scipy import stats

from analysis.errors import AnalysisError
from analysis.statistics.bands import Band, band
from analysis.statistics.crossings import difference_band, parting, sign_changes
from tests.support.samples import differences

EPOCHS = np.arange(41.0)
RNG = np.random.default_rng(12)


def rough(n, seeds_like=0.9):
    steps = RNG.normal(size=(n, EPOCHS.size))
    for e in range(1, EPOCHS.size):
        steps[:, e] = seeds_like * steps[:, e - 1] + np.sqrt(1 - seeds_like**2) * steps[:, e]
    return steps


def pointwise(curves, level=0.95):
    """Return Student's interval at each epoch alone."""
    return stats.ttest_1samp(curves, 0).confidence_interval(level)


@pytest.mark.parametrize("n", [5, 20])
def test_the_band_holds_everywhere_at_once_as_often_as_it_says(n):
    made = [band(rough(n), EPOCHS) for _ in range(800)]
    assert np.mean([((b.low <= 0) & (b.high >= 0)).all() for b in made]) == pytest.approx(
        0.95, abs=0.03
    )


def test_the_band_lies_between_pointwise_and_bonferroni():
    curves = rough(6)
    mine = band(curves, EPOCHS)
    bonferroni = pointwise(curves, 1 - 0.05 / EPOCHS.size)
    assert (pointwise(curves).high <= mine.high + 1e-12).all()
    assert (mine.high <= bonferroni.high + 1e-12).all()


def test_curves_that_only_move_up_and_down_together_need_no_more_than_the_pointwise_interval():
    curves = RNG.normal(size=(6, 1)) + np.sin(EPOCHS)
    mine = band(curves, EPOCHS)
    np.testing.assert_allclose(mine.high, pointwise(curves).high, rtol=1e-6)


@given(differences)
def test_a_band_over_one_epoch_is_students_interval(values):
    mine = band(values[:, None], [0.0])
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    expected = values.mean() - half, values.mean() + half
    np.testing.assert_allclose((mine.low[0], mine.high[0]), expected, rtol=1e-9, atol=1e-9)


def test_runs_that_diverged_are_left_out():
    curves = rough(6)
    curves[2, 30:] = np.nan
    mine = band(curves, EPOCHS)
    assert mine.n == 5
    np.testing.assert_allclose(mine.mean, np.delete(curves, 2, axis=0).mean(axis=0))


def test_equal_curves_have_a_band_without_width():
    mine = band(np.full((3, EPOCHS.size), 0.1), EPOCHS)
    np.testing.assert_array_equal(mine.low, 0.1)
    np.testing.assert_array_equal(mine.high, 0.1)


def test_too_few_curves_or_a_wrong_shape_are_refused_in_words():
    with pytest.raises(AnalysisError, match="whole curves of 2 seeds or more, got 1 of 1"):
        band(rough(1), EPOCHS)
    with pytest.raises(AnalysisError, match=r"\(seeds, epochs\), got \(2, 41\) for \(3,\) epochs"):
        band(rough(2), np.arange(3))


def narrow(mean, half=0.5):
    mean = np.asarray(mean, dtype=float)
    return Band(np.arange(mean.size) * 10.0, mean, mean - half, mean + half, 5)


def test_curves_part_no_later_than_the_band_leaves_zero():
    assert parting(narrow([0, 0.2, 0.4, 0.8, 2])).latest == 30
    assert parting(narrow([0, 0.2, 0.4])).latest is None


def test_with_a_margin_the_parting_has_a_range_on_both_sides():
    meeting = parting(narrow([0, 0.2, 0.8, 1.2, 3]), delta=1.0)
    assert (meeting.earliest, meeting.epoch, meeting.latest) == (20, 30, 40)


def test_a_crossing_lies_between_the_last_sure_epoch_before_and_the_first_after():
    (meeting,) = sign_changes(narrow([1, 1, 0.3, -0.1, -2]))
    assert (meeting.earliest, meeting.epoch, meeting.latest) == (10, pytest.approx(27.5), 40)


def test_curves_that_only_touch_do_not_cross():
    assert sign_changes(narrow([1, 0.1, -0.1, 1])) == []
    assert len(sign_changes(narrow([1, -1, 1]))) == 2


def test_the_range_of_a_crossing_covers_it_in_simulation():
    truth = 17.3
    slope = (truth - EPOCHS) * 0.4
    found = [sign_changes(difference_band(slope + rough(8), rough(8), EPOCHS)) for _ in range(300)]
    shown = [meetings for meetings in found if meetings]
    assert len(shown) > 250
    assert (
        np.mean([any(m.earliest <= truth <= m.latest for m in meetings) for meetings in shown])
        >= 0.93
    )


def test_curves_of_one_shape_have_the_band_of_one_epoch():
    values = np.outer([1.0, 2.0, 4.0, 3.0], np.linspace(0.1, 1.0, 13))
    found = band(values, np.arange(13.0))
    np.testing.assert_allclose(found.low, pointwise(values).low, rtol=1e-5)
