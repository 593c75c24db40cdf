"""`--where lrW=0.001 act=tanh,relu`: what is selected, and what a wrong name is told."""

from pathlib import Path
from typing import Any

import pytest

from analysis.errors import AnalysisError
from analysis.study.names import names
from analysis.study.selection import parse
from analysis.sweep import Sweep
from tests.support.study_folders import synthetic


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return synthetic(tmp_path_factory.mktemp("here") / "s", seeds=2)


def test_words_of_the_shell_select_what_values_do(sweep: Sweep) -> None:
    words = sweep.where(parse(["lrA=1e-1", "act=tanh,relu"]))
    assert list(words.runs.index) == list(sweep.where(lrA=0.1, act=["tanh", "relu"]).runs.index)
    assert len(words.runs) == 4
    assert list(words.factors) == ["act", "seed"]


def test_a_part_has_its_own_timelines_and_the_colours_of_the_whole(sweep: Sweep) -> None:
    part = sweep.where(act="relu")
    whole = sweep.timelines
    expected = whole[whole["run"].isin(part.runs.index)].reset_index(drop=True)
    assert part.timelines.equals(expected)
    assert part.levels == sweep.levels
    assert part.where(seed=1).runs["seed"].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        ({"akt": "tanh"}, r"no key is called 'akt': did you mean act"),
        ({"act": "tahn"}, r"no run has act=tahn: did you mean tanh\?"),
        ({"lrA": 0.5}, r"no run has lrA=0.5: "),
        ({"lrA": "fast"}, r"no run has lrA=fast: there are 0, 0.1"),
        ({"act": "tanh", "outcome": "failed"}, r"no run has outcome=failed: did you mean finished"),
    ],
)
def test_a_wrong_selection_lists_what_is_nearest(
    sweep: Sweep, selection: dict[str, Any], words: str
) -> None:
    with pytest.raises(AnalysisError, match=words):
        sweep.where(selection)


def test_levels_that_exist_but_never_together_are_one_sentence(sweep: Sweep) -> None:
    part = sweep.where(act="tanh")
    with pytest.raises(AnalysisError, match="no run has act=relu"):
        part.where(act="relu")


@pytest.mark.parametrize("word", ["act", "=tanh", "act="])
def test_a_word_that_is_no_selection_says_how_one_looks(word: str) -> None:
    with pytest.raises(AnalysisError, match="must look like act=tanh,relu, got"):
        parse([word])


def test_names_given_twice_are_one(sweep: Sweep) -> None:
    assert names(["act", "lrA", "act"]) == ["act", "lrA"]
    assert names("act") == names(["act"]) == ["act"]
    once, twice = sweep.table(by="act"), sweep.table(by=["act", "act"])
    assert once.to_text() == twice.to_text()
    assert sweep.curves("test_acc", vary=["act", "act"]).table.equals(
        sweep.curves("test_acc", vary="act").table
    )


@pytest.mark.parametrize(("given", "shown"), [(3, "3"), (["act", 3], "3"), ([["act"]], "['act']")])
def test_a_name_that_is_no_text_is_one_sentence(given: Any, shown: str) -> None:
    with pytest.raises(AnalysisError) as error:
        names(given)
    assert str(error.value) == f"a name must be text, such as 'act', got {shown}"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"by": "act"}, "vary and by must name different keys: act twice"),
        ({"tune": ["lrA", "act"]}, "vary and tune must name different keys: act twice"),
        ({"by": "lrA", "tune": "lrA"}, "by and tune must name different keys: lrA twice"),
    ],
)
def test_a_key_parts_the_runs_in_one_way(sweep: Sweep, given: dict[str, Any], words: str) -> None:
    with pytest.raises(AnalysisError) as error:
        sweep.compare("act", **given)
    assert str(error.value) == words


def test_curves_and_panels_by_one_factor_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match=r"^vary and by must name different keys: act twice$"):
        synthetic(tmp_path / "s", seeds=2).curves("test_acc", vary="act", by="act")
