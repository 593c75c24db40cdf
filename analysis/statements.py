"""The vocabulary of claims: a card's YAML becomes testable statements, or one clear sentence.

    name, quote, reading, figure      what was said, where, and how it was understood
    all: [...]   any: [...]           parts; they may be nested
    a part with a number of its own (a leaf):
      measure          what is measured of every run: test_acc, epochs_to(train_loss, 0.05), own, …
      where            which runs; values of keys, and quicker, quick, slow, ratio of the rates
      vary, level, against       a factor, and the levels that are compared (lists: each with each)
      bar              instead of a level: the number that the mean over seeds is held against
      is               higher, lower, different, equal, not higher or not lower
      margin           differences within ±margin count as none, named before looking
      tune             keys that each level chooses on half of the seeds, scored on the other
      study            the study that answers, where it is not the claim's own
    or
      exact            a check without chance (`analysis.exactness`), with where and study

Owns the words and their rules; what they mean for the runs is the business of `claims`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from itertools import product
from typing import Any, Literal

from analysis.errors import AnalysisError
from analysis.metrics import nearest
from analysis.selection import names
from analysis.tables.table import level as spell

DIRECTIONS = ("higher", "lower", "different", "equal", "not higher", "not lower")


@dataclass(frozen=True)
class Statement:
    """A leaf of a claim: one test, or one exact check."""

    study: str
    measure: str = ""
    where: Mapping[str, Any] = field(default_factory=dict)
    vary: str = ""
    level: Any = None
    against: Any = None
    bar: float | None = None
    direction: str = ""
    margin: float | None = None
    tune: tuple[str, ...] = ()
    exact: str = ""

    def __str__(self) -> str:
        at = ", ".join(f"{key}={_spelled(value)}" for key, value in self.where.items())
        at = f" ({at})" if at else ""
        if self.exact:
            return f"{self.exact}, exactly{at}"
        if self.vary:
            sides = f"{self.vary} {spell(self.level)} − {spell(self.against)}"
        else:
            sides = f"mean − {self.bar:g}"
        tuned = f", each at its best {', '.join(self.tune)}" if self.tune else ""
        sign = {"higher": "> 0", "lower": "< 0", "different": "≠ 0"}.get(self.direction)
        if sign is None:
            m = f"{self.margin:g}"
            sign = {"equal": f"within ±{m}", "not higher": f"< {m}"}.get(self.direction, f"> −{m}")
        return f"{self.measure}: {sides} {sign}{at}{tuned}"


@dataclass(frozen=True)
class Together:
    """Parts that must hold all, or of which any must."""

    how: Literal["all", "any"]
    parts: tuple["Together | Statement", ...]

    def leaves(self) -> Iterator[Statement]:
        """Yield every statement, in order."""
        for part in self.parts:
            if isinstance(part, Statement):
                yield part
            else:
                yield from part.leaves()


@dataclass(frozen=True)
class Claim:
    """What was said, and what it comes to."""

    study: str
    name: str
    quote: str
    reading: str
    figure: str
    parts: Together


def claims_of(card: Mapping[str, Any], study: str) -> list[Claim]:
    """Read the claims of an experiment's card.

    Raises
    ------
    AnalysisError
        A claim lacks a word, or has one that nobody knows.
    """
    return [_claim(dict(given), study) for given in card.get("claims") or []]


def _claim(given: dict[str, Any], study: str) -> Claim:
    name = str(given.get("name", "without a name"))
    known = ("name", "quote", "reading", "figure", "all", "any")
    for word in given:
        if word not in known:
            raise AnalysisError(f"claim {name}: no word is called {word!r}: {nearest(word, known)}")
    texts = {word: " ".join(str(given.get(word) or "").split()) for word in known[:4]}
    if missing := [word for word in ("name", "quote", "reading") if not texts[word]]:
        raise AnalysisError(f"claim {name} must have a {missing[0]}")
    return Claim(study=study, **texts, parts=_together(given, study, name))


def _together(given: Mapping[str, Any], study: str, name: str) -> Together:
    kinds = [kind for kind in ("all", "any") if given.get(kind)]
    if len(kinds) != 1:
        raise AnalysisError(f"claim {name} must have parts under either 'all' or 'any'")
    parts: list[Together | Statement] = []
    for part in given[kinds[0]]:
        if "all" in part or "any" in part:
            parts.append(_together(part, study, name))
        else:
            parts += _statements(dict(part), study, name)
    return Together("all" if kinds[0] == "all" else "any", tuple(parts))


def _statements(given: dict[str, Any], study: str, name: str) -> list[Statement]:
    known = [f.name for f in fields(Statement) if f.name != "direction"] + ["is"]
    for word in given:
        if word not in known:
            raise AnalysisError(f"claim {name}: no word is called {word!r}: {nearest(word, known)}")
    direction = given.pop("is", "")
    base = {"study": study, **given, "tune": tuple(names(given.get("tune")))}
    if given.get("exact"):
        return [Statement(**base)]
    if direction not in DIRECTIONS:
        raise AnalysisError(
            f"claim {name}: is must be one of {', '.join(DIRECTIONS)}, got {direction!r}"
        )
    if not given.get("measure"):
        raise AnalysisError(f"claim {name} must say a measure, or what is exact")
    if ("bar" in given) == ("vary" in given):
        raise AnalysisError(f"claim {name} must hold {given['measure']} against a level or a bar")
    if direction not in ("higher", "lower", "different") and given.get("margin") is None:
        raise AnalysisError(f"claim {name}: {direction!r} must have a margin")
    if given.get("tune") and given.get("margin") is not None:
        raise AnalysisError(f"claim {name}: levels at their own best have no margin")
    base["direction"] = direction
    if "bar" in given:
        return [Statement(**base)]
    if "level" not in given or "against" not in given:
        raise AnalysisError(f"claim {name} must say which level of {given['vary']}, against which")
    pairs = product(_several(given["level"]), _several(given["against"]))
    return [Statement(**{**base, "level": one, "against": other}) for one, other in pairs]


def _several(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _spelled(value: Any) -> str:
    return "/".join(spell(v) for v in _several(value))
