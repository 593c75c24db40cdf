"""The page: one HTML file of a study that opens anywhere and asks nobody for anything.

Owns the template's context, the order of scripts and the content security policy. Whatever comes
from a study passes Jinja2's autoescape, or is JSON that the script shows as text.
"""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import Any

from analysis.errors import AnalysisError
from analysis.files import write
from analysis.report.packing import PRECISION, in_script
from analysis.study.data import StudyData
from analysis.tables import verbs
from analysis.tables.frame import Table
from src.storage.provenance import version_line
from src.storage.study_files import read_card

HERE = Path(__file__).parent
LIBRARY = "uplot-1.6.32"
SCRIPTS = ("data", "state", "means", "chart", "explorer", "heatmap", "run", "tables", "main")
"""In `script/`, in the order in which they are read: each uses those before it."""


class Page:
    """A finished page.

    Parameters
    ----------
    html : the whole file
    title : of the page
    """

    def __init__(self, html: str, title: str) -> None:
        self.html, self.title = html, title

    def write(self, path: str | Path) -> Path:
        """Write the page, and return its path.

        Raises
        ------
        AnalysisError
            It cannot be written.
        """
        return write(Path(path), self.html.encode())

    def __repr__(self) -> str:
        return f"Page {self.title!r}, {len(self.html.encode()):,} bytes; .write(path) saves it"

    def _repr_html_(self) -> str:
        """Show the page in a notebook's cell, in a frame that can do nothing but run its script."""
        return (
            f'<iframe sandbox="allow-scripts" title="{escape(self.title)}" '
            f'style="width:100%;height:760px;border:0" srcdoc="{escape(self.html)}"></iframe>'
        )


def report(sweep: StudyData, verdicts: Sequence[Table] = (), title: str = "") -> Page:
    """Make one page of a study: explorer, heatmap, filters, tables.

    Parameters
    ----------
    sweep : the study, or a part of it
    verdicts : tables of claims that were judged, for the top of the page
    title : above the page; the study's name unless given
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from analysis.report.contents import contents

    style = (HERE / "vendored" / f"{LIBRARY}.css").read_text() + (HERE / "page.css").read_text()
    library = (HERE / "vendored" / f"{LIBRARY}.js").read_text()
    parts = [(HERE / "script" / f"{name}.js").read_text() for name in SCRIPTS]
    script = "(() => {\n'use strict';\n" + "\n".join(parts) + "\n})();\n"
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    plan = read_card(sweep.folder) or {}
    title = title or sweep.folder.name
    html = environment.get_template("page.html.jinja").render(
        title=title,
        question=str(plan.get("question", "")),
        outcomes=sweep.runs["outcome"].value_counts().to_dict(),
        varied={name: len(levels) for name, levels in sweep.factors.items()},
        resamples=sweep.design.resamples,
        runs=len(sweep.runs),
        precision=f"{PRECISION:.3%}",
        verdicts=[_shown(table) for table in verdicts],
        tables=[_shown(table) for table in _tables(sweep)],
        command=f"python -m analysis report {sweep.folder.name}",
        version=version_line(),
        data=in_script(contents(sweep)),
        style=style,
        library=library,
        script=script,
        policy=_policy(style, (library, script)),
    )
    return Page(html, title)


def _tables(sweep: StudyData) -> Iterator[Table]:
    """Yield what can be said of any study; what cannot be of this one is not there."""
    factors = list(sweep.design.factors)
    with suppress(AnalysisError):
        yield verbs.table(sweep, by=factors)
    with suppress(AnalysisError):
        yield verbs.effects(sweep)
    with suppress(AnalysisError):
        yield verbs.diagnose(sweep, factors[:2])


def _shown(table: Table) -> dict[str, Any]:
    view = table.view()
    return {
        "title": table.title,
        "caption": table.caption,
        "heads": [str(head) for head in view.columns],
        "rows": [[str(cell) for cell in row] for row in view.itertuples(index=False)],
    }


def _policy(style: str, scripts: Sequence[str]) -> str:
    """Return a policy under which the page's own style and scripts are all that there is."""
    allowed = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'sha256-{_digest(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
