"""A sweep's entry in its study's history: which command did what, when, where and with what.

Owns the entry's fields. They hold no environment variable and no path of the machine.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from src.errors import StoreError
from src.keepsakes import HISTORY, read_history, write_history
from src.provenance import diff_digest, provenance
from src.record import Record
from src.study import set_aside
from src.timeline import Ending


@dataclass
class Entry:
    """One command on a study; in its history from the moment that it starts."""

    study: Path
    fields: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def begin(cls, study: Path, words: Sequence[str], planned: int, reused: int) -> "Entry":
        """Add a command to the history of its study."""
        fields = {
            "command": ["python", "-m", "src.train", *sys.argv[1:]],
            "overrides": list(words),
            "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "planned": planned,
            "reused": reused,
            "trained": None,
            "failed": None,
            "outcomes": {},
            "ended": None,
            **provenance(),
            "diff_digest": diff_digest(),
        }
        try:
            history = read_history(study)
        except StoreError as error:  # a torn history loses no run
            print(
                f"warning: {error}; set aside as {set_aside(study, study / HISTORY)}",
                file=sys.stderr,
            )
            history = []
        write_history(study, [*history, fields])
        return cls(study, fields)

    def end(self, records: Iterable[Record]) -> None:
        """Say how the runs ended that the command trained."""
        endings = Counter(record.outcome.ending.name for record in records)
        self.fields["ended"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        failed = endings[Ending.failed.name]
        self.fields |= {"trained": endings.total() - failed, "failed": failed}
        self.fields |= {"outcomes": dict(endings)}
        write_history(self.study, [*read_history(self.study)[:-1], self.fields])
