"""The commands that make what stands on a page, as words for a shell."""

import shlex
from collections.abc import Mapping

from analysis.study.data import StudyData
from analysis.tables.frame import level


def where(sweep: StudyData) -> list[str]:
    """Return the words that leave the same part of a study at the command line, and its unit."""
    left = chosen_levels(sweep)
    words = [f"{name}={','.join(levels)}" for name, levels in left.items()]
    return [*(["--where", *words] if words else []), *seed_words(sweep)]


def chosen_levels(sweep: StudyData) -> Mapping[str, list[str]]:
    """Return the levels that a part of a study has left, of the factors of which not all are."""
    left = {name: [level(v) for v in sweep.runs[name].unique()] for name in sweep.levels}
    return {name: found for name, found in left.items() if len(found) < len(sweep.levels[name])}


def seed_words(sweep: StudyData) -> list[str]:
    """Return the words that name the unit, where several streams vary apart."""
    return ["--seed", sweep.design.seed] if sweep.design.crossed else []


def line(verb: str, *words: str) -> str:
    """Return a command of `python -m analysis`, quoted for a shell."""
    return shlex.join(["python", "-m", "analysis", verb, *words])
