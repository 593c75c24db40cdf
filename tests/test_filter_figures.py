"""Figures of filters: their tables worked out another way, and that they say no more than these."""

import json
from pathlib import Path

import numpy as np
import pytest

from analysis.claims.exact import check
from analysis.errors import AnalysisError
from analysis.figures.drawing import Drawing
from analysis.figures.filters import draw, strongest
from analysis.figures.run_choice import Pick, drawn
from analysis.figures.similarity import EACH, LAID, OTHER, OWN, likeness
from analysis.sweep import Sweep, load_sweep
from src.data.datasets import class_means, load
from src.model.activations import Act
from src.storage.store import read_filters
from src.storage.study_files import write_class_means
from tests.support.strategies import make_run
from tests.support.study_folders import runs_of, trained, write_synthetic

LABELS, MEANS = class_means(load("embedded"))
IMAGES = dict(zip(LABELS.tolist(), MEANS, strict=True))
RNG = np.random.default_rng(3)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    """Three seeds of two activations, trained, with class means."""
    study = tmp_path_factory.mktemp("filters") / "study"
    study.mkdir()
    write_class_means(study, LABELS, MEANS)
    return trained(study, runs_of(3, act=[Act.tanh, Act.relu]))


def r(a: np.ndarray, b: np.ndarray) -> float:
    """Return Pearson's correlation, as NumPy has it."""
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


def shown(words: str, classes: tuple[int, ...] = tuple(range(10))) -> Pick:
    return Pick(words, Path(), classes)


def below(figure: Drawing) -> list[str]:
    return [ax.get_xlabel() for ax in figure.axes if ax.images and ax.get_xlabel()]


# --- filters


def test_the_table_of_filters_holds_their_weights_and_their_likeness_to_every_class(
    sweep: Sweep,
) -> None:
    figure = sweep.filters(vary="act")
    assert figure.table["run"].tolist() == ["act=relu"] * 2 + ["act=tanh"] * 2
    place = next(
        i
        for i, (act, seed) in enumerate(zip(sweep.runs["act"], sweep.runs["seed"], strict=True))
        if (act, seed) == ("tanh", 0)
    )
    _, kept = read_filters(sweep.folders[place])
    for i, row in figure.table[figure.table["run"] == "act=tanh"].reset_index().iterrows():
        np.testing.assert_array_equal(row["weights"], kept[-1][i])
        assert (row["filter"], row["low"], row["high"]) == (i, kept[-1][i].min(), kept[-1][i].max())
        expected = [r(kept[-1][i], IMAGES[label]) for label in (1, 3)]
        found = row[[name for name in row.index if str(name).startswith("like_")]]
        assert found.index.tolist() == ["like_1", "like_3"]  # the classes of the run
        np.testing.assert_allclose(found.to_numpy(float), expected, atol=1e-12)


def test_filters_are_drawn_from_their_table_alone(sweep: Sweep) -> None:
    figure = sweep.filters(vary="act")
    again = draw(
        figure.table, figure.title, "seed=0", figure.table[["low", "high"]].abs().max().max()
    )
    assert again.encoded("png") == figure.encoded("png")
    changed = figure.table.assign(like_7=-0.99)
    assert below(draw(changed, "", "", 1.0)) == ["unlike 7: −0.99"] * 4


def test_below_a_filter_stands_the_class_of_the_run_that_it_is_most_like_or_unlike(
    sweep: Sweep,
) -> None:
    figure = sweep.filters(vary="act")
    expected = []
    for three, one in figure.table[["like_3", "like_1"]].to_numpy():
        digit, value = (3, three) if abs(three) > abs(one) else (1, one)
        expected.append(f"{'unlike ' if value < 0 else ''}{digit}: {value:+.2f}".replace("-", "−"))
    assert below(figure) == expected
    assert "of the run's classes, the one" in figure.caption


def test_runs_of_other_classes_are_held_against_their_own() -> None:
    rows = [(shown(str(c), c), 0, MEANS[2:3] - MEANS[2].mean()) for c in ((3, 1), (7, 2))]
    table = drawn(rows, IMAGES)
    assert table.filter(like="like_").notna().to_numpy().tolist() == [
        [name in own for name in ("like_1", "like_3", "like_2", "like_7")]
        for own in (("like_1", "like_3"), ("like_2", "like_7"))
    ]
    assert strongest(table.iloc[1]) == "2: +1.00"


def test_filters_stand_in_the_order_of_levels_row_by_row(tmp_path: Path) -> None:
    rates = [0.0, 0.0001, 0.001, 0.01, 0.1, 1.0]
    study = trained(tmp_path, [make_run(lrA=lrA, epochs=2) for lrA in reversed(rates)])
    figure = study.filters(vary="lrA")
    assert figure.table["run"].tolist() == [f"lrA={lrA:g}" for lrA in rates for _ in range(2)]
    figure.canvas.draw()
    axes = [ax for ax in figure.axes if ax.get_ylabel() and ax.images]
    boxes = {ax.get_ylabel().split("\n")[0]: ax.get_window_extent() for ax in axes}
    places = sorted(boxes, key=lambda words: (-round(boxes[words].y0), boxes[words].x0))
    assert places == [f"lrA={lrA:g}" for lrA in rates]


@pytest.mark.parametrize("epoch", [-1, 13, 1000])
def test_an_epoch_that_no_run_reaches_is_refused(sweep: Sweep, epoch: int) -> None:
    with pytest.raises(AnalysisError, match=f"epoch must be from 0 to 12, got {epoch}$"):
        sweep.filters(epoch=epoch)
    assert set(sweep.filters(epoch=5).table["epoch"]) == {4}


