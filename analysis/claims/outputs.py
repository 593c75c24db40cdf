"""What an experiment's card asks for: its figures and comparisons, as files.

Owns what the verbs of a card draw and the names of the files; its words stand in `src.plan`. All
is drawn before anything is written. What is there and still true is not made again: a stamp says of
which runs, card and code the files were made.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.errors import AnalysisError, blamed
from analysis.study.names import Names, names
from src.plan import check, check_file_name
from src.storage.files import replace, to_json
from src.storage.study import run_folders
from src.storage.study_files import CARD, read_card

if TYPE_CHECKING:
    from analysis.answers import Answer
    from analysis.sweep import Sweep

STAMP = ".stamp"


def _strip(sweep: "Sweep", by: Names = None, title: str = "") -> Any:
    from analysis.figures.diagnose import diagnose

    keys = names(by) or list(sweep.design.factors)[:2] or ["outcome"]
    return diagnose(sweep.diagnose(keys), keys, title)


def _likeness(sweep: "Sweep", **how: Any) -> Any:
    from analysis.figures.similarity import likeness

    return likeness(sweep, **how)


VERBS: Mapping[str, Callable[..., Any]] = {
    "curves": lambda sweep, **how: sweep.curves(**how),
    "heatmap": lambda sweep, **how: sweep.heatmap(**how),
    "filters": lambda sweep, **how: sweep.filters(**how),
    "strip": _strip,
    "likeness": _likeness,
}


@dataclass(frozen=True)
class Exhibits:
    """The figures and tables of a study's card, drawn and not yet written.

    Attributes
    ----------
    study : the folder of the study
    stamp, mark : the file that says of what they were made, and what it says
    files : what each path will hold; none where they are there and still true
    """

    study: Path
    stamp: Path
    mark: dict[str, str]
    files: Mapping[Path, "Answer"]

    def write(self) -> list[Path]:
        """Write the files, and return their paths."""
        if not self.files:
            return []
        self.stamp.parent.mkdir(parents=True, exist_ok=True)
        written = [answer.write(path) for path, answer in self.files.items()]
        replace(self.stamp, to_json(self.mark))
        return written


def exhibit(study: Path, out: Path, prefix: str = "") -> list[Path]:
    """Write the figures and tables of a study's card, where they are not there and still true.

    Returns
    -------
    The files that were written; otherwise as `drawn`.
    """
    return drawn(study, out, prefix).write()


def drawn(study: Path, out: Path, prefix: str = "") -> Exhibits:
    """Draw the figures and tables of a study's card, where they are not there and still true.

    Parameters
    ----------
    study : the folder of a study that has a card
    out : the folder of the files: a figure's is `<prefix><name>.png`, a comparison's
        `<prefix><name>.md` and `.csv`
    prefix : before every name; the study's name and a dash unless given

    Raises
    ------
    SweepscopeError
        There is no card, or it asks for what nobody knows or no run can tell; the sentence names
        the figure or comparison.
    """
    card = read_card(study)
    if card is None:
        raise AnalysisError(
            f"{study} has no card: python -m src.train -m experiment=NAME makes one"
        )
    if not prefix:
        experiment = card.get("experiment", study.name)
        check_file_name(f"experiment of the card of {study}", experiment)
        prefix = f"{experiment}-"
    stamp = out / f"{STAMP}-{prefix.rstrip('-')}"
    mark = mark_of([study])
    if stamp.exists() and stamp.read_bytes() == to_json(mark):
        return Exhibits(study, stamp, mark, {})
    check(card)
    return Exhibits(study, stamp, mark, dict(_draw(study, card, out, prefix)))


def _draw(
    study: Path, card: Mapping[str, Any], out: Path, prefix: str
) -> Iterator[tuple[Path, "Answer"]]:
    """Yield every path with what it will hold."""
    from analysis.sweep import load_sweep

    sweep = load_sweep(study)
    for given in card.get("figures") or []:
        how = dict(given)
        name, verb, where = how.pop("name"), how.pop("verb"), how.pop("where", {})
        with blamed(f"figure {name}"):
            part = sweep.where(where) if where else sweep
            yield out / f"{prefix}{name}.png", VERBS[verb](part, **how)
    for given in card.get("comparisons") or []:
        how = dict(given)
        name, where = how.pop("name"), how.pop("where", {})
        with blamed(f"comparison {name}"):
            part = sweep.where(where) if where else sweep
            table = part.compare(how.pop("vary"), how.pop("metric"), **how)
        yield from ((out / f"{prefix}{name}.{ending}", table) for ending in ("md", "csv"))
    yield out / f"{prefix}why.md", sweep.diagnose(list(sweep.design.factors)[:2])


def mark_of(studies: Sequence[Path]) -> dict[str, str]:
    """Return what files about studies depend on: the runs, the card, and the code of analysis."""
    digest = hashlib.sha256()
    for study in studies:
        for folder in run_folders(study):
            digest.update(folder.name.encode())
            digest.update(b"+" if (folder / "run.json").exists() else b"-")
        digest.update((study / CARD).read_bytes() if (study / CARD).exists() else b"")
    code = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        code.update(path.read_bytes())
    return {"runs": digest.hexdigest(), "code": code.hexdigest()}
