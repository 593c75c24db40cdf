"""Claims as testable statements: a card's YAML, once its words are checked, becomes these.

Owns what a statement is, and how it reads. The words and their rules stand in `src.plan`; what
they mean for the runs is the business of `claims`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal

from analysis.study.names import names
from analysis.tables.frame import level as spell
from src.plan import TEXTS, check


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
    ConfigError
        The card lacks a word, or has one that nobody knows.
    """
    check(card)
    return [_claim(given, study) for given in card.get("claims") or []]


def _claim(given: Mapping[str, Any], study: str) -> Claim:
    texts = {word: " ".join(str(given.get(word) or "").split()) for word in TEXTS}
    return Claim(study=study, **texts, parts=_together(given, study))


def _together(given: Mapping[str, Any], study: str) -> Together:
    how: Literal["all", "any"] = "all" if given.get("all") else "any"
    parts: list[Together | Statement] = []
    for part in given[how]:
        if "all" in part or "any" in part:
            parts.append(_together(part, study))
        else:
            parts += _statements(dict(part), study)
    return Together(how, tuple(parts))


def _statements(given: dict[str, Any], study: str) -> list[Statement]:
    direction = given.pop("is", "")
    base = {"study": study, **given, "tune": tuple(names(given.get("tune")))}
    if given.get("exact"):
        return [Statement(**base)]
    base["direction"] = direction
    if "bar" in given:
        return [Statement(**base)]
    pairs = product(_several(given["level"]), _several(given["against"]))
    return [Statement(**{**base, "level": one, "against": other}) for one, other in pairs]


def _several(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _spelled(value: Any) -> str:
    return "/".join(spell(v) for v in _several(value))
