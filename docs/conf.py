"""Sphinx: hand-written pages, and reference pages that are made from the code at every build."""

import os
import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parent
ROOT = DOCS.parent
sys.path.insert(0, str(ROOT))

project = "Sweepscope"
extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc"]
html_theme = "furo"
html_show_copyright = False
smartquotes = False  # -- stays as it is typed
exclude_patterns = ["_build"]
numpydoc_show_class_members = False
suppress_warnings = ["myst.xref_missing"]  # links to source files, which are no pages


def said(*words: str) -> str:
    """Return what a module of Python prints."""
    environment = {**os.environ, "COLUMNS": "84"}
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def page(name: str, title: str, parts: dict[str, str], language: str = "text") -> None:
    """Write a page of headed blocks."""
    blocks = [f"## {head}\n\n```{language}\n{text.strip()}\n```\n" for head, text in parts.items()]
    (DOCS / "generated").mkdir(exist_ok=True)
    (DOCS / "generated" / f"{name}.md").write_text(
        f"# {title}\n\n" + "\n".join(blocks), encoding="utf-8"
    )


# A verb or command is a word that `--help` indents by two, with a sentence beside it.
VERBS = re.findall(r"^  (\w+)  ", said("analysis", "--help"), flags=re.MULTILINE)
page("train", "The training command", {"python -m src.train --help": said("src.train", "--help")})
page(
    "verbs",
    "The analysis commands and metrics",
    {f"python -m analysis {verb} --help": said("analysis", verb, "--help") for verb in VERBS},
)
files = [ROOT / "conf" / "config.yaml", *sorted((ROOT / "conf").glob("[!eh]*/*.yaml"))]
page(
    "config",
    "Config groups, keys and defaults",
    {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in files},
    "yaml",
)
