import numpy as np
import pytest
import scikit_posthocs
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.errors import AnalysisError
from analysis.statistics.ranks import critical_difference, rank

RNG = np.random.default_rng(8)


@pytest.mark.parametrize(
    "values",
    [RNG.normal(size=(9, 5)), RNG.integers(0, 3, (12, 4)).astype(float)],
    ids=["distinct", "tied"],
)
def test_the_ranks_and_the_omnibus_test_agree_with_scipy(values):
    mine, theirs = rank(values, range(values.shape[1])), stats.friedmanchisquare(*values.T)
    ranks = stats.rankdata(-values, axis=1).mean(axis=0)
    assert dict(zip(mine.levels, mine.average, strict=True)) == pytest.approx(
        dict(enumerate(ranks)), rel=1e-9
    )
    n, k = values.shape
    f = (n - 1) * theirs.statistic / (n * (k - 1) - theirs.statistic)
    assert (mine.iman_davenport, mine.iman_davenport_p) == pytest.approx(
        (f, stats.f.sf(f, k - 1, (k - 1) * (n - 1))), rel=1e-9
    )


@pytest.mark.parametrize(("k", "q"), [(3, 2.343), (5, 2.728), (6, 2.850), (10, 3.164)])
def test_the_critical_difference_is_that_of_demsars_table(k, q):
    assert critical_difference(k, 14) == pytest.approx(
        q * np.sqrt(k * (k + 1) / (6 * 14)), abs=1e-3
    )


def test_levels_within_the_critical_difference_agree_with_nemenyis_test_of_scikit_posthocs():
    values = RNG.normal(size=(10, 6)) + np.arange(6) * 0.7
    theirs = scikit_posthocs.posthoc_nemenyi_friedman(values).to_numpy()
    mine = rank(values, range(6))
    place = dict(zip(mine.levels, mine.average, strict=True))
    for i in range(6):
        for j in range(i):
            together = any(i in clique and j in clique for clique in mine.cliques)
            assert (
                together
                == (abs(place[i] - place[j]) <= mine.critical_difference)
                == (theirs[i, j] > 0.05)
            )


def test_cliques_are_the_longest_groups_and_no_group_lies_in_another():
    values = np.tile(np.arange(12.0), (3, 1)) + RNG.normal(size=(3, 12))
    cliques = [set(clique) for clique in rank(values, range(12)).cliques]
    assert len(cliques) > 1
    assert not any(one < other for one in cliques for other in cliques)


def test_diverged_levels_rank_last_whichever_end_is_better():
    values = np.array([[1.0, np.nan, 2.0], [1.0, np.nan, 2.0], [1.0, 5.0, 2.0]])
    assert rank(values[:2], "abc").levels == ("c", "a", "b")
    assert rank(values[:2], "abc", better="lower").levels == ("a", "c", "b")


@given(st.permutations(range(4)))
def test_the_order_of_the_columns_does_not_matter(order):
    values = np.random.default_rng(9).normal(size=(6, 4))
    one, other = rank(values, "abcd"), rank(values[:, order], ["abcd"[i] for i in order])
    assert one.levels == other.levels
    assert one.iman_davenport == pytest.approx(other.iman_davenport)


def test_seeds_that_all_agree_have_the_exact_chance_of_agreeing():
    mine = rank(np.tile([1.0, 2.0, 3.0], (3, 1)), "abc")
    assert mine.iman_davenport_p == pytest.approx(1 / 36)


def test_levels_that_always_tie_do_not_differ():
    mine = rank(np.ones((4, 3)), "abc")
    assert (mine.iman_davenport, mine.iman_davenport_p, mine.cliques) == (
        0.0,
        1.0,
        (("a", "b", "c"),),
    )


@pytest.mark.parametrize(
    ("values", "levels", "words"),
    [
        (np.ones((3, 2)), "ab", "3 levels or more, got 2"),
        (np.ones((1, 3)), "abc", "2 seeds or more, got 1"),
        (np.ones((3, 3)), "ab", r"\(seeds, 2 levels\), got \(3, 3\)"),
    ],
)
def test_too_little_to_rank_is_refused_in_words(values, levels, words):
    with pytest.raises(AnalysisError, match=words):
        rank(values, levels)
