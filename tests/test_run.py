"""Every rule that a run's values must keep, by its words; and the record that a run is."""

import json
from dataclasses import fields, replace
from typing import Any

import pytest

from src.data.datasets import load
from src.errors import ConfigError
from src.model.activations import Act
from src.model.inits import Init
from src.run import Dtype, Run, Stream
from src.run.rules import check
from tests.support.strategies import make_dataset, make_run

DIGITS = load("embedded")
FITS = " (a filter fits into the image of 28×28 pixels)"
RATE = "0, or 1.2e-38 to 3.4e+38 (float32)"
RATE64 = "0, or 2.2e-308 to 1.8e+308 (float64)"

BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"L": 0}, "L must be at least 1 and at most 4096, got 0"),
    ({"L": 4097}, "L must be at least 1 and at most 4096, got 4097"),
    ({"I": 0}, f"I must be at least 1 and at most 28{FITS}, got 0"),
    ({"I": 29}, f"I must be at least 1 and at most 28{FITS}, got 29"),
    ({"J": -3}, f"J must be at least 1 and at most 28{FITS}, got -3"),
    ({"J": 29}, f"J must be at least 1 and at most 28{FITS}, got 29"),
    ({"batch": 0}, "batch must be at least 1 and at most 1000000, got 0"),
    ({"batch": 1_000_001}, "batch must be at least 1 and at most 1000000, got 1000001"),
    ({"epochs": -1}, "epochs must be 0 to 1,000,000, got -1"),
    ({"epochs": 1_000_001}, "epochs must be 0 to 1,000,000, got 1000001"),
    ({"lrA": -0.1}, f"lrA must be {RATE}, got -0.1"),
    ({"lrA": float("nan")}, f"lrA must be {RATE}, got nan"),
    ({"lrW": float("inf")}, f"lrW must be {RATE}, got inf"),
    ({"lrW": -1e-300}, f"lrW must be {RATE}, got -1e-300"),
    ({"init_scale": -1.0}, f"init_scale must be {RATE}, got -1.0"),
    ({"init_scale": float("nan")}, f"init_scale must be {RATE}, got nan"),
    ({"lrA": 1e39}, f"lrA must be {RATE}, got 1e+39"),
    ({"lrW": 1e-39}, f"lrW must be {RATE}, got 1e-39"),
    ({"init_scale": 1e-60}, f"init_scale must be {RATE}, got 1e-60"),
    ({"lrA": 5e-324, "dtype": Dtype.float64}, f"lrA must be {RATE64}, got 5e-324"),
    ({"seed": -1}, "seed must be 0 to 9223372036854775807, got -1"),
    ({"seed": 2**63}, f"seed must be 0 to 9223372036854775807, got {2**63}"),
    ({"subset_seed": -1}, "subset_seed must be 0 to 9223372036854775807, got -1"),
    ({"init_seed": -2}, "init_seed must be 0 to 9223372036854775807, got -2"),
    ({"order_seed": 2**63}, f"order_seed must be 0 to 9223372036854775807, got {2**63}"),
    ({"classes": (3,)}, "classes must be two classes or more, got [3]"),
    ({"classes": ()}, "classes must be two classes or more, got []"),
    (
        {"L": 4096, "I": 1, "J": 1, "classes": tuple(range(16))},
        "L must be small enough for 50,000,000 weights, got 4096",
    ),
    (
        {"init": Init.identity, "L": 3},
        "init must be another choice where the perceptron is not square "
        "(it has C=2 outputs and K=L·M·N=3 features), got 'identity'",
    ),
    (
        {"init": Init.identity, "I": 27},
        "init must be another choice where the perceptron is not square "
        "(it has C=2 outputs and K=L·M·N=4 features), got 'identity'",
    ),
]


@pytest.mark.parametrize(("broken", "words"), BROKEN, ids=[words for _, words in BROKEN])
def test_a_broken_rule_is_named_with_its_key_and_value(broken: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as error:
        check(replace(make_run(), **broken), DIGITS)
    assert str(error.value) == words


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"L": 1, "I": 1, "J": 1, "batch": 1, "epochs": 0},
        {"L": 4096, "batch": 1_000_000, "epochs": 1_000_000},
        {"lrA": 0.0, "lrW": 0.0, "init_scale": 0.0},
        {"lrA": 1.2e-38, "lrW": 3.4e38},
        {"lrA": 1e-300, "lrW": 1e300, "dtype": Dtype.float64},
        {"seed": 2**63 - 1, "subset_seed": 0, "order_seed": 2**63 - 1},
        {"init": Init.identity},
        {"init": Init.identity, "L": 10, "classes": tuple(range(10))},
    ],
    ids=str,
)
def test_values_at_the_edge_of_their_rules_are_kept(kept: dict[str, Any]) -> None:
    check(replace(make_run(), **kept), DIGITS)


def test_the_size_of_the_image_is_that_of_the_data() -> None:
    small = make_dataset(5, 9, 2)
    run = make_run(I=5, J=9, classes=(0, 1))
    check(run, small)
    with pytest.raises(ConfigError, match=r"^I must be .* of 5×9 pixels\), got 6$"):
        check(replace(run, I=6), small)
    assert replace(run, I=3, J=4).positions(small) == (3, 6)
    assert replace(run, I=3, J=4, L=5).features(small) == 90


def test_a_record_is_flat_plain_json_under_the_names_of_the_keys() -> None:
    run = make_run(act=Act.relu, act_out=Act.none)
    record = run.record()
    assert list(record) == [field.name for field in fields(Run)]
    assert (record["act"], record["act_out"], record["classes"]) == ("relu", "none", [3, 1])
    assert (record["dtype"], record["source"], record["folder"]) == ("float32", "embedded", None)
    assert json.loads(json.dumps(record, allow_nan=False)) == record


def test_a_record_makes_its_run_and_any_other_is_refused() -> None:
    run = make_run(act=Act.relu, lrA=0.5)
    record = run.record()
    assert Run.of_record(record) == run
    broken = (
        ({**record, "act": "gelu"}, "'gelu'"),
        ({**record, "clip": 0.9}, r".* unexpected keyword argument 'clip'"),
        ({key: record[key] for key in record if key != "lrA"}, r".* argument: 'lrA'"),
        ({key: record[key] for key in record if key != "classes"}, "'classes'"),
    )
    for other, what in broken:
        with pytest.raises(ConfigError, match=rf"^a record must be that of a run, it has {what}$"):
            Run.of_record(other)


def test_runs_are_equal_and_hashable_by_their_values() -> None:
    assert make_run() == make_run()
    assert len({make_run(), make_run(), make_run(seed=1)}) == 2


def test_every_stream_is_seeded_by_a_key_of_the_run() -> None:
    assert {stream.value for stream in Stream} <= {field.name for field in fields(Run)}
