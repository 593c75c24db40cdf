"""The file of a page: one HTML file that opens anywhere and asks nobody for anything.

Owns how template, style and scripts become one file, and its content security policy. Whatever
comes from a study passes Jinja2's autoescape, or is JSON that the script shows as text.
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from analysis.files import write

HERE = Path(__file__).parent
LIBRARY = "uplot-1.6.32"
SCRIPTS = (
    "data", "dom", "state", "selection", "means", "chart", "explorer", "heatmap", "factors",
    "films", "commands", "pins", "tables", "runs", "live", "main",
)  # fmt: skip
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
        """Show the page in a notebook's cell, in a frame that may run its script and save a CSV."""
        return (
            f'<iframe sandbox="allow-scripts allow-downloads" title="{escape(self.title)}" '
            f'style="width:100%;height:760px;border:0" srcdoc="{escape(self.html)}"></iframe>'
        )


def rendered(values: Mapping[str, Any]) -> str:
    """Return the file that the template makes of values."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    style = (HERE / "vendored" / f"{LIBRARY}.css").read_text() + (HERE / "page.css").read_text()
    library = (HERE / "vendored" / f"{LIBRARY}.js").read_text()
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.jinja").render(
        **values,
        style=style,
        library=library,
        script=script(),
        policy=_policy(style, (library, script())),
    )


def script() -> str:
    """Return the modules of the page's script as one, in which they see each other's names.

    A page that is opened from a folder may not load modules: their imports and exports go.
    """
    parts = [(HERE / "script" / f"{name}.js").read_text() for name in SCRIPTS]
    parts = [re.sub(r"^import [^;]*;\n", "", part, flags=re.M) for part in parts]
    parts = [re.sub(r"^export ", "", part, flags=re.M) for part in parts]
    return "(() => {\n'use strict';\n" + "\n".join(parts) + "\n})();\n"


def _policy(style: str, scripts: Sequence[str]) -> str:
    """Return a policy under which the page's own style and scripts are all that there is."""
    allowed = " ".join(f"'sha256-{_digest(one)}'" for one in scripts)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'sha256-{_digest(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