def test_a_filter_that_is_not_finite_or_smaller_than_a_digit_has_no_likeness() -> None:
    broken = RNG.normal(size=(2, 28, 28))
    broken[0, 5, 5] = np.nan
    table = drawn([(shown("a"), 0, broken), (shown("b"), 0, np.ones((1, 7, 7)))], IMAGES)
    known = table.filter(like="like_").notna().to_numpy()
    assert known.all(axis=1).tolist() == [False, True, False]
    assert known.any(axis=1).tolist() == [False, True, False]
    assert [strongest(row) == "" for _, row in table.iterrows()] == [True, False, True]
    assert not any(str(name).startswith("like_") for name in drawn([(shown("b"), 0, broken)], None))


@pytest.mark.parametrize("letters", [1, 40])
@pytest.mark.parametrize("runs", [1, 3, 9])
def test_no_word_before_a_row_is_cut_off(letters: int, runs: int) -> None:
    rows = [
        (shown(f"lr={i}{'w' * letters}, act=tanh"), 200, RNG.normal(size=(2, 28, 28)))
        for i in range(runs)
    ]
    figure = draw(drawn(rows, IMAGES), "filters", "seed=0", 3.0)
    figure.canvas.draw()
    words = [ax.yaxis.label for ax in figure.axes if ax.images and ax.get_ylabel()]
    assert len(words) == runs
    boxes = [word.get_window_extent() for word in words]
    pictures = [ax.get_window_extent() for ax in figure.axes if ax.images]
    assert all(box.x0 >= 0 for box in boxes)
    assert not any(box.overlaps(picture) for box in boxes for picture in pictures)


def test_where_nothing_is_held_the_caption_names_nothing(sweep: Sweep) -> None:
    caption = sweep.filters(vary=["act", "seed"]).caption
    assert caption.startswith("Filters at epoch 12 of one run each, all on one scale")
    assert "of one run each at seed=0, all" in sweep.filters(vary="act").caption


# --- likeness


def test_likeness_is_averaged_over_filters_then_seeds(sweep: Sweep) -> None:
    part = sweep.where(act="tanh")
    table = likeness(part).table
    ends = [read_filters(folder)[1][-1] for folder in part.folders]
    difference = MEANS[3].astype(float) - MEANS[1]
    expected = {
        OWN: np.mean([(r(a, MEANS[3]) + r(b, MEANS[1])) / 2 for a, b in ends]),
        OTHER: np.mean([(r(a, MEANS[1]) + r(b, MEANS[3])) / 2 for a, b in ends]),
        LAID: np.mean([(abs(r(a, difference)) + abs(r(b, difference))) / 2 for a, b in ends]),
        EACH: np.mean([np.sum(a * b) / np.sqrt(np.sum(a * a) * np.sum(b * b)) for a, b in ends]),
    }
    last = table[(table["panel"] == "epochs") & (table["epoch"] == 12)].set_index("with")["mean"]
    for word, value in expected.items():
        assert last[word] == pytest.approx(value, abs=1e-6)
    assert set(table["n"]) == {3}
    assert set(table["left_out"]) == {0}


@pytest.mark.parametrize("other", [8, 9])
def test_runs_of_another_length_are_left_out_and_counted(tmp_path: Path, other: int) -> None:
    """Of nine epochs as many filters are kept as of twelve, at other epochs."""
    write_class_means(tmp_path, LABELS, MEANS)
    runs = [make_run(seed=seed, epochs=12) for seed in range(3)]
    whole = trained(
        tmp_path, [*runs, make_run(seed=3, epochs=other), make_run(seed=0, epochs=other)]
    )
    figure = likeness(whole)
    expected = likeness(whole.where(epochs=12)).table
    np.testing.assert_array_equal(figure.table["mean"], expected["mean"])
    np.testing.assert_array_equal(figure.table["low"], expected["low"])
    assert set(figure.table["n"]) == {3}
    assert set(figure.table["left_out"]) == {2}
    assert "Left out: 2 runs of another length than 12 epochs." in figure.caption
    assert "Left out" not in likeness(whole.where(epochs=12)).caption


def test_runs_that_tell_other_digits_apart_are_not_averaged(tmp_path: Path) -> None:
    write_class_means(tmp_path, LABELS, MEANS)
    runs = [make_run(seed=seed, classes=(3, 1)) for seed in range(2)]
    whole = trained(tmp_path, [*runs, make_run(seed=0, classes=(7, 1))])
    with pytest.raises(
        AnalysisError, match=r"same digits apart, got classes \[.*, 1\] and \[.*, 1\]"
    ):
        likeness(whole)
    part = whole.where(classes=json.dumps([7, 1]))
    assert set(likeness(part).table["digit"].dropna()) == {1, 7}


def test_likeness_needs_a_whole_filter_for_every_class_in_every_run(tmp_path: Path) -> None:
    write_class_means(tmp_path, LABELS, MEANS)
    whole = trained(tmp_path, [make_run(seed=0), make_run(seed=1, L=3)])
    with pytest.raises(AnalysisError, match="a filter as large as the image for every class"):
        likeness(whole)


def test_what_has_no_finished_run_or_no_class_means_is_refused(tmp_path: Path) -> None:
    write_synthetic(tmp_path / "gone", ending="diverged", epoch=2)
    write_class_means(tmp_path / "gone", LABELS, MEANS)
    gone = load_sweep(tmp_path / "gone")
    write_synthetic(tmp_path / "bare")
    bare = load_sweep(tmp_path / "bare")
    with pytest.raises(AnalysisError, match=r"gone has no finished run$"):
        likeness(gone)
    with pytest.raises(AnalysisError, match="gone has no finished run to check"):
        check(gone, "unchanged")
    for ask in (likeness, lambda one: check(one, "unchanged")):
        with pytest.raises(AnalysisError, match="bare has no class means"):
            ask(bare)
