"""What `analysis` does not answer, and in which words: a question that a study cannot decide."""

import shutil
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import analysis
from analysis.__main__ import answer
from analysis.claims import contrast as testing
from analysis.claims.evidence import evidence
from analysis.claims.exact import check
from analysis.claims.outputs import exhibit
from analysis.claims.statements import Statement
from analysis.errors import AnalysisError
from analysis.figures.diagnose import diagnose
from analysis.figures.similarity import likeness
from analysis.metrics.measures import Curves
from analysis.statistics.contrasts import Endpoint
from analysis.statistics.intervals import mean_interval, wilson_interval
from analysis.statistics.tuning import tune
from analysis.sweep import Sweep, load_sweep
from src.data.datasets import class_means, load
from src.storage.study_files import write_card, write_class_means
from tests.support.samples import cells
from tests.support.study_folders import runs_of, trained, write_synthetic


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    """Return a trained study of two factors and two seeds, whose filters are 5×5."""
    folder = tmp_path_factory.mktemp("refusing") / "s"
    runs = runs_of(2, lrA=[0.0, 0.1], lrW=[0.01, 0.1], I=[5], J=[5])
    trained(folder, runs)
    write_class_means(folder, *class_means(load("embedded")))
    return load_sweep(folder)


def grid(folder: Path, seeds: int = 2, **factors: Sequence[Any]) -> Sweep:
    """Write and load a study of every combination of levels."""
    for levels in product(*factors.values()):
        for seed in range(seeds):
            write_synthetic(folder / "g", seed=seed, **dict(zip(factors, levels, strict=True)))
    return load_sweep(folder / "g")


def rates(n: int) -> list[float]:
    """Return n different rates."""
    return [round(0.01 * (1 + at), 2) for at in range(n)]


SIX: dict[str, Sequence[Any]] = {
    "act": ("tanh", "relu"),
    "order": ("fixed", "random"),
    "init": ("he", "glorot"),
    **dict.fromkeys(("lrA", "lrW", "init_scale"), rates(2)),
}
Asked = Callable[[Sweep, Path], Any]


def _without(name: str, asked: Callable[[Sweep], Any]) -> Asked:
    """Ask a copy of the study that lacks a file."""

    def of_copy(sweep: Sweep, folder: Path) -> Any:
        shutil.copytree(sweep.folder, folder / "copy")
        (folder / "copy" / name).unlink()
        return asked(load_sweep(folder / "copy"))

    return of_copy


def _with_card(card: dict[str, Any], asked: Callable[[Path], Any]) -> Asked:
    """Ask a copy of the study that has a card."""

    def of_copy(sweep: Sweep, folder: Path) -> Any:
        shutil.copytree(sweep.folder, folder / "copy")
        write_card(folder / "copy", "mine", card)
        return asked(folder / "copy")

    return of_copy


def _diverged(folder: Path) -> Sweep:
    """Return a study of which no run finished."""
    write_synthetic(folder / "gone", ending="diverged", epoch=3)
    return load_sweep(folder / "gone")


def _partly(folder: Path) -> Sweep:
    """Return a study in which no seed has all levels."""
    for seed, lrA in enumerate((0.1, 0.1, 0.2, 0.2, 0.3)):
        write_synthetic(folder / "partly", lrA=lrA, seed=seed)
    return load_sweep(folder / "partly")


def _crossed(folder: Path, lrA: Sequence[float] = (0.1,)) -> Sweep:
    """Return a study whose streams vary apart."""
    for rate, a, b in product(lrA, (0, 1), (0, 1)):
        streams = {"subset_seed": a, "init_seed": b, "order_seed": 0}
        write_synthetic(folder / "crossed", lrA=rate, **streams)
    return load_sweep(folder / "crossed")


