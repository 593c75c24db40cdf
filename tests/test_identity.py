"""A run's id is its content, to the last bit; its folder's name is a safe label and the id."""

import math
import re
import shutil
import subprocess
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.data.orders import Order
from src.model.activations import Act
from src.model.inits import Init
from src.model.losses import Loss
from src.model.optimizers import Opt
from src.model.schedules import Schedule
from src.run import Dtype, Run, Source
from src.storage.identity import folder_name, run_id
from tests.support.strategies import make_run

DIGEST = "0" * 64


def identify(run: Run, digest: str = DIGEST, version: int = 1) -> str:
    """Return the run's id."""
    return run_id(run.record(), digest, version)


OTHER: dict[str, Any] = {
    "act": Act.relu,
    "act_out": Act.relu,
    "order": Order.fixed,
    "init": Init.he,
    "source": Source.idx,
    "transpose": True,
    "loss": Loss.hinge,
    "opt": Opt.adam,
    "schedule": Schedule.cosine,
    "dtype": Dtype.float64,
    "classes": (1, 3),
}
NUMBERS = [f.name for f in fields(Run) if f.type in ("int", "float", int, float)]
LABELS = {"seed", "folder"}


@pytest.mark.parametrize("key", [*OTHER, *sorted(set(NUMBERS) - LABELS)])
def test_every_key_that_determines_the_result_is_in_the_id(key: str) -> None:
    run = make_run(label_noise=0.5)  # without it the seed of the noise decides nothing
    other = OTHER[key] if key in OTHER else getattr(run, key) + 1
    assert identify(replace(run, **{key: other})) != identify(run)


def test_no_key_of_a_run_is_forgotten_here() -> None:
    assert {*OTHER, *NUMBERS, *LABELS} == {field.name for field in fields(Run)}


def test_labels_are_not_in_the_id() -> None:
    run = make_run()
    assert identify(replace(run, seed=5)) == identify(run)
    assert identify(replace(run, folder="/elsewhere")) == identify(run)


def test_data_and_engine_version_are_in_the_id() -> None:
    run = make_run()
    assert len({identify(run), identify(run, "1" * 64), identify(run, version=2)}) == 3


@given(st.floats(0, 1e300, exclude_max=True), st.sampled_from(["lrA", "lrW", "init_scale"]))
def test_rates_that_differ_in_their_last_bit_are_two_runs(rate: float, key: str) -> None:
    one, other = ({key: value} for value in (rate, math.nextafter(rate, math.inf)))
    assert identify(make_run(**one)) != identify(make_run(**other))
    assert identify(make_run(**one)) == identify(make_run(**one))


@pytest.mark.parametrize("other", ["0.10", "1e-1", ".1", "10e-2"])
def test_a_rate_is_its_value_not_its_spelling(other: str) -> None:
    assert identify(make_run(lrA=float(other))) == identify(make_run(lrA=0.1))


def test_the_order_of_the_keys_does_not_matter() -> None:
    record = make_run().record()
    backwards = dict(reversed(record.items()))
    assert run_id(backwards, DIGEST, 1) == run_id(record, DIGEST, 1)


TEXT = (
    '{"config": {"I": 28, "J": 28, "L": 2, "T": 31, "TT": 98, "act": "tanh", "act_out": "tanh", '
    '"batch": 1, "classes": [3, 1], "dtype": "float32", "epochs": 200, "init": "uniform", '
    '"init_scale": 0.1, "init_seed": 0, "lrA": 0.001, "lrW": 0.001, "order": "random", '
    '"order_seed": 0, "source": "embedded", "subset_seed": 0}, "data": "'
    '0000000000000000000000000000000000000000000000000000000000000000", "engine": 1}'
)
"""The report's run, written by hand: keys in alphabetic order, each number as short as it reads."""


def test_an_id_is_the_same_in_every_process_and_release() -> None:
    # printf %s "$TEXT" | sha256sum | cut -c 1-16
    assert identify(make_run()) == "eccbfa9f7b824c27"


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="there is no sha256sum here")
def test_an_id_is_what_sha256sum_makes_of_its_text() -> None:
    said = subprocess.run(["sha256sum"], input=TEXT.encode(), capture_output=True, check=True)
    assert said.stdout.decode()[:16] == identify(make_run())


def test_a_value_that_json_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        run_id({"lrA": math.nan}, DIGEST, 1)


odd = st.text(max_size=40) | st.sampled_from(["..", "../..", "/etc", "a\\b", "CON", "x\0y", "a\nb"])
numbers = st.floats(0, 1e308) | st.integers(0, 2**63 - 1)


@given(odd, odd, odd, numbers, numbers, odd | st.integers())
def test_a_folder_name_is_safe_for_any_value(
    act: str, order: str, init: str, lrA: float, lrW: float, seed: Any
) -> None:
    record = {"act": act, "order": order, "init": init, "lrA": lrA, "lrW": lrW, "seed": seed}
    name = folder_name(record, "0123456789abcdef")
    assert re.fullmatch(r"[A-Za-z0-9_.+-]{1,97}", name)
    assert name.endswith("-0123456789abcdef")


def test_a_folder_name_says_what_varies_most() -> None:
    name = folder_name(make_run(lrA=0.001012, lrW=1e-05, seed=4).record(), "f" * 16)
    assert name == "tanh-random-uniform-lrA0.001012-lrW1e-05-seed4-" + "f" * 16


def test_runs_whose_rates_print_alike_have_folders_of_their_own() -> None:
    runs = [make_run(lrA=rate) for rate in (0.1, math.nextafter(0.1, 1))]
    names = {folder_name(run.record(), identify(run)) for run in runs}
    assert len(names) == 2
    assert len({name[:-16] for name in names}) == 1
