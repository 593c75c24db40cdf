"""Diagnosis: real runs that were built to fail in each way get the label of that way."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.figures.style import DIAGNOSES
from analysis.metrics.labels import LABELS
from analysis.sweep import load_sweep
from src.model.activations import Act
from src.model.inits import Init
from tests.support.strategies import make_run
from tests.support.study_folders import trained, write_synthetic

FAST: dict[str, Any] = {"lrA": 0.05, "lrW": 0.05}

BUILT: dict[str, dict[str, Any]] = {
    "converged": {**FAST, "act": Act.none, "epochs": 150, "T": 31},
    "not converged yet": {"act": Act.tanh, "lrA": 0.001, "lrW": 0.001, "epochs": 60},
    "diverged": {"act": Act.none, "lrA": 1.0, "lrW": 1.0, "epochs": 10},
    "frozen": {"act": Act.tanh, "lrA": 0.0, "lrW": 0.0, "epochs": 10},
    "saturated": {**FAST, "act": Act.tanh, "init_scale": 30.0, "epochs": 20},
    "dead": {**FAST, "act": Act.relu, "init": Init.uniform, "init_scale": 50.0, "epochs": 20},
    "stuck at chance": {"act": Act.sigmoid, "lrA": 0.0001, "lrW": 0.0001, "epochs": 20},
    "oscillating": {"act": Act.tanh, "lrA": 0.0001, "lrW": 1.0, "epochs": 40},
}


@pytest.mark.parametrize("label", BUILT)
def test_a_run_that_was_built_to_end_so_is_labelled_so(label: str, tmp_path: Path) -> None:
    sweep = trained(tmp_path, [make_run(seed=seed, **BUILT[label]) for seed in range(5)])
    found = sweep.diagnoses["label"].value_counts()
    assert found.get(label, 0) >= 3, sweep.diagnoses.to_dict("records")


def test_a_frozen_layer_is_only_blamed_where_the_run_did_not_learn(tmp_path: Path) -> None:
    keys: dict[str, Any] = {"act": Act.tanh, "epochs": 60, "lrW": 0.0}
    sweep = trained(tmp_path, [make_run(lrA=0.03, seed=seed, **keys) for seed in range(5)])
    learned = sweep.runs["train_acc"] > 0.95
    assert learned.any()
    assert (sweep.diagnoses.loc[learned, "label"] != "frozen").all()


LEARNED = {"train_acc": 1.0, "test_acc": 0.95, "train_loss": np.linspace(0.5, 0.05, 13)}
STEADY = {"conv_grad_norm": 0.1, "perceptron_grad_norm": 0.1}
FALLEN = np.array([0.5, 0.3, 0.2, *[0.1] * 10])


@pytest.mark.parametrize(
    ("label", "words", "curves"),
    [
        (
            "overfit",
            "test_loss rose from 0.1 at epoch 2 to 0.3",
            {**LEARNED, "test_loss": [0.5, 0.3, 0.1, *np.linspace(0.1, 0.3, 10)]},
        ),
        (
            "overfit",
            "train_acc 1.00, test_acc 0.60",
            {**LEARNED, "train_loss": FALLEN, "test_loss": FALLEN, "test_acc": 0.6},
        ),
        (
            "vanished",
            "1.0e-05 of the error reaches the convolution late",
            {"train_loss": 0.5, "train_acc": 0.7, "conv_grad_norm": 1e-5},
        ),
        (
            "saturated",
            "93% of features on the flat part",
            {"train_loss": 0.5, "train_acc": 0.5, "conv_saturated": 0.93},
        ),
        ("converged", "train_loss 0.1", {**LEARNED, "train_loss": FALLEN, "test_loss": FALLEN}),
        (
            "exploding",
            "train_loss grew from 0.5 to 3e+28",
            {"train_loss": np.geomspace(0.5, 3e28, 13), "train_acc": 0.5},
        ),
        (
            "stuck at chance",
            "train_acc 0.55, guessing gives up to 0.68",
            {"train_loss": 0.5, "train_acc": 0.55, **STEADY},
        ),
    ],
)
def test_the_evidence_says_the_numbers(
    tmp_path: Path, label: str, words: str, curves: dict[str, Any]
) -> None:
    write_synthetic(tmp_path, curves)
    (found,) = load_sweep(tmp_path).diagnoses.to_dict("records")
    assert found["label"] == label
    assert words in found["evidence"]


def test_dead_units_are_of_one_sided_activations_and_flat_ones_of_the_others(
    tmp_path: Path,
) -> None:
    curves = {"train_loss": 0.5, "train_acc": 0.5, "conv_dead": 0.61, "conv_saturated": 0.9}
    write_synthetic(tmp_path, curves, act="relu")
    write_synthetic(tmp_path, curves, act="tanh")
    sweep = load_sweep(tmp_path)
    found = sweep.runs.assign(**sweep.diagnoses).set_index("act")
    assert found.loc["relu", "evidence"] == "61% of features are off for every digit"
    assert found.loc["tanh", "label"] == "saturated"


def test_every_ending_has_a_label(tmp_path: Path) -> None:
    write_synthetic(tmp_path, ending="failed")
    write_synthetic(tmp_path, ending="interrupted", seed=1)
    write_synthetic(tmp_path, ending="diverged", epoch=8, seed=2)
    found = load_sweep(tmp_path).diagnoses
    assert set(found["label"]) == {"failed", "interrupted", "diverged"}
    assert "at epoch 8 in the perceptron" in set(found["evidence"])


def test_runs_of_no_and_one_epoch_are_labelled_too(tmp_path: Path) -> None:
    for epochs in (0, 1):
        write_synthetic(tmp_path, {"train_loss": 0.5}, epochs=epochs)
    assert load_sweep(tmp_path).diagnoses["label"].isin(list(LABELS)).all()


def test_every_label_has_a_colour_of_its_own() -> None:
    assert list(DIAGNOSES) != []
    assert set(DIAGNOSES) == set(LABELS)
    assert len(set(DIAGNOSES.values())) == len(DIAGNOSES)


def test_rates_of_labels_have_intervals_and_add_up(tmp_path: Path) -> None:
    runs = [make_run(seed=s, lrA=r, epochs=5) for s in range(3) for r in (0.0, 0.001)]
    table = trained(tmp_path, [run for run in runs if run.lrA]).diagnose("lrA")
    assert table["k"].sum() == 3
    assert (table["share_low"] < table["share"]).all()


def test_a_gradient_is_held_against_the_error_only_where_the_loss_is_that_error(
    tmp_path: Path,
) -> None:
    tiny = {
        "train_acc": 0.5,
        "train_loss": 0.5,
        "conv_grad_norm": 1e-9,
        "perceptron_grad_norm": 1e-9,
    }
    for loss, seed in (("squared_error", 0), ("hinge", 1)):
        write_synthetic(tmp_path / "s", tiny, loss=loss, seed=seed)
    sweep = load_sweep(tmp_path / "s")
    labels = dict(zip(sweep.runs["loss"], sweep.diagnoses["label"], strict=True))
    assert labels["squared_error"] == "vanished"
    assert labels["hinge"] != "vanished"
