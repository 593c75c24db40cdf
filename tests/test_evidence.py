"""Evidence: every measure of filters on filters made by hand, its number worked out another way."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.claims.evidence import evidence
from analysis.errors import AnalysisError
from analysis.metrics.filter_metrics import FILTER_MEASURES
from analysis.sweep import Sweep, load_sweep
from src.storage.files import pack
from src.storage.study_files import CLASS_MEANS, write_class_means
from tests.support.study_folders import write_synthetic

H, V = 5, 4
LABELS = (0, 1, 3, 8)
CLASSES = (3, 1, 8)
RNG = np.random.default_rng(7)
IMAGES = {label: RNG.random((H, V)) for label in LABELS}
KEPT = RNG.normal(size=(2, 3, 3, H, V)) + 0.5
"""Two runs with three filters each, kept at three epochs."""
SIDES, _ = np.linalg.qr(np.column_stack([np.ones(H * V), RNG.normal(size=(H * V, 7))]))
"""Orthonormal columns; all but the first have mean 0, so that products are correlations."""


def grown(
    folder: Path,
    kept: Sequence[np.ndarray],
    classes: Sequence[int] = CLASSES,
    images: dict[int, np.ndarray] = IMAGES,
    **keys: Any,
) -> Sweep:
    """Write a study in which the run of seed s kept the s-th filters (F, L, H, V)."""
    for seed, filters in enumerate(kept):
        named = {"classes": list(classes), "L": filters.shape[1], "I": H, "J": V}
        run = write_synthetic(folder, seed=seed, **named, **keys)
        epochs = np.arange(len(filters))
        (run / "filters.npz").write_bytes(pack(epochs=epochs, filters=filters))
    write_class_means(folder, np.array(list(images)), np.array(list(images.values())))
    return load_sweep(folder)


def found(sweep: Sweep, text: str) -> list[float]:
    """Return a measure of every run, in the order of seeds."""
    return list(evidence(sweep, text).values[np.argsort(sweep.runs["seed"])])


def mixed(*weights: Sequence[float]) -> np.ndarray:
    """Return filters of two epochs (2, L, H, V): zeros, then mixtures of the columns of `SIDES`."""
    rows = np.array([SIDES[:, : len(row)] @ row for row in weights])
    return np.stack([np.zeros_like(rows), rows]).reshape(2, -1, H, V)


def r(a: np.ndarray, b: np.ndarray) -> float:
    """Return Pearson's correlation, as NumPy has it."""
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    """Three filters for three classes."""
    return grown(tmp_path_factory.mktemp("evidence") / "three", KEPT)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    """Two filters for two classes."""
    return grown(tmp_path_factory.mktemp("evidence") / "two", KEPT[:, :, :2], (3, 1))


# --- one number a run


def test_likeness_is_the_mean_correlation_of_all_filters_with_the_digits_named(
    three: Sweep,
) -> None:
    expected = [np.mean([r(f, IMAGES[3]) for f in kept[-1]]) for kept in KEPT]
    assert found(three, "likeness(3)") == pytest.approx(expected)
    expected = [np.mean([r(f, IMAGES[d]) for f in kept[-1] for d in (0, 8)]) for kept in KEPT]
    assert found(three, "likeness(0, 8)") == pytest.approx(expected)


def test_own_is_likeness_to_the_filters_digit_beyond_the_mean_of_the_others(three: Sweep) -> None:
    expected = []
    for kept in KEPT:
        a, b, c = kept[-1]
        excess = [
            r(a, IMAGES[3]) - (r(a, IMAGES[1]) + r(a, IMAGES[8])) / 2,
            r(b, IMAGES[1]) - (r(b, IMAGES[3]) + r(b, IMAGES[8])) / 2,
            r(c, IMAGES[8]) - (r(c, IMAGES[3]) + r(c, IMAGES[1])) / 2,
        ]
        expected.append(sum(excess) / 3)
    assert found(three, "own") == pytest.approx(expected)


def test_shape_is_what_the_digits_filter_gained_in_likeness_since_before_training(
    three: Sweep,
) -> None:
    expected = [r(kept[-1, 2], IMAGES[8]) - r(kept[0, 2], IMAGES[8]) for kept in KEPT]
    assert found(three, "shape(8)") == pytest.approx(expected)


def test_distinct_is_likeness_beyond_that_to_the_most_similar_other_class(three: Sweep) -> None:
    filters = KEPT[:, -1, 1]
    expected = [r(f, IMAGES[1]) - max(r(f, IMAGES[3]), r(f, IMAGES[8])) for f in filters]
    assert found(three, "distinct(1)") == pytest.approx(expected)


