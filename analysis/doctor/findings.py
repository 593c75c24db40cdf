"""Findings: what may be wrong in a study, and what follows from each kind of it."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class Kind(Enum):
    """What may be wrong in a study, and what follows from it."""

    damaged = "what was written is not there any more"
    unreadable = "nobody may read it"
    lost = "the next sweep writes it again"
    misplaced = "a run that lies under another's name, or twice"
    foreign = "no sweep writes it"
    unfinished = "the next sweep trains it"
    left_over = "a writer was killed; the next sweep removes it"
    stale = "whole, but trained by another engine or on other data than the newest runs"
    set_aside = "it was damaged, and is kept apart"

    @property
    def harmless(self) -> bool:
        """Whether the study is whole all the same."""
        return self not in (
            *(Kind.damaged, Kind.unreadable, Kind.lost, Kind.misplaced, Kind.foreign),
        )

    @property
    def quarantined(self) -> bool:
        """Whether it is set aside, for the next sweep to train again."""
        return self in (Kind.damaged, Kind.misplaced)


@dataclass(frozen=True)
class Finding:
    """Something in a study that is not as a sweep leaves it."""

    path: Path
    kind: Kind
    words: str
