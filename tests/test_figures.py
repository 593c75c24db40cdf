"""Figures: the table that each draws, number by number, and the artists that stand for it."""

import io
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_hex
from PIL import Image

from analysis.errors import AnalysisError
from analysis.figures.diagnose import diagnose
from analysis.figures.drawing import Drawing
from analysis.figures.effects import effects
from analysis.figures.layout import layout
from analysis.figures.limits import limits, reach
from analysis.figures.ranks import ranks
from analysis.figures.style import OKABE_ITO, pens
from analysis.statistics.bands import band
from analysis.sweep import Sweep, load_sweep
from analysis.tables.frame import Table
from src.model.activations import Act
from src.storage.store import read_filters
from tests.support.study_folders import EPOCHS, runs_of, synthetic, trained, write_synthetic


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    folder = tmp_path_factory.mktemp("here") / "s"
    return synthetic(folder, seeds=6, diverge={("relu", 0.1): [0, 3]})


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    runs = runs_of(2, act=[Act.tanh, Act.relu], lrA=[0.01, 0.1])
    return trained(tmp_path_factory.mktemp("here") / "r", runs)


def texts(figure: Drawing) -> str:
    return " ".join(t.get_text() for t in figure.findobj(lambda a: hasattr(a, "get_text")))


def test_curves_draw_the_mean_and_the_simultaneous_band_of_every_level(sweep: Sweep) -> None:
    figure = sweep.curves("test_acc", vary="act", by="lrA")
    table = figure.table
    part = table.query("act == 'tanh' and lrA == 0.1")
    expected = band(sweep.where(act="tanh", lrA=0.1).curve("test_acc"), np.arange(EPOCHS + 1.0))
    np.testing.assert_allclose(part["mean"], expected.mean)
    np.testing.assert_allclose(part["low"], expected.low)
    np.testing.assert_allclose(part["high"], expected.high)
    gone = table.query("act == 'relu' and lrA == 0.1").iloc[0]
    assert (gone["n"], gone["diverged"]) == (4, 2)
    axes = [ax for ax in figure.axes if ax.lines]
    assert [ax.get_title(loc="left") for ax in axes] == ["lrA = 0", "lrA = 0.1"]
    for ax, lrA in zip(axes, (0.0, 0.1), strict=True):  # noqa: B007  the query names it
        lines = [line for line in ax.lines if line.get_gid() != "diverged"]
        assert len(lines) == 3
        drawn = {to_hex(line.get_color()).upper(): line for line in lines}
        mean = table.query("act == 'tanh' and lrA == @lrA")["mean"]
        np.testing.assert_array_equal(drawn[pens(["tanh"])["tanh"].colour].get_ydata(), mean)
        assert sum(isinstance(c, PolyCollection) for c in ax.collections) == 3
        singles = [c for c in ax.collections if isinstance(c, LineCollection)]
        assert sum(len(c.get_segments()) for c in singles) == 18
        assert "epoch" in ax.get_xlabel()
    crosses = [line for line in axes[1].lines if line.get_gid() == "diverged"]
    np.testing.assert_array_equal(crosses[0].get_xdata(), [5, 5])
    assert "test accuracy\n(share of digits)" in axes[0].get_ylabel()


def test_a_caption_says_n_the_interval_and_what_became_of_diverged_runs(sweep: Sweep) -> None:
    caption = sweep.curves(vary="act").caption
    assert "n = 4" in caption
    assert "at all epochs at once with 95 %" in caption
    assert "subset, init, order" in caption
    assert "2 runs that diverged (×) are in no mean." in caption
    assert "10 runs more left out: of a seed or setting that lacks a whole curve." in caption
    assert "Averaged over lrA" in caption


def test_a_caption_says_with_which_factor_a_key_differs(tmp_path: Path) -> None:
    for act, size, seed in product(("tanh", "relu"), (8, 9), range(2)):
        write_synthetic(tmp_path, act=act, T=size, epochs=size, TT=size, seed=seed)
    sweep = load_sweep(tmp_path)
    assert sweep.design.factors == ("act", "T")
    for how in ({"vary": "act", "by": "T"}, {"vary": "T", "by": "act"}):
        assert "TT, epochs differ with T." in sweep.curves("test_acc", **how).caption
    assert "differ with" not in sweep.curves("test_acc", vary="act").caption


