"""What filters look like, on filters whose looks are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import AnalysisError
from analysis.metrics.similarity import correlations, cosine, overlay, strongest
from src.data.datasets import class_means, load

LABELS, MEANS = class_means(load("embedded"))
THREE, ONE = MEANS[3].astype(float), MEANS[1].astype(float)
RNG = np.random.default_rng(0)


@given(st.floats(0.1, 10), st.floats(-5, 5))
def test_neither_scale_nor_brightness_makes_a_filter_like_a_digit(
    scale: float, grey: float
) -> None:
    drawn = RNG.normal(size=(2, 3, 28, 28))
    found = correlations(scale * drawn + grey, MEANS)
    assert found.shape == (2, 3, 10)
    expected = np.corrcoef(drawn[1, 2].ravel(), THREE.ravel())[0, 1]
    np.testing.assert_allclose(found[1, 2, 3], expected, atol=1e-9)


def test_a_digit_is_like_itself_and_answers_it_and_a_grey_filter_is_like_nothing() -> None:
    filters = np.stack([THREE, ONE, np.full((28, 28), 0.3)])
    np.testing.assert_allclose(correlations(filters, MEANS)[[0, 1], [3, 1]], 1.0)
    np.testing.assert_allclose(correlations(filters, MEANS)[2], 0.0)
    assert strongest(np.stack([THREE - ONE, ONE - THREE]), np.stack([THREE, ONE])).tolist() == [
        0,
        1,
    ]


def test_a_three_laid_over_a_one_is_more_like_that_than_like_either() -> None:
    laid = np.stack([THREE - ONE, 2 * (ONE - THREE), THREE])
    likeness, excess = overlay(laid, THREE, ONE)
    np.testing.assert_allclose(likeness[:2], 1.0)
    assert (excess[:2] > 0.1).all()
    assert excess[2] < 0


def test_the_cosine_is_of_the_first_two_filters_without_centring() -> None:
    pair = RNG.normal(size=(4, 2, 28, 28)) + 1
    a, b = pair[2].reshape(2, -1)
    np.testing.assert_allclose(cosine(pair)[2], a @ b / np.sqrt((a @ a) * (b @ b)))
    assert cosine(np.zeros((2, 28, 28))) == 0


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_filter_that_is_not_finite_is_like_nobody_knows_what_and_its_neighbour_as_before(
    wrong: float,
) -> None:
    filters = RNG.normal(size=(2, 28, 28))
    before = correlations(filters, MEANS)
    filters[0, 3, 4] = wrong
    after = correlations(filters, MEANS)
    assert np.isnan(after[0]).all()
    np.testing.assert_array_equal(after[1], before[1])
    assert np.isnan(cosine(filters))
    assert np.isnan(overlay(filters, THREE, ONE)[1]).tolist() == [True, False]


def test_filters_of_another_size_than_the_images_are_refused() -> None:
    words = "filters must be as large as the images to be like them: 28×28, got 7×9"
    for ask in (correlations, strongest):
        with pytest.raises(AnalysisError, match=words):
            ask(np.zeros((2, 7, 9)), MEANS)
