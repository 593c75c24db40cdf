"""Any curve, measure, outcome or diagnosis by name becomes one number a run."""

from pathlib import Path

import numpy as np
import pytest

from analysis.errors import AnalysisError
from analysis.metrics.quantities import quantity
from analysis.sweep import load_sweep
from src.timeline import CURVES, curve_of
from tests.support.study_folders import synthetic, write_synthetic

STEADY = {"conv_grad_norm": 0.1, "perceptron_grad_norm": 0.1}


def test_the_final_value_is_that_of_the_record_and_missing_after_a_divergence(
    tmp_path: Path,
) -> None:
    sweep = synthetic(tmp_path / "s", diverge={("relu", 0.1): [0, 3]})
    q = quantity(sweep, "test_acc")
    np.testing.assert_array_equal(q.values, sweep.runs["test_acc"])
    assert np.isnan(q.values).sum() == 2
    assert (q.kind, q.better, q.share) == ("value", "higher", True)
    assert quantity(sweep, "best(test_acc)").values[~sweep.survived].size == 2
    assert np.isnan(quantity(sweep, "best(test_acc)").values[~sweep.survived]).all()


def test_runs_of_other_lengths_end_where_they_end_and_share_a_horizon(tmp_path: Path) -> None:
    ramp = np.arange(9) / 10
    write_synthetic(tmp_path, {"test_acc": ramp}, epochs=8, seed=0)
    write_synthetic(tmp_path, {"test_acc": ramp[:5]}, epochs=4, seed=1)
    sweep = load_sweep(tmp_path)
    assert sorted(quantity(sweep, "test_acc").values) == [0.4, 0.8]
    time = quantity(sweep, "epochs_to(test_acc, 0.6)")
    assert (time.kind, time.better, time.horizon) == ("time", "lower", 4)
    assert time.values.tolist() == [4, 4]
    assert time.missed is not None
    assert time.missed.all()
    assert quantity(sweep, "epochs_to(test_acc, 0.3)").values.tolist() == [3, 3]


def test_a_run_that_diverged_has_not_reached_the_threshold_by_the_horizon(tmp_path: Path) -> None:
    write_synthetic(tmp_path, {"test_acc": 0.5}, ending="diverged", epoch=3)
    write_synthetic(tmp_path, {}, ending="failed", seed=1)
    time = quantity(load_sweep(tmp_path), "epochs_to(test_acc, 0.9)")
    assert np.isnan(time.values).sum() == 1
    assert np.nanmax(time.values) == 12


def test_rates_are_of_runs_with_a_result_and_of_all_for_failures(tmp_path: Path) -> None:
    write_synthetic(tmp_path, ending="diverged", epoch=2)
    write_synthetic(tmp_path, ending="failed", seed=1)
    write_synthetic(tmp_path, ending="interrupted", seed=2)
    write_synthetic(tmp_path, {"train_acc": 0.5, "train_loss": 0.5, **STEADY}, seed=3)
    sweep = load_sweep(tmp_path)
    assert sorted(quantity(sweep, "diverged").values[sweep.has_result]) == [0.0, 1.0]
    assert np.isnan(quantity(sweep, "diverged").values[~sweep.has_result]).all()
    assert quantity(sweep, "rate(failed)").values.sum() == 1
    assert np.isfinite(quantity(sweep, "rate(failed)").values).all()
    assert quantity(sweep, "rate(stuck at chance)").values[sweep.survived].sum() == 1
    assert quantity(sweep, "converged").better == "higher"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tst_acc", "no curve is called 'tst_acc': did you mean test_acc"),
        ("finale(test_acc)", "no measure is called 'finale'"),
        ("rate(divergd)", "no rate is called 'divergd': did you mean diverged"),
    ],
)
def test_a_wrong_name_lists_the_nearest(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        quantity(synthetic(tmp_path / "s", seeds=1), text)


def test_every_curve_of_the_engine_has_a_meaning_a_title_and_a_unit() -> None:
    for name, curve in CURVES.items():
        assert (curve.name, curve_of(name)) == (name, curve)
        assert all((curve.meaning, curve.title, curve.unit))