def test_a_band_is_drawn_within_what_a_curve_can_reach(tmp_path: Path) -> None:
    for seed, value in enumerate((1.0, 1.0, 0.7)):
        write_synthetic(tmp_path, {"test_acc": value, "test_loss": 1 - value}, seed=seed)
    figure = load_sweep(tmp_path).curves(["test_acc", "test_loss"])
    assert figure.table.query("curve == 'test_acc'")["high"].max() > 1
    assert figure.table.query("curve == 'test_loss'")["low"].min() < 0
    for ax, (low, high) in zip(figure.axes, ((0.0, 1.0), (0.0, np.inf)), strict=True):
        (band_,) = [c for c in ax.collections if isinstance(c, PolyCollection)]
        heights = band_.get_paths()[0].vertices[:, 1]
        assert low <= heights.min()
        assert heights.max() <= high


def test_runs_that_all_failed_have_no_curves(tmp_path: Path) -> None:
    for act in ("tanh", "relu"):
        write_synthetic(tmp_path / "s", ending="failed", act=act)
    with pytest.raises(AnalysisError, match="no run of s has a curve to draw"):
        load_sweep(tmp_path / "s").curves()


def test_one_seed_has_curves_and_no_band(tmp_path: Path) -> None:
    figure = synthetic(tmp_path / "s", seeds=1).curves("test_acc", vary="act", by="lrA")
    assert figure.table["low"].isna().all()
    assert figure.table["mean"].notna().all()
    assert "One seed has no band" in figure.caption


def test_a_run_that_explodes_does_not_hide_the_others(tmp_path: Path) -> None:
    for seed in range(3):
        write_synthetic(tmp_path, {"test_loss": np.linspace(0.5, 0.1, 13)}, seed=seed)
    write_synthetic(tmp_path, {"test_loss": np.geomspace(0.5, 1e29, 13)}, act="none")
    figure = load_sweep(tmp_path).curves("test_loss", vary="act")
    low, high = figure.axes[0].get_ylim()
    assert low < 0.1
    assert 0.5 < high < 1
    assert "Some runs leave the frame of test_loss." in figure.caption


@pytest.mark.parametrize("exploding", [1, 2, 3])
def test_as_many_runs_may_explode_as_there_are_others(exploding: int) -> None:
    others = np.linspace([0.5, 0.6, 0.7], [0.1, 0.1, 0.1], 13).T
    values = np.concatenate([others, np.geomspace(np.full(exploding, 0.5), 1e29, 13).T])
    values[-1, 8:] = np.nan  # one of them diverged
    assert reach("test_loss", values) == pytest.approx(0.7)
    low, high = limits("test_loss", values, others.mean(axis=0)) or (np.nan, np.nan)
    assert (low, high) == pytest.approx((0.07, 0.73))


def test_runs_that_do_not_explode_are_shown_whole() -> None:
    rng = np.random.default_rng(0)
    values = rng.uniform(0.2, 1.0, (40, 1)) * np.ones(13)
    assert reach("conv_norm", values) == values.max()
    values[0] = 7.9 * np.sort(values[:, 0])[19]
    assert reach("conv_norm", values) == values.max()
    values[0] = 20.0
    assert reach("conv_norm", values) == values[1:].max()


@pytest.mark.parametrize("curve", ["conv_dead", "test_acc", "filter_similarity"])
def test_what_has_an_upper_bound_does_not_explode(curve: str) -> None:
    values = np.concatenate([np.full((9, 4), 0.01), np.ones((1, 4))])
    assert reach(curve, values) == 1
    assert (limits(curve, values, values[:0]) or (0, 0))[1] == 1.02


