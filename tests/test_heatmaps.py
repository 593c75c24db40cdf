"""Heatmaps: which factors are meant, one scale and one format a figure, and words that fit."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.errors import AnalysisError
from analysis.figures.cells import crowd, form_of, scale_of
from analysis.sweep import Sweep, load_sweep
from tests.support.study_folders import synthetic, write_synthetic


@pytest.fixture(scope="module")
def square(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    """Five activations over two rates of either layer, one cell of which explodes."""
    study = tmp_path_factory.mktemp("here") / "square"
    rng = np.random.default_rng(0)
    for act in ("tanh", "relu", "none", "sigmoid", "mish"):
        for lrA in (0.0, 0.1):
            for lrW in (0.0, 0.01):
                for seed in range(2):
                    size = 1e5 if (act, lrA, lrW) == ("none", 0.1, 0.01) else 0.1
                    curves = {"test_loss": size * rng.uniform(0.5, 2)}
                    write_synthetic(study, curves, act=act, lrA=lrA, lrW=lrW, seed=seed)
    return load_sweep(study)


@pytest.mark.parametrize("where", [{}, {"act": ["tanh"]}, {"act": ["tanh", "none", "relu"]}])
def test_no_words_of_a_heatmap_overlap_or_leave_the_page(square: Sweep, where: Any) -> None:
    figure = (square.where(where) if where else square).heatmap("test_loss", by="act")
    figure.canvas.draw()
    panels = [ax for ax in figure.axes if ax.images]
    words = [*figure.texts, *(ax._left_title for ax in panels)]  # type: ignore[attr-defined]
    words += [label for ax in figure.axes for label in (ax.xaxis.label, ax.yaxis.label)]
    for ax in panels:
        words += [t for t in (*ax.get_xticklabels(), *ax.get_yticklabels()) if t.get_visible()]
    boxes = [word.get_window_extent() for word in words if word.get_text()]
    page = figure.bbox
    assert all(page.x0 <= box.x0 and box.x1 <= page.x1 for box in boxes)
    assert all(page.y0 <= box.y0 and box.y1 <= page.y1 for box in boxes)
    shrunk = [box.shrunk(0.95, 0.95) for box in boxes]
    assert not any(a.overlaps(b) for i, a in enumerate(shrunk) for b in shrunk[:i])


def test_panels_below_which_there_is_none_name_their_levels(square: Sweep) -> None:
    figure = square.heatmap(by="act")
    panels = [ax for ax in figure.axes if ax.images]
    assert [bool(ax.get_xlabel()) for ax in panels] == [False, True, True, True, True]


@pytest.mark.parametrize(
    ("where", "how", "words"),
    [
        ({"lrW": 0.01}, {"by": "act"}, "two factors besides act that vary, and there is only lrA"),
        ({"lrW": 0.01, "lrA": 0.1}, {"by": "act"}, "besides act that vary, and there is none"),
        ({"lrW": 0.01, "lrA": 0.1}, {}, "needs two factors that vary, and there is only act"),
        ({}, {"vary": ["act", "seed"]}, "seed is the unit of all statistics: a heatmap averages"),
        ({}, {"vary": ["act", "lrA"], "by": "act"}, "different factors: got act, lrA by act"),
        ({}, {"vary": ["act", "act"]}, "over two factors, with panels by one: got act$"),
        ({}, {"by": ["act", "lrA"]}, "over two factors, with panels by one: got none by act, lrA"),
    ],
)
def test_factors_that_make_no_heatmap_are_refused(
    square: Sweep, where: Any, how: Any, words: str
) -> None:
    part = square.where(where) if where else square
    with pytest.raises(AnalysisError, match=words):
        part.heatmap(**how)


def test_a_study_without_a_value_has_no_heatmap(tmp_path: Path) -> None:
    for act in ("tanh", "relu"):
        for lrA in (0.0, 0.1):
            write_synthetic(tmp_path / "s", ending="failed", act=act, lrA=lrA)
    with pytest.raises(AnalysisError, match="no run of s has a test_acc to draw"):
        load_sweep(tmp_path / "s").heatmap(vary=["act", "lrA"])


def test_a_heatmap_of_runs_that_all_diverged_marks_them(tmp_path: Path) -> None:
    gone = {(act, lrA): [0, 1] for act in ("tanh", "relu") for lrA in (0.0, 0.1)}
    sweep = synthetic(tmp_path / "s", seeds=2, acts=("tanh", "relu"), diverge=gone)
    marks = sweep.heatmap(vary=["act", "lrA"]).axes[0].texts
    assert [text.get_text() for text in marks] == ["✕2"] * 4


def test_a_cell_that_explodes_leaves_the_others_their_colours(square: Sweep) -> None:
    figure = square.heatmap("test_loss", by="act")
    values = figure.table["test_loss"]
    usual = values[values < 10]
    low, high = figure.axes[0].images[0].get_clim()
    assert (low, high) == (usual.min(), usual.max())
    assert f"Cells above {high:.2g} all have the last colour." in figure.caption
    assert "logarithmic" not in figure.caption
    words = [t.get_text() for ax in figure.axes if ax.images for t in ax.texts]
    assert len(words) == 40
    assert all("e" in word for word in words)


def test_values_of_many_sizes_have_a_logarithmic_scale_that_the_caption_names() -> None:
    wide = np.geomspace(1e-5, 1, 9)
    assert crowd(wide) == 1
    scale, words = scale_of(wide, share=False)
    assert words == "Colours are in logarithmic steps."
    np.testing.assert_allclose(scale(wide), np.linspace(0, 1, 9), atol=1e-9)
    mixed, words = scale_of(np.array([-100.0, 0.1, 0.2, 0.3, 2.0, 9.0]), share=False)
    assert words == "Colours are in logarithmic steps."
    assert mixed(0.3) - mixed(0.1) > 0.01
    assert scale_of(wide, share=True)[1] == ""
    assert scale_of(np.array([np.nan]), share=False)[0](0.5) == 0.5
    assert scale_of(np.full(3, 7.0), share=False)[0](7.0) == 0.5


@pytest.mark.parametrize(
    ("values", "share", "form"),
    [
        ([0.5, 1.0], True, ".3f"),
        ([1e-5, 0.5], True, ".3f"),
        ([1.2, 37.7], False, ".1f"),
        ([0.005, 0.3], False, ".4f"),
        ([1e-5, 0.3], False, ".1e"),
        ([0.5, 3e5], False, ".1e"),
        ([900.0, 1100.0], False, ".0f"),
        ([0.0, np.nan], False, ".3f"),
    ],
)
def test_all_numbers_of_a_heatmap_have_one_format(values: Any, share: bool, form: str) -> None:
    assert form_of(np.array(values), share) == form