def test_named_is_how_much_better_the_filters_of_some_digits_are_than_the_others(
    three: Sweep,
) -> None:
    expected = [
        (r(kept[-1, 0], IMAGES[3]) + r(kept[-1, 2], IMAGES[8])) / 2 - r(kept[-1, 1], IMAGES[1])
        for kept in KEPT
    ]
    assert found(three, "named(8, 3)") == pytest.approx(expected)


def test_mirrored_is_the_size_of_the_correlation_of_what_two_filters_learned(two: Sweep) -> None:
    learned = KEPT[:, -1] - KEPT[:, 0]
    assert found(two, "mirrored") == pytest.approx([abs(r(a, b)) for a, b, _ in learned])


def overlaid(filters: np.ndarray) -> np.ndarray:
    """Return how like filters are to a 3 laid over a 1, in size."""
    return np.array([abs(r(f, IMAGES[3] - IMAGES[1])) for f in filters])


def test_overlaid_is_likeness_to_one_digit_over_the_other_beyond_that_to_either(
    two: Sweep,
) -> None:
    expected = []
    for kept in KEPT:
        alone = [max(abs(r(f, IMAGES[3])), abs(r(f, IMAGES[1]))) for f in kept[-1, :2]]
        expected.append(np.mean(overlaid(kept[-1, :2]) - alone))
    assert found(two, "overlaid") == pytest.approx(expected)


def test_overlay_learned_is_that_likeness_minus_the_one_before_training(two: Sweep) -> None:
    expected = [np.mean(overlaid(kept[-1, :2]) - overlaid(kept[0, :2])) for kept in KEPT]
    assert found(two, "overlay_learned") == pytest.approx(expected)


# --- shares: what is counted lies close to the threshold on both sides, its numbers known by design


@pytest.fixture
def square() -> dict[int, np.ndarray]:
    """Mean images that are orthogonal and of mean 0."""
    return {label: SIDES[:, i + 1].reshape(H, V) for i, label in enumerate(CLASSES)}


def test_noise_is_the_share_of_filters_less_like_their_own_digit_than_a_fifth(
    tmp_path: Path, square: dict[int, np.ndarray]
) -> None:
    def like(a: float, b: float, c: float) -> np.ndarray:
        rest = [np.sqrt(1 - x**2) for x in (a, b, c)]
        return mixed((5, a, 0, 0, rest[0]), (0, 0, b, 0, rest[1]), (0, 0, 0, c, rest[2]))

    sweep = grown(tmp_path, [like(0.19, 0.21, -0.9), like(0.21, 0.5, 0.9)], images=square)
    assert found(sweep, "noise") == pytest.approx([2 / 3, 0])


def test_explicit_is_the_share_of_filters_that_show_any_class_or_its_negative(
    tmp_path: Path, square: dict[int, np.ndarray]
) -> None:
    a, b, c = (np.sqrt(1 - x**2) for x in (0.51, 0.49, 0.6))
    kept = mixed((5, 0, 0.51, 0, a), (0, 0, 0.49, 0, b), (0, 0, -0.6, 0, c))
    assert found(grown(tmp_path, [kept], images=square), "explicit") == pytest.approx([2 / 3])


def test_two_filters_are_alike_from_a_cosine_of_seven_tenths_on_brightness_included(
    tmp_path: Path,
) -> None:
    def pair(cosine: float) -> np.ndarray:
        return mixed((2, 0), (3 * cosine, 3 * np.sqrt(1 - cosine**2)), (0, 1))

    sweep = grown(tmp_path, [pair(0.71), pair(0.69), pair(-0.9)])
    assert found(sweep, "alike") == [1, 0, 0]


def test_filters_seek_the_same_digit_where_all_answer_it_most_strongly(
    tmp_path: Path, square: dict[int, np.ndarray]
) -> None:
    of_one = mixed((0, 1, 2, 0), (0, -3, 0.2, 0), (9, 0.4, 0.5, 0.4))
    of_two = mixed((0, 1, 2, 0), (0, -3, 0.2, 0), (9, 0.4, 0.5, 0.6))
    assert found(grown(tmp_path, [of_one, of_two], images=square), "same_digit") == [1, 0]


def test_a_share_lies_between_nothing_and_all_and_no_other_measure_must(three: Sweep) -> None:
    shares = {name for name, measure in FILTER_MEASURES.items() if measure.share}
    assert shares == {"noise", "alike", "same_digit", "explicit"}
    assert evidence(three, "noise").share
    assert not evidence(three, "own").share


# --- not of filters


