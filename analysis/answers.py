"""Answers at the command line: what each verb prints and writes, of what a notebook would return.

Owns which tables and figures belong together, and the names of their files. The verbs of
`analysis.sweep.Sweep` answer; they are handed what was given and nothing else.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias

from analysis.errors import AnalysisError

if TYPE_CHECKING:
    from analysis.figures.animation import Film
    from analysis.figures.drawing import Drawing
    from analysis.sweep import Sweep
    from analysis.tables.frame import Table

Answer: TypeAlias = "Table | Drawing | Film"
Answers: TypeAlias = "list[tuple[str, Answer]]"
"""Each with the word that its file has beside the verb, for a verb that answers with two tables."""

Given = dict[str, Any]
"""What was given to a verb, by the name of the option; nothing else is there."""


def answers(verb: str, sweep: "Sweep", given: Mapping[str, Any]) -> Answers:
    """Answer a verb.

    Raises
    ------
    AnalysisError
        In one sentence, what cannot be answered.
    """
    how = dict(given)
    if verb in ("compare", "ranks", "crossings"):
        varies = f"factor; what varies is {', '.join(sweep.factors) or 'nothing'}"
        how["vary"] = _one("vary", how.get("vary") or list(sweep.design.factors)[:1], varies)
    if verb in ("ranks", "heatmap") and "metric" in how:
        how["metric"] = _one("metric", how["metric"], "metric")
    if verb == "crossings" and "delta" in how:
        how["delta"] = _one("delta", how["delta"], "difference")
    return _TOGETHER.get(verb, _alone)(verb, sweep, how)


def stem(verb: str, given: Mapping[str, Any], word: str = "") -> str:
    """Return the name of an answer's file, safe on every file system: other words, another file."""
    said: list[Any] = [verb, word]
    for name, value in given.items():
        if name != "title":
            said += [name] * (name not in ("vary", "metric", "where"))
            said += value if isinstance(value, list) else [value]
    words = "-".join(str(part) for part in said if part != "")
    return re.sub(r"[^A-Za-z0-9.+-]+", "_", words).strip("_.")[:120]


def _one(option: str, given: Sequence[Any], what: str) -> Any:
    if len(given) != 1:
        raise AnalysisError(f"--{option} must name one {what}")
    return given[0]


def _alone(verb: str, sweep: "Sweep", how: Given) -> Answers:
    return [("", getattr(sweep, verb)(**how))]


def _effects(verb: str, sweep: "Sweep", how: Given) -> Answers:
    from analysis.figures.effects import effects

    found = sweep.effects(**how)
    return [("", found), ("", effects(found))]


def _ranks(verb: str, sweep: "Sweep", how: Given) -> Answers:
    from analysis.figures.ranks import ranks

    title = how.pop("title", "")
    found = sweep.ranks(**how)
    return [("", found), ("", ranks(found, sweep.levels.get(how["vary"], ()), title))]


def _curves(verb: str, sweep: "Sweep", how: Given) -> Answers:
    found: Answers = [("", sweep.curves(**how))]
    split = how.get("by") or []
    varied = how.get("vary") or [f for f in sweep.design.factors if f not in split][:1]
    if len(varied) == 1:
        asked = {name: how[name] for name in ("metric", "by") if name in how}
        with suppress(AnalysisError):  # one seed or many levels: there is a figure, and no table
            found.append(("", sweep.crossings(varied[0], **asked)))
    return found


def _heatmap(verb: str, sweep: "Sweep", how: Given) -> Answers:
    from analysis.tables.frame import Table

    found = sweep.heatmap(**how)
    return [("", found), ("", Table(found.table, found.title, found.caption))]


def _diagnose(verb: str, sweep: "Sweep", how: Given) -> Answers:
    from analysis.figures.diagnose import diagnose

    by = how.get("by") or list(sweep.design.factors)[:2]
    runs: Answers = [("runs", sweep.diagnose())]
    if not by:
        return runs
    found = sweep.diagnose(by)
    drawn: Answers = []
    with suppress(AnalysisError):  # more bars than can be read: there is a table, and no figure
        drawn = [("", diagnose(found, by))]
    return [*runs, ("", found), *drawn]


_TOGETHER: Mapping[str, Callable[[str, "Sweep", Given], Answers]] = {
    "effects": _effects,
    "ranks": _ranks,
    "curves": _curves,
    "heatmap": _heatmap,
    "diagnose": _diagnose,
}

WITH_BOTH = tuple(_TOGETHER)
"""Verbs that answer with a table and a figure."""