def test_a_curve_without_a_value_has_no_limits() -> None:
    assert limits("test_loss", np.full((2, 3), np.nan), np.full(3, np.nan)) is None
    assert reach("test_loss", np.full((2, 3), np.nan)) == 1
    assert reach("test_loss", np.zeros((2, 3))) == 0


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"vary": "akt"}, "no key is called 'akt'"),
        ({"metric": "tst_acc"}, "no curve is called 'tst_acc': did you mean test_acc"),
        ({"by": ["act", "lrA", "seed"]}, "panels may be by two factors"),
        ({"metric": ["test_acc", "test_loss"], "by": ["act", "lrA"]}, "panels may be by two"),
    ],
)
def test_a_figure_that_cannot_be_drawn_says_why(sweep: Sweep, how: Any, words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        sweep.curves(**how)


def test_panels_stand_by_curves_or_by_the_levels_of_one_or_two_factors(sweep: Sweep) -> None:
    table = sweep.curves(["test_acc"], vary=[], by=["act", "lrA"]).table
    two = layout(sweep, table, ["test_acc"], ["act", "lrA"])
    acts = [panel.here["act"] for panel in two.panels if panel.row == 1]
    assert acts == sweep.levels["act"]
    assert {panel.here["lrA"] for panel in two.panels if panel.row == 1} == {0.1}
    assert all(two.title_of(panel) == panel.here for panel in two.panels)
    one = layout(sweep, table, ["test_acc", "test_loss"], ["lrA"])
    assert [(p.curve, p.row, p.column) for p in one.panels] == [
        *(("test_acc", 0, 0), ("test_acc", 0, 1), ("test_loss", 1, 0), ("test_loss", 1, 1))
    ]
    assert [one.title_of(panel) for panel in one.panels] == [{"lrA": 0.0}, {"lrA": 0.1}, {}, {}]
    several = layout(sweep, table, ["test_acc", "test_loss", "train_acc"], [])
    assert (several.rows, several.columns, len(several.panels)) == (2, 2, 3)
    assert all(several.left(panel) for panel in several.panels)
    assert [several.bottom(panel) for panel in several.panels] == [False, False, True]


def test_too_many_panels_or_lines_are_refused(tmp_path: Path) -> None:
    for T in range(2, 51):
        write_synthetic(tmp_path, T=T)
    many = load_sweep(tmp_path)
    with pytest.raises(AnalysisError, match="49 panels are too many to read: select with --where"):
        many.curves("test_acc", vary=[], by="T")
    with pytest.raises(AnalysisError, match="49 lines are too many to read: select with --where"):
        many.curves("test_acc", vary="T")


def test_a_heatmap_writes_means_and_marks_cells_with_diverged_runs(sweep: Sweep) -> None:
    figure = sweep.heatmap(vary=["act", "lrA"])
    row = figure.table.query("act == 'relu' and lrA == 0.1").iloc[0]
    values = sweep.where(act="relu", lrA=0.1).runs["test_acc"]
    assert row["test_acc"] == pytest.approx(values.mean())
    assert (row["n"], row["diverged"]) == (6, 2)
    marks = [t.get_text() for t in figure.axes[0].texts if t.get_gid() == "diverged"]
    assert marks == ["✕2"]
    assert f"{row['test_acc']:.3f}" in [t.get_text() for t in figure.axes[0].texts]
    image = figure.axes[0].images[0].get_array()
    assert image.shape == (3, 2)
    with pytest.raises(AnalysisError, match="a heatmap is over two factors"):
        sweep.heatmap(vary="act")


def test_filters_stand_on_one_symmetric_scale(real: Sweep) -> None:
    figure = real.filters(vary=["act", "lrA"])
    images = [ax.images[0] for ax in figure.axes if ax.images]
    assert len(images) == 8
    limits = {image.get_clim() for image in images}
    assert len(limits) == 1
    low, high = limits.pop()
    assert low == -high
    assert high == pytest.approx(figure.table[["low", "high"]].abs().to_numpy().max())
    place = next(i for i, folder in enumerate(real.folders) if "tanh" in folder.name)
    assert real.runs["act"].iloc[place] == "tanh"
    _, kept = read_filters(real.folders[place])
    drawn = [np.asarray(image.get_array()) for image in images]
    assert any(np.allclose(image, kept[-1][0]) for image in drawn)


def test_a_film_has_a_frame_for_every_epoch_at_which_filters_were_kept(real: Sweep) -> None:
    film = real.film(vary="act")
    assert film.epochs == [0, 1, 2, 4, 8, 12]
    with Image.open(io.BytesIO(film.encoded())) as gif:
        assert gif.n_frames == 6
    assert "data:image/gif" in film._repr_html_()
    with pytest.raises(AnalysisError, match="format must be gif, got 'png'"):
        film.write(Path("x.png"))


def test_filters_of_many_runs_or_none_are_refused(real: Sweep, sweep: Sweep) -> None:
    with pytest.raises(AnalysisError, match="no run has filters"):
        sweep.filters()
    with pytest.raises(AnalysisError, match="no run has seed=9"):
        real.filters(seed=9)


def test_the_critical_difference_diagram_joins_what_is_not_told_apart(tmp_path: Path) -> None:
    figure = ranks(synthetic(tmp_path / "s", seeds=8, gain=0.3).ranks("act"))
    ax = figure.axes[0]
    assert all(name in texts(figure) for name in ("tanh  (3.00)", "none", "critical difference"))
    bars = [line for line in ax.lines if line.get_gid() == "clique"]
    assert len(bars) == 2


def test_shares_are_bars_with_their_intervals(sweep: Sweep) -> None:
    table = sweep.effects("test_loss")
    figure = effects(table)
    widths = [bar.get_width() for bar in figure.axes[0].patches]
    np.testing.assert_allclose(widths, table["share"])
    lines = [c for c in figure.axes[0].collections if c.get_gid() == "interval"]
    assert len(lines) == 1


def test_the_diagnosis_strip_adds_up_to_all_runs(sweep: Sweep) -> None:
    figure = diagnose(sweep.diagnose(["act", "lrA"]), ["act", "lrA"])
    bars = figure.axes[0].patches
    total = sum(bar.get_width() for bar in bars)
    assert total == pytest.approx(6)
    assert figure.table["k"].sum() == 36
    assert "diverged" in texts(figure)
    table = sweep.diagnose(["act", "lrA", "seed", "T"])
    many = pd.concat([table.assign(T=T) for T in (31, 32)])
    with pytest.raises(AnalysisError, match="72 bars are too many to read: name fewer factors"):
        diagnose(Table(many, "t"), ["act", "lrA", "seed", "T"])


def test_a_level_has_one_colour_whatever_else_is_drawn(sweep: Sweep) -> None:
    whole = sweep.curves("test_acc", vary="act", by="lrA")
    part = sweep.where(act=["relu", "none"], lrA=0.0).curves("test_acc", vary="act")

    def colours(figure: Drawing) -> dict[str, str]:
        legend = figure.legends[0]
        return {
            t.get_text(): to_hex(line.get_color())
            for t, line in zip(legend.get_texts(), legend.get_lines(), strict=True)
        }

    assert colours(part).items() <= colours(whole).items()


def test_levels_that_nobody_knows_have_colours_too_and_numbers_an_order() -> None:
    known = pens(["tanh", "swish", "mish", "gelu"])
    assert known["tanh"].colour == OKABE_ITO[0]
    assert len({pen.colour for pen in known.values()}) == 4
    many = pens([f"level {i}" for i in range(20)])
    assert len({(pen.colour, pen.line) for pen in many.values()}) == 20
    assert len({pen.line for pen in pens(["tanh", "relu", "sigmoid", "none"]).values()}) == 4
    rates = list(pens([0.0, 0.001, 0.1]).values())
    assert len({pen.colour for pen in rates}) == 3
    assert not {pen.colour.upper() for pen in rates} & set(OKABE_ITO)


@pytest.mark.parametrize(
    ("ending", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")]
)
def test_every_format_is_written_the_same_twice(
    sweep: Sweep, tmp_path: Path, ending: str, magic: bytes
) -> None:
    figure = sweep.curves("test_acc", vary="act")
    path = figure.write(tmp_path / f"f.{ending}")
    assert path.read_bytes().startswith(magic)
    assert sweep.curves("test_acc", vary="act").encoded(ending) == path.read_bytes()


def test_a_wrong_format_or_folder_is_one_sentence(sweep: Sweep, tmp_path: Path) -> None:
    figure = sweep.curves("test_acc", vary="act")
    with pytest.raises(AnalysisError, match="format must be png, svg or pdf, got 'pgn'"):
        figure.write(tmp_path / "f.pgn")
    with pytest.raises(AnalysisError, match="cannot be written"):
        figure.write(tmp_path / "no" / "f.png")
    assert figure._repr_png_().startswith(b"\x89PNG")