def test_a_rate_of_several_endings_counts_a_run_that_has_any(tmp_path: Path) -> None:
    write_synthetic(tmp_path, seed=0, ending="diverged", epoch=2)
    write_synthetic(tmp_path, seed=1)
    write_synthetic(tmp_path, {"train_loss": np.linspace(1, 0, 13), "train_acc": 1.0}, seed=2)
    assert found(load_sweep(tmp_path), "rate(diverged, finished)") == [1, 1, 1]
    assert found(load_sweep(tmp_path), "rate(diverged, dead)") == [1, 0, 0]
    assert evidence(load_sweep(tmp_path), "rate(diverged, dead)").kind == "rate"


def test_change_is_final_minus_first_and_seconds_are_the_workers(tmp_path: Path) -> None:
    write_synthetic(tmp_path, {"train_loss": np.linspace(0.9, 0.2, 13)})
    assert found(load_sweep(tmp_path), "change(train_loss)") == pytest.approx([-0.7])
    assert found(load_sweep(tmp_path), "seconds") == [0.1]


# --- what cannot be told


def test_a_run_that_diverged_has_no_number_and_its_filters_are_not_read(tmp_path: Path) -> None:
    grown(tmp_path, KEPT)
    write_synthetic(
        tmp_path, seed=2, ending="diverged", epoch=2, classes=list(CLASSES), L=3, I=H, J=V
    )
    values = found(load_sweep(tmp_path), "own")
    assert np.isfinite(values).tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("shape", r"shape takes one digit, got 'shape'"),
        ("shape(3, 1)", r"shape takes one digit, got 'shape\(3, 1\)'"),
        ("shape(three)", r"shape takes one digit, got 'shape\(three\)'"),
        ("distinct()", r"distinct takes one digit, got 'distinct\(\)'"),
        ("likeness", r"likeness takes one digit or more, got 'likeness'"),
        ("named", r"named takes one digit or more, got 'named'"),
        ("own(3)", r"own takes no digits, got 'own\(3\)'"),
        ("shape(7)", r"the digits of shape\(7\) must be classes of the run: 3, 1, 8"),
        ("distinct(0)", r"the digits of distinct\(0\) must be classes of the run"),
        ("named(3, 7)", r"the digits of named\(3, 7\) must be classes of the run"),
        ("named(8, 1, 3)", r"named\(8, 1, 3\) leaves no other class of 3, 1, 8 to compare with"),
        ("likeness(99)", r"has no class mean of 99, only of 0, 1, 3, 8"),
    ],
)
def test_digits_that_a_measure_cannot_be_of_are_refused(
    three: Sweep, text: str, words: str
) -> None:
    with pytest.raises(AnalysisError, match=words):
        evidence(three, text)


@pytest.mark.parametrize("text", ["alike", "same_digit", "mirrored"])
def test_two_filters_are_compared_only_where_there_are_two(tmp_path: Path, text: str) -> None:
    sweep = grown(tmp_path, KEPT[:, :, :1], (3, 1))
    with pytest.raises(AnalysisError, match=f"{text} is of 2 filters or more, got L=1"):
        evidence(sweep, text)
    assert np.isfinite(found(sweep, "explicit")).all()


@pytest.mark.parametrize("text", ["own", "shape(1)", "distinct(1)", "named(1)", "noise"])
@pytest.mark.parametrize("L", [1, 3])
def test_a_filter_is_held_against_its_own_class_only_where_each_class_has_one(
    tmp_path: Path, text: str, L: int
) -> None:
    sweep = grown(tmp_path, KEPT[:, :, :L], (3, 1))
    with pytest.raises(AnalysisError, match=f"of a filter for every class, got L={L} for 3, 1"):
        evidence(sweep, text)


def test_a_study_without_class_means_or_with_others_cannot_tell(tmp_path: Path) -> None:
    sweep = grown(tmp_path, KEPT, images={label: IMAGES[label] for label in (0, 1, 3)})
    with pytest.raises(AnalysisError, match="has no class mean of 8, only of 0, 1, 3"):
        evidence(sweep, "own")
    (tmp_path / CLASS_MEANS).unlink()
    with pytest.raises(AnalysisError, match=f"has no class means: it lacks {CLASS_MEANS}"):
        evidence(sweep, "own")


def test_filters_smaller_than_the_images_are_like_no_digit_but_may_be_like_each_other(
    tmp_path: Path,
) -> None:
    sweep = grown(tmp_path, KEPT[..., :2])
    with pytest.raises(AnalysisError, match="as large as the images to be like them: 5×4, got 5×2"):
        evidence(sweep, "own")
    learned = (KEPT[:, -1] - KEPT[:, 0])[..., :2]
    assert found(sweep, "mirrored") == pytest.approx([abs(r(a, b)) for a, b, _ in learned])
