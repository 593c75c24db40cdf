"""Claims: their words, their tests, their verdicts; and that every card in conf/ can be judged."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from analysis.claims.contrast import relations
from analysis.claims.contrast import test_of as made_of
from analysis.claims.evidence import evidence
from analysis.claims.exact import CHECKS
from analysis.claims.statements import Statement, Together, claims_of
from analysis.claims.table import judged, notes
from analysis.claims.verdicts import compose, verdict_of
from analysis.errors import AnalysisError
from analysis.statistics.power import seeds_needed
from analysis.sweep import Sweep
from src.data.datasets import class_means, load
from src.errors import ConfigError
from src.model.activations import Act
from src.plan import DIRECTIONS
from src.storage.study_files import write_card, write_class_means
from tests.support.study_folders import runs_of, trained

CONF = Path(__file__).parents[1] / "conf" / "experiment"
CARDS = {path.stem: yaml.safe_load(path.read_text("utf-8")).get("card") for path in CONF.glob("*")}
NAMED = [name for name, card in CARDS.items() if card]


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    """Six seeds of two activations and two rates, trained, with class means."""
    study = tmp_path_factory.mktemp("claims") / "study"
    study.mkdir()
    write_class_means(study, *class_means(load("embedded")))
    return trained(study, runs_of(6, act=[Act.tanh, Act.none], lrA=[0.0, 0.01], lrW=[0.01]))


def claim(**part: Any) -> dict[str, Any]:
    return {"name": "c", "quote": "q", "reading": "r", "all": [part]}


def of(sweep: Sweep, **part: Any) -> Any:
    study = sweep.folder
    write_card(study, "study", {"claims": [claim(**part)]})
    claims, _ = judged({"study": sweep})
    return claims.iloc[0]


# --- words


@pytest.mark.parametrize("name", NAMED)
def test_every_card_can_be_read(name: str) -> None:
    for one in claims_of(CARDS[name], name):
        for leaf in one.parts.leaves():
            assert str(leaf)
            assert leaf.study in CARDS
        assert one.figure in {figure["name"] for figure in CARDS[name]["figures"]}


def test_the_seed_report_has_at_least_fifteen_claims_each_named_once() -> None:
    names = [one.name for card in NAMED for one in claims_of(CARDS[card], card)]
    assert len(names) == len(set(names)) >= 30


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"measure": "test_acc", "vary": "act", "level": "tanh", "against": "relu", "is": "above"},
         "is must be one of higher, lower, different, equal, not higher, not lower, got 'above'"),
        ({"measure": "test_acc", "bar": 0, "is": "equal"}, "'equal' must have a margin"),
        ({"measure": "test_acc", "is": "higher"}, "must hold test_acc against a level or a bar"),
        ({"bar": 0, "is": "higher"}, "must say a measure, or what is exact"),
        ({"measure": "test_acc", "vary": "act", "level": "tanh", "is": "higher"},
         "must say which level of act, against which"),
        ({"measure": "test_acc", "vary": "act", "level": "tanh", "against": "relu", "is": "lower",
          "tune": "lrA", "margin": 0.1}, "levels at their own best have no margin"),
        ({"mesure": "test_acc"}, "no word is called 'mesure' (did you mean 'measure'?)"),
    ],
)  # fmt: skip
def test_a_statement_that_cannot_be_meant_says_why(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        claims_of({"claims": [claim(**given)]}, "s")
    assert words in str(caught.value)


def test_a_claim_without_words_or_parts_says_so() -> None:
    whole = claim(exact="affine")
    for change, words in (
        ({"reading": ""}, "claim c must have a reading"),
        ({"any": [{"exact": "affine"}]}, "claim c must have parts under either 'all' or 'any'"),
        ({"quotes": "q"}, r"no word is called 'quotes' \(did you mean 'quote'\?\)"),
    ):
        with pytest.raises(ConfigError, match=words):
            claims_of({"claims": [{**whole, **change}]}, "s")


def test_levels_given_as_lists_are_compared_each_with_each() -> None:
    part = {
        "measure": "test_acc",
        "vary": "lrA",
        "level": [1, 2],
        "against": [3, 4],
        "is": "higher",
    }
    (one,) = claims_of({"claims": [claim(**part)]}, "s")
    pairs = [(leaf.level, leaf.against) for leaf in one.parts.leaves()]
    assert pairs == [(1, 3), (1, 4), (2, 3), (2, 4)]


# --- verdicts


def leaf(direction: str, margin: float | None = 0.1) -> Statement:
    return Statement("s", "m", bar=0.0, direction=direction, margin=margin)


@pytest.mark.parametrize(
    ("direction", "difference", "half", "real", "equivalent", "verdict"),
    [
        ("higher", 0.5, 0.1, True, False, "holds"),
        ("higher", -0.5, 0.1, True, False, "does not hold"),
        ("higher", 0.05, 0.01, True, True, "does not hold"),  # real, but within what counts as none
        ("higher", 0.5, 0.6, False, False, "not shown"),
        ("lower", -0.5, 0.1, True, False, "holds"),
        ("lower", 0.5, 0.1, True, False, "does not hold"),
        ("different", -0.5, 0.1, True, False, "holds"),
        ("different", 0.0, 0.05, False, True, "does not hold"),
        ("equal", 0.0, 0.05, False, True, "holds"),
        ("equal", 0.5, 0.1, True, False, "does not hold"),
        ("equal", -0.5, 0.1, True, False, "does not hold"),
        ("equal", 0.15, 0.1, True, False, "not shown"),  # other than 0, perhaps within the margin
        ("not higher", -0.5, 0.1, True, False, "holds"),
        ("not higher", 0.0, 0.05, False, True, "holds"),
        ("not higher", 0.5, 0.1, True, False, "does not hold"),
        ("not higher", 0.15, 0.1, True, False, "not shown"),
        ("not lower", 0.5, 0.1, True, False, "holds"),
        ("not lower", -0.5, 0.1, True, False, "does not hold"),
    ],
)
def test_a_statement_needs_evidence_for_either_verdict(
    direction: str, difference: float, half: float, real: bool, equivalent: bool, verdict: str
) -> None:
    low, high = difference - half, difference + half
    assert verdict_of(leaf(direction), difference, low, high, real, equivalent) == verdict


@given(st.floats(-1, 1), st.floats(0, 1), st.booleans(), st.booleans(), st.sampled_from(DIRECTIONS))
def test_without_evidence_nothing_is_shown_and_a_mirror_swaps_the_sides(
    difference: float, half: float, real: bool, equivalent: bool, direction: str
) -> None:
    low, high = difference - half, difference + half
    if not (real or equivalent):
        assert verdict_of(leaf(direction), difference, low, high, False, False) == "not shown"
    swap = {"higher": "lower", "lower": "higher", "not higher": "not lower"}
    swap |= {"not lower": "not higher"}
    mirrored = verdict_of(
        leaf(swap.get(direction, direction)), -difference, -high, -low, real, equivalent
    )
    assert mirrored == verdict_of(leaf(direction), difference, low, high, real, equivalent)


VERDICTS = ("holds", "not shown", "does not hold")


@given(st.lists(st.sampled_from(VERDICTS), min_size=1, max_size=5))
def test_all_parts_must_hold_or_any_and_the_two_are_mirrors(verdicts: list[str]) -> None:
    leaves = tuple(
        Statement("s", str(i), bar=0.0, direction="higher") for i in range(len(verdicts))
    )
    of_leaf = {f"s: {one}": verdict for one, verdict in zip(leaves, verdicts, strict=True)}
    worst = max(verdicts, key=VERDICTS.index)
    best = min(verdicts, key=VERDICTS.index)
    assert compose(Together("all", leaves), of_leaf) == worst
    assert compose(Together("any", leaves), of_leaf) == best
    nested = Together("all", (Together("any", leaves), leaves[0]))
    assert compose(nested, of_leaf) == max(best, verdicts[0], key=VERDICTS.index)


# --- tests of statements


def test_a_level_against_another_is_the_paired_contrast_of_compare(sweep: Sweep) -> None:
    row = of(sweep, measure="test_acc", vary="lrA", level=0.01, against=0.0, **{"is": "higher"},
             margin=0.02)  # fmt: skip
    table = sweep.compare("lrA", "test_acc", delta=0.02)
    same = table[(table["level"] == 0.0) & (table["against"] == 0.01)].iloc[0]
    assert row["n"] == same["n"] == 6
    assert row["difference"] == pytest.approx(-same["difference"], abs=1e-12)
    assert (row["low"], row["high"]) == pytest.approx((-same["high"], -same["low"]), abs=1e-12)


def test_a_bar_is_held_against_the_mean_of_each_seed(sweep: Sweep) -> None:
    row = of(sweep, measure="change(train_loss)", bar=0.1, **{"is": "lower"}, where={"lrA": 0.01})
    part = sweep.runs[sweep.runs["lrA"] == 0.01]
    first = sweep.where(lrA=0.01).curve("train_loss")[:, 0]
    by_seed = (part["train_loss"] - first).groupby(part["seed"]).mean()
    assert row["difference"] == pytest.approx(by_seed.mean() - 0.1)


def test_a_count_of_seeds_is_tested_by_the_binomial(sweep: Sweep) -> None:
    where = {"act": "tanh", "lrA": 0.01}
    statement = Statement("study", "same_digit", where, bar=0.25, direction="higher")
    values = evidence(sweep.where(where), "same_digit").values
    test = made_of(statement, sweep)
    assert test.counted
    assert test.contrast.p == pytest.approx(binomtest(int(values.sum()), 6, 0.25).pvalue)
    row = of(sweep, measure="same_digit", bar=0.25, where=where, **{"is": "higher"})
    span = binomtest(int(values.sum()), 6).proportion_ci(0.95)
    assert (row["low"], row["high"]) == pytest.approx((span.low - 0.25, span.high - 0.25))


def test_what_is_exact_has_no_p_and_is_no_part_of_the_family(sweep: Sweep) -> None:
    row = of(sweep, exact="unchanged", where={"lrA": 0.0})
    assert (row["verdict"], row["n"]) == ("holds", 12)
    assert np.isnan(row["p"])
    assert of(sweep, exact="unchanged")["verdict"] == "does not hold"
    assert of(sweep, exact="affine", where={"act": "none"})["verdict"] == "holds"
    assert of(sweep, exact="affine", where={"act": "tanh"})["verdict"] == "does not hold"
    assert of(sweep, exact="positions")["verdict"] == "holds"
    assert of(sweep, exact="decoupled")["verdict"] == "does not hold"


def test_an_unknown_check_or_measure_names_the_nearest(sweep: Sweep) -> None:
    with pytest.raises(AnalysisError, match="no check is called 'afine': did you mean affine"):
        of(sweep, exact="afine")
    with pytest.raises(AnalysisError, match=r"no curve is called 'same_digits'.*same_digit"):
        of(sweep, measure="same_digits", bar=0, **{"is": "higher"})
    assert set(CHECKS) == {"affine", "decoupled", "unchanged", "by_heart", "positions"}


def test_a_claim_on_a_study_that_is_not_there_is_not_trained(sweep: Sweep) -> None:
    row = of(sweep, study="elsewhere", measure="test_acc", bar=0, **{"is": "higher"})
    assert row["verdict"] == "not trained"


def test_rates_are_related_by_the_quicker_layer() -> None:
    frame = relations(
        __import__("pandas").DataFrame(
            {"lrA": [0.0, 0.1, 0.01, 0.1], "lrW": [1.0, 0.1, 0.1, 0.001]}
        )
    )
    assert frame["quicker"].tolist() == ["frozen", "neither", "perceptron", "convolution"]
    assert frame["ratio"].fillna(-1).tolist() == [-1, 1, 10, 100]


# --- what is missing


EQUAL = {"measure": "test_acc", "vary": "lrA", "level": 0.01, "against": 0.0, "is": "equal"}
PLAIN = {**EQUAL, "is": "higher"}
ACT = {"where": {"act": "tanh"}}


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({**EQUAL, "margin": 1e-4}, r"equivalence within ±0\.0001 is not shown, nor a difference "
         r"beyond it; \S+ seeds? .*would (be too few|show equivalence, if there is no difference)"),
        ({**PLAIN, "margin": 1e-9, "level": 0.0, "against": 0.01, "measure": "train_acc"},
         r"neither a difference nor equivalence within ±1e-09 is shown; 100,000 seeds would be "
         "too few"),
        ({**PLAIN, "margin": 0.05}, r"neither a difference nor equivalence within ±0\.05 is shown; "
         r"about [\d,]+ seeds \([\d,]+ to [\d,]+\) would show a difference of 0\.05"),
        ({**PLAIN, "vary": "act", "level": "tanh", "against": "none", "tune": "lrA"},
         "^no difference is shown$"),
        ({"measure": "rate(dead)", "bar": 0.1, "is": "equal", "margin": 0.05, **ACT},
         r"equivalence within ±0\.05 is not shown, nor a difference beyond it"),
    ],
)  # fmt: skip
def test_a_claim_that_is_not_shown_says_what_is_missing(
    sweep: Sweep, part: dict[str, Any], said: str
) -> None:
    found = of(sweep, **part)
    assert found["verdict"] == "not shown"
    assert re.search(said, found["note"]), found["note"]


def test_the_seeds_that_are_missing_are_those_of_the_whole_family(sweep: Sweep) -> None:
    found = of(sweep, **{**PLAIN, "margin": 0.05})
    leaf = Statement("study", "test_acc", vary="lrA", level=0.01, against=0.0, margin=0.05)
    sd = made_of(leaf, sweep).contrast.sd
    n = seeds_needed(0.05, sd, pilot=6, tests=2, test="permutation")  # difference and equivalence
    assert found["note"].endswith(
        f"about {n.n:,} seeds ({n.low:,} to {n.high:,}) would show a difference of 0.05"
    )


def test_notes_name_the_claims_that_are_not_shown_and_no_others(sweep: Sweep) -> None:
    parts = {"shown": {"exact": "positions"}, "missing": {**PLAIN, "margin": 0.05}}
    made = [{**claim(**part), "name": name} for name, part in parts.items()]
    write_card(sweep.folder, "study", {"claims": made})
    claims, _ = judged({"study": sweep})
    head, first, *_ = notes(claims).strip().splitlines()
    assert head == "Not shown:"
    assert first.startswith("missing: neither a difference nor equivalence within ±0.05 is shown;")
    assert "shown: " not in notes(claims).replace("Not shown:", "")
    assert notes(claims[claims["verdict"] == "holds"]) == ""
