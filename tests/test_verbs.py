"""The verbs of a study describe what they take, in a notebook and at the command line alike."""

import inspect
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis import AnalysisError, Sweep
from analysis.cli.parser import parameters
from analysis.cli.verbs import VERBS
from tests.support.study_folders import synthetic


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_hides_nothing_it_takes_behind_a_star(verb: str) -> None:
    own = inspect.signature(getattr(Sweep, verb))
    assert not {p.kind for p in own.parameters.values()} & {
        inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL
    }  # fmt: skip
    described = parameters(inspect.getdoc(getattr(Sweep, verb)) or "")
    assert list(own.parameters)[1:] == list(described)
    assert all(described.values())


def test_the_old_names_of_verbs_go_on_working() -> None:
    assert Sweep.meetings is Sweep.crossings
    assert Sweep.film is Sweep.animation


def test_a_verb_must_be_told_of_what_it_is_asked(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match="a metric must be named, such as test_acc"):
        synthetic(tmp_path, seeds=2).compare("act", [])


@pytest.mark.parametrize(
    "ask",
    [
        lambda sweep: sweep.compare("seed"),
        lambda sweep: sweep.compare("act", tune=["lrA", "seed"]),
        lambda sweep: sweep.ranks("seed"),
        lambda sweep: sweep.crossings("seed"),
        lambda sweep: sweep.effects(by=["act", "seed"]),
    ],
)
def test_the_unit_of_all_statistics_is_no_factor(
    tmp_path: Path, ask: Callable[[Sweep], Any]
) -> None:
    sweep = synthetic(tmp_path, seeds=3)
    with pytest.raises(AnalysisError, match="seed is the unit of all statistics: name a factor"):
        ask(sweep)
    assert sweep.table(by="seed")["n"].tolist() == [1, 1, 1]


def test_asking_nothing_loads_nothing_heavy() -> None:
    code = (
        "import sys; import analysis.sweep; "
        "heavy = {'matplotlib', 'scipy'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
