"""The verbs of a study say in a notebook what they take, and mean what the rooms behind them do."""

import inspect
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis import AnalysisError, Sweep
from analysis.figures.animation import film
from analysis.figures.curves import curves
from analysis.figures.filters import filters
from analysis.figures.heatmap import heatmap
from analysis.tables.classes import classes, confusion
from analysis.tables.compare import compare
from analysis.tables.crossings import meetings
from analysis.tables.diagnose import diagnose
from analysis.tables.effects import effects
from analysis.tables.ranks import ranks
from analysis.tables.table import table
from tests.support.study_folders import synthetic

ROOMS: dict[str, Callable[..., Any]] = {
    room.__name__: room
    for room in (
        table, compare, effects, ranks, meetings, diagnose, confusion, classes,
        curves, heatmap, filters, film,
    )
}  # fmt: skip


@pytest.mark.parametrize("verb", ROOMS)
def test_a_verb_takes_what_its_room_takes_with_the_same_defaults(verb: str) -> None:
    own = inspect.signature(getattr(Sweep, verb)).parameters
    room = inspect.signature(ROOMS[verb]).parameters
    assert list(own) == list(room)
    assert {name: p.default for name, p in own.items() if name not in ("metric", "by")} == {
        name: p.default for name, p in room.items() if name not in ("metric", "by")
    }


@pytest.mark.parametrize("verb", ROOMS)
def test_a_verb_hides_nothing_it_takes_behind_a_star(verb: str) -> None:
    own = inspect.signature(getattr(Sweep, verb))
    assert not {p.kind for p in own.parameters.values()} & {
        inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL
    }  # fmt: skip
    said = inspect.getdoc(getattr(Sweep, verb)) or ""
    described = said.split("---\n", 1)[1].split("\n\n")[0]
    names = {word for line in described.splitlines() for word in line.split(" : ")[0].split(", ")}
    assert set(own.parameters) - {"sweep"} <= names


def test_a_verb_must_be_told_of_what_it_is_asked(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match="a metric must be named, such as test_acc"):
        synthetic(tmp_path, seeds=2).compare("act", [])


@pytest.mark.parametrize(
    "ask",
    [
        lambda sweep: sweep.compare("seed"),
        lambda sweep: sweep.compare("act", tune=["lrA", "seed"]),
        lambda sweep: sweep.ranks("seed"),
        lambda sweep: sweep.meetings("seed"),
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


def test_asking_nothing_loads_no_room() -> None:
    code = (
        "import sys; import analysis.sweep; "
        "heavy = {'matplotlib', 'scipy'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
