"""What stands on a page: one study or several, their verdicts, tables and curves.

Owns the order of its parts, and the commands that make its tables. How it becomes a file is the
affair of `html.py`, what its script reads that of `contents.py`.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from analysis.errors import AnalysisError
from analysis.report.commands import line, where
from analysis.report.html import Page, rendered
from analysis.report.packing import PRECISION, in_script
from analysis.study.data import StudyData
from analysis.study.reading import RESULTS
from analysis.tables import verbs
from analysis.tables.frame import Table, level
from src.storage.provenance import version_line
from src.storage.study_files import read_card
from src.timeline import CURVES

REFRESH = 5
"""Seconds after which the page of a sweep that trains loads itself again."""


def report(sweep: StudyData, verdicts: Sequence[Table] = (), title: str = "") -> Page:
    """Make one page of a study: explorer, heatmap, filters, tables.

    Parameters
    ----------
    sweep : the study, or a part of it
    verdicts : tables of claims that were judged, for the top of the page
    title : above the page; the study's name unless given
    """
    return together([sweep], verdicts, title)


def explore(sweep: StudyData) -> Page:
    """Make the explorer of a study alone: curves, pinned runs, two factors, all factors.

    The last line of a notebook's cell shows it there, also once the notebook is exported.
    """
    return together([sweep], explorer=True)


def together(
    sweeps: Sequence[StudyData],
    verdicts: Sequence[Table] = (),
    title: str = "",
    command: str = "",
    status: str = "",
    explorer: bool = False,
) -> Page:
    """Make one page of several studies, of which the reader chooses one at a time.

    Parameters
    ----------
    sweeps : the studies; their names differ
    verdicts : tables of claims that were judged together
    title : above the page; the studies' names unless given
    command : that made the page; `report` of these studies unless given
    status : how a sweep gets on that trains still; then the page loads itself again
    explorer : without what can be had as tables
    """
    from analysis.report.contents import contents

    names = [sweep.folder.name for sweep in sweeps]
    title = title or ", ".join(names)
    html = rendered(
        {
            "title": title,
            "verdicts": [
                _shown(table, line("judge", *names) if "claim" in table.shown_as else "")
                for table in verdicts
            ],
            "studies": [_about(sweep, explorer) for sweep in sweeps],
            "data": [
                {"name": name, "json": in_script(values)}
                for name, values in zip(names, contents(sweeps), strict=True)
            ],
            "precision": f"{PRECISION:.3%}",
            "explorer": explorer,
            "status": status,
            "refresh": REFRESH if status else 0,
            "command": command or line("report", *names),
            "version": version_line(),
        }
    )
    return Page(html, title)


def _about(sweep: StudyData, explorer: bool) -> dict[str, Any]:
    """Return what stands above and below the curves of a study."""
    runs, plan = sweep.runs, read_card(sweep.folder) or {}
    keys = [name for name in runs if name not in (*CURVES, *RESULTS, *sweep.curve_names)]
    same = [name for name in keys if runs[name].nunique(dropna=False) == 1]
    return {
        "name": sweep.folder.name,
        "question": str(plan.get("question", "")),
        "runs": len(runs),
        "outcomes": runs["outcome"].value_counts().to_dict(),
        "varied": {name: len(levels) for name, levels in sweep.factors.items()},
        "same": {name: level(runs[name].iloc[0]) for name in same},
        "resamples": sweep.design.resamples,
        "tables": [] if explorer else [_shown(*each) for each in _tables(sweep)],
    }


def _tables(sweep: StudyData) -> Iterator[tuple[Table, str]]:
    """Yield what can be said of any study; what cannot be of this one is not there."""
    factors = list(sweep.design.factors)
    name, part = sweep.folder.name, where(sweep)
    by = ["--by", *factors] if factors else []
    with suppress(AnalysisError):
        yield verbs.table(sweep, by=factors), line("table", name, *by, *part)
    with suppress(AnalysisError):
        yield verbs.effects(sweep), line("effects", name, *part)
    with suppress(AnalysisError):
        by = ["--by", *factors[:2]] if factors else []
        yield verbs.diagnose(sweep, factors[:2]), line("diagnose", name, *by, *part)


def _shown(table: Table, command: str = "") -> dict[str, Any]:
    view = table.view()
    return {
        "title": table.title,
        "caption": table.caption,
        "command": command,
        "heads": [str(head) for head in view.columns],
        "rows": [[str(cell) for cell in row] for row in view.itertuples(index=False)],
    }