REFUSED: dict[str, tuple[Asked, str]] = {
    "a level in a figure of a card that no run has": (
        _with_card(
            {"figures": [{"name": "one", "verb": "curves", "where": {"lrA": "fast"}}]},
            lambda s: exhibit(s, s / "x"),
        ),
        "figure one: no run has lrA=fast: there are 0, 0.1",
    ),
    "a level in a comparison of a card that no run has": (
        _with_card(
            {"comparisons": [{"name": "one", "vary": "lrA", "metric": "test_ac"}]},
            lambda s: exhibit(s, s / "x"),
        ),
        "comparison one: no curve is called 'test_ac': did you mean test_acc, test_loss, "
        "train_acc?",
    ),
    "ranks without a whole seed": (
        lambda s, f: _partly(f).ranks("lrA"),
        "no seed was run with every level of lrA",
    ),
    "too many effects": (
        lambda s, f: grid(f, 1, **SIX).effects(),
        "6 factors vary, which makes 63 effects: name at most 5 with --by, and select one level "
        "of the others with --where",
    ),
    "effects beside what varies": (
        lambda s, f: s.effects(by="lrA"),
        "lrW vary too: name them with --by, or one level with --where",
    ),
    "a level that no run has": (
        lambda s, f: testing.test_of(
            Statement("s", "test_acc", vary="lrA", level=0.0, against=0.7), s
        ),
        "s has no run with lrA=0.7: did you mean 0.1, 0?",
    ),
    "too many bars": (
        lambda s, f: diagnose(grid(f, lrA=rates(49)).diagnose("lrA"), ["lrA"]),
        "49 bars are too many to read: name fewer factors with --by",
    ),
    "too many panels": (
        lambda s, f: grid(f, 1, lrA=rates(49), lrW=rates(2)).curves(vary="lrW", by="lrA"),
        "49 panels are too many to read: select with --where",
    ),
    "too many lines": (
        lambda s, f: grid(f, lrA=rates(25)).curves(vary="lrA"),
        "25 lines are too many to read: select with --where",
    ),
    "digits that are none": (
        lambda s, f: evidence(s, "distinct(three)"),
        "distinct takes one digit, got 'distinct(three)'",
    ),
    "likeness of small filters": (
        lambda s, f: evidence(s, "likeness(3)"),
        "filters must be as large as the images to be like them: 28×28, got 5×5",
    ),
    "a figure of the likeness of small filters": (
        lambda s, f: likeness(s),
        "a likeness needs a filter as large as the image for every class",
    ),
    "likeness without class means": (
        _without("class_means.npz", lambda s: evidence(s, "likeness(3)")),
        "copy has no class means: it lacks class_means.npz",
    ),
    "a figure of likeness without class means": (
        _without("class_means.npz", likeness),
        "copy has no class means: it lacks class_means.npz",
    ),
    "an exact check without class means": (
        _without("class_means.npz", lambda s: check(s, "affine")),
        "copy has no class means: it lacks class_means.npz",
    ),
    "confusion of nothing": (
        lambda s, f: _diverged(f).confusion(),
        "no run finished, so no digit was decided",
    ),
    "crossings of too many levels": (
        lambda s, f: grid(f, lrA=rates(13)).crossings("lrA", "test_acc"),
        "lrA must have 2 to 12 levels to compare curves, got 13",
    ),
    "too many filters": (
        lambda s, f: grid(f, 1, lrA=rates(25)).filters(),
        "25 runs are too many to look at: select with --where, or name --vary",
    ),
    "streams that are crossed": (
        lambda s, f: _crossed(f).compare("lrA"),
        "subset_seed and init_seed vary apart, and runs that share one are no independent seeds: "
        "name the one that is the unit, as in --seed subset_seed",
    ),
    "components beside what varies": (
        lambda s, f: _crossed(f, (0.1, 0.2)).effects(),
        "streams vary apart, whose components are those of one configuration, but lrA vary too: "
        "select one level of each with --where",
    ),
    "an unknown measure of a claim": (
        lambda s, f: evidence(s, "likenes(3)"),
        "(of filters and starts: did you mean likeness, alike?)",
    ),
    "equivalence at each level's own best": (
        lambda s, f: tune(cells(), "order", ["lrA"], "acc").contrasts(
            [Endpoint("acc", delta=0.1)], [("fixed", "random")]
        ),
        "tuned levels can be shown to differ, not to be equivalent: leave out delta",
    ),
    "epochs that do not increase": (
        lambda s, f: Curves(np.zeros((2, 3)), np.array([0, 2, 1])),
        "epochs must increase from each column to the next",
    ),
    "more hits than shots": (
        lambda s, f: wilson_interval(3, 2),
        "k of n must have 0 <= k <= n, got 3 of 2",
    ),
    "an infinite value": (
        lambda s, f: mean_interval([1.0, np.inf]),
        "values must be finite or NaN, got an infinite one",
    ),
    "a word that the shell does not know": (
        lambda s, f: answer(["table", "--everything"]),
        "table does not take --everything (python -m analysis table --help)",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_question_that_a_study_cannot_decide_is_refused_in_one_sentence(
    sweep: Sweep, tmp_path: Path, kind: str
) -> None:
    asked, words = REFUSED[kind]
    with pytest.raises(AnalysisError) as error:
        asked(sweep, tmp_path)
    assert str(error.value).endswith(words)
    assert "\n" not in str(error.value)


def test_a_name_that_analysis_does_not_have_is_refused_as_by_any_module() -> None:
    with pytest.raises(AttributeError, match=r"^module 'analysis' has no attribute 'load_swep'$"):
        _ = analysis.load_swep
