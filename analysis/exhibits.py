"""What an experiment's card asks for: its figures and comparisons, as files.

    figures:      {name, verb, where, and what the verb is given}
    comparisons:  {name, vary, metric, by, tune, delta, where}

Owns the verbs of a card and the names of the files. What is there and still true is not made
again: a stamp says of which runs, card and code the files were made.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.errors import AnalysisError
from analysis.metrics import nearest
from analysis.reading import unmarked
from analysis.selection import Names, names
from src.files import replace, to_json
from src.keepsakes import CARD, read_card
from src.study import run_folders

if TYPE_CHECKING:
    from analysis.sweep import Sweep

STAMP = ".stamp"


def _strip(sweep: "Sweep", by: Names = None, title: str = "") -> Any:
    from analysis.figures.diagnoses import diagnose

    keys = names(by) or list(sweep.design.factors)[:2] or ["outcome"]
    return diagnose(sweep.diagnose(keys), keys, title)


def _likeness(sweep: "Sweep", **how: Any) -> Any:
    from analysis.figures.likeness import likeness

    return likeness(sweep, **how)


VERBS: Mapping[str, Callable[..., Any]] = {
    "curves": lambda sweep, **how: sweep.curves(**how),
    "heatmap": lambda sweep, **how: sweep.heatmap(**how),
    "filters": lambda sweep, **how: sweep.filters(**how),
    "strip": _strip,
    "likeness": _likeness,
}


def exhibit(study: Path, out: Path, prefix: str = "") -> list[Path]:
    """Write the figures and tables of a study's card, where they are not there and still true.

    Parameters
    ----------
    study : the folder of a study that has a card
    out : the folder of the files: a figure's is `<prefix><name>.png`, a comparison's
        `<prefix><name>.md` and `.csv`
    prefix : before every name; the study's name and a dash unless given

    Returns
    -------
    The files that were written.

    Raises
    ------
    AnalysisError
        There is no card, or it asks for what nobody knows.
    """
    card = read_card(study)
    if card is None:
        raise AnalysisError(
            f"{study} has no card: python -m src.train -m experiment=NAME makes one"
        )
    prefix = prefix or f"{card.get('experiment', study.name)}-"
    stamp = out / f"{STAMP}-{prefix.rstrip('-')}"
    mark = mark_of([study])
    if stamp.exists() and stamp.read_bytes() == to_json(mark):
        return []
    with unmarked(study):
        out.mkdir(parents=True, exist_ok=True)
        written = _write(study, card, out, prefix)
        replace(stamp, to_json(mark))
    return written


def _write(study: Path, card: Mapping[str, Any], out: Path, prefix: str) -> list[Path]:
    from analysis.sweep import load_sweep

    sweep = load_sweep(study)
    written = []
    for given in card.get("figures") or []:
        how = dict(given)
        name, verb, where = how.pop("name"), how.pop("verb"), how.pop("where", {})
        if verb not in VERBS:
            raise AnalysisError(
                f"figure {name}: no verb is called {verb!r}: {nearest(verb, VERBS)}"
            )
        part = sweep.where(where) if where else sweep
        written.append(VERBS[verb](part, **how).write(out / f"{prefix}{name}.png"))
    for given in card.get("comparisons") or []:
        how = dict(given)
        name, where = how.pop("name"), how.pop("where", {})
        part = sweep.where(where) if where else sweep
        table = part.compare(how.pop("vary"), how.pop("metric"), **how)
        written += [table.write(out / f"{prefix}{name}.{ending}") for ending in ("md", "csv")]
    written.append(sweep.diagnose(list(sweep.design.factors)[:2]).write(out / f"{prefix}why.md"))
    return written


def mark_of(studies: Sequence[Path]) -> dict[str, str]:
    """Return what files about studies depend on: the runs, the card, and the code of analysis."""
    digest = hashlib.sha256()
    for study in studies:
        for folder in run_folders(study):
            digest.update(folder.name.encode())
            digest.update(b"+" if (folder / "run.json").exists() else b"-")
        digest.update((study / CARD).read_bytes() if (study / CARD).exists() else b"")
    code = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        code.update(path.read_bytes())
    return {"runs": digest.hexdigest(), "code": code.hexdigest()}
