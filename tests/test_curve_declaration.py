"""A curve that is declared in `src.timeline` and computed in `src.training.probes` is known."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.figures.limits import limits, reach
from analysis.metrics.quantities import quantity
from analysis.sweep import load_sweep
from src.execution.rerun import train_again
from src.storage.run_folder import LOG
from src.storage.store import read_checkpoint, read_curves, read_record, write_checkpoint
from src.timeline import CURVES, Curve, curve_of
from src.training.probes import PROBES, norm
from tests.support.study_folders import synthetic, write_synthetic
from tests.test_interruption import WORDS, stopped
from tests.test_resume import Stop
from tests.test_train import SMALL, command, runs

ERROR = Curve("test_fault", "share of digits decided wrongly", "fault", "share", "lower", 0.0, 1.0)
GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def old_run(tmp_path: Path) -> Path:
    """Return the folder of a run that was trained before the curve was added."""
    assert command(tmp_path, *SMALL).code == 0
    (run,) = runs(tmp_path)
    return run


def add(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add a curve as a developer does: one declaration and one function."""
    monkeypatch.setitem(CURVES, ERROR.name, ERROR)
    monkeypatch.setitem(PROBES, ERROR.name, lambda probe: np.full(len(probe.network.acts), 0.25))


def test_a_curve_that_is_added_is_trained_stored_and_read_by_what_it_declares(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(monkeypatch)
    assert command(tmp_path, *SMALL).code == 0
    (run,) = runs(tmp_path)
    assert read_curves(run)["test_fault"].tolist() == [0.25] * 3
    q = quantity(load_sweep(run.parent), "test_fault")
    assert (q.values.tolist(), q.better, q.share) == ([0.25], "lower", True)
    assert q.label == "final fault (share)"
    exploding = np.array([[0.01], [0.01], [1.0]])
    assert reach("test_fault", exploding) == 1.0
    assert (limits("test_fault", exploding, exploding[:0]) or (0, 0))[1] == 1.02


def test_the_good_end_of_an_added_curve_decides_from_which_side_a_threshold_is_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = synthetic(tmp_path / "s", seeds=1)
    upward = quantity(sweep, "epochs_to(test_acc, 0.0)").values
    monkeypatch.setitem(CURVES, "test_acc", Curve("test_acc", "", "", "", "lower"))
    assert (upward == 0).all()
    assert (quantity(sweep, "epochs_to(test_acc, 0.0)").values > 0).all()
    assert quantity(sweep, "best(test_acc)").better == "lower"


def test_studies_from_before_an_added_curve_load_and_have_none_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(monkeypatch)
    for version in ("v1", "v2"):
        sweep = load_sweep(Path(shutil.copytree(GOLDEN / version, tmp_path / version)))
        assert np.isnan(quantity(sweep, "test_fault").values).all()
        assert np.isfinite(quantity(sweep, "test_acc").values).any()
        assert "test_fault" not in sweep.factors


def test_a_run_from_before_is_trained_again_to_the_same_bytes_and_told_what_is_not_compared(
    old_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    same, _ = train_again(old_run)
    add(monkeypatch)
    said, code = train_again(old_run)
    assert code == 0
    assert said == f"{same}; not compared, as only one of the two has it: test_fault"


def test_a_run_with_a_curve_that_is_no_more_is_compared_in_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as later:
        add(later)
        assert command(tmp_path, *SMALL).code == 0
    (run,) = runs(tmp_path)
    said, code = train_again(run)
    assert code == 0, said
    assert said.endswith("; not compared, as only one of the two has it: test_fault")


def test_a_difference_in_a_curve_that_both_have_is_still_found(
    old_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(monkeypatch)
    monkeypatch.setitem(PROBES, "conv_norm", lambda probe: np.ones(len(probe.network.acts)))
    said, code = train_again(old_run)
    assert code == 1
    assert "differs in timeline.npz" in said
    assert "  conv_norm: by " in said


@pytest.mark.parametrize("table", [CURVES, PROBES])
def test_a_curve_that_is_only_declared_or_only_computed_stops_the_training_before_a_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: dict[str, object]
) -> None:
    add(monkeypatch)
    monkeypatch.delitem(table, ERROR.name)
    assert command(tmp_path, *SMALL).code == 1
    (run,) = runs(tmp_path)
    message = read_record(run).outcome.message or ""
    assert "declared in src.timeline and computed" in message
    assert message.rstrip().endswith("for test_fault")


def test_a_run_goes_on_from_a_checkpoint_that_has_a_curve_more_and_another_order(
    tmp_path: Path,
) -> None:
    stopped(tmp_path, WORDS, Stop(2, "ask"))
    (run,) = runs(tmp_path)
    checkpoint = read_checkpoint(run)
    assert checkpoint is not None
    curves = {"test_fault": np.zeros(5), **dict(reversed(checkpoint.curves.items()))}
    write_checkpoint(run, replace(checkpoint, curves=curves))
    assert command(tmp_path, *WORDS).code == 0
    assert read_record(run).execution["resumed_from"] == 2
    assert list(read_curves(run)) == list(CURVES)
    said, code = train_again(run)
    assert code == 0, said


def test_a_run_whose_checkpoint_lacks_a_curve_starts_anew_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped(tmp_path, WORDS, Stop(2, "ask"))
    add(monkeypatch)
    assert command(tmp_path, *WORDS).code == 0
    (run,) = runs(tmp_path)
    execution = read_record(run).execution
    assert execution["resumed_from"] is None
    assert execution["started_anew"] == "its checkpoint at epoch 2 has no test_fault"
    assert "started anew: its checkpoint at epoch 2 has no test_fault" in (run / LOG).read_text()
    assert read_curves(run)["test_fault"].tolist() == [0.25] * 5


def test_a_curve_of_a_later_version_is_a_curve_without_a_unit_and_no_factor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as later:
        add(later)
        later.setitem(PROBES, ERROR.name, lambda probe: norm(probe.parameters.of_convolution()))
        assert command(tmp_path, "-m", "study=s", "seed=0,1", "n_jobs=1", *SMALL).code == 0
    sweep = load_sweep(tmp_path / "multirun_outputs" / "s")
    assert list(sweep.factors) == ["seed"]
    q = quantity(sweep, "test_fault")
    assert np.isfinite(q.values).all()
    assert (q.label, q.better, q.share) == ("final test_fault", None, False)
    assert sweep.curves("test_fault").axes[0].get_ylabel() == "test_fault"


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("valid_loss", "lower"),
        ("Valid/Accuracy", "higher"),
        ("top_error", "lower"),
        ("loss_scale", None),
        ("conv_similarity", None),
        ("glossloss", None),
    ],
)
def test_of_a_curve_that_is_not_declared_the_last_word_says_its_good_end_and_nothing_else(
    name: str, better: str | None
) -> None:
    curve = curve_of(name)
    assert (curve.axis, curve.better, curve.rises) == (name, better, better != "lower")
    assert (curve.low, curve.high, curve.is_share) == (-np.inf, np.inf, False)


def test_ranks_call_no_end_better_of_a_curve_of_which_neither_end_is(tmp_path: Path) -> None:
    for act, length in (("tanh", 1.0), ("relu", 2.0), ("none", 3.0)):
        for seed in range(3):
            write_synthetic(tmp_path, {"conv_norm": length}, act=act, seed=seed)
    sweep = load_sweep(tmp_path)
    ranks = sweep.ranks("act", "conv_norm")
    assert ranks["level"].tolist() == ["none", "relu", "tanh"]
    assert "1 is the highest conv_norm, of which neither end is better" in ranks.caption
    assert "lower instability(conv_norm) is better" in (
        sweep.ranks("act", "instability(conv_norm)").caption
    )
    assert "higher test_acc is better" in sweep.ranks("act", "test_acc").caption
