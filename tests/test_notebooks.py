"""Notebooks: executed from nothing they say what they were committed with."""

import os
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def said(notebook: Any) -> list[list[dict[str, str]]]:
    """Return the words of every cell's outputs; pictures depend on the versions of fonts."""
    return [
        [
            {kind: text for kind, text in output.get("data", {}).items() if "image" not in kind}
            for output in cell.get("outputs", [])
        ]
        for cell in notebook.cells
    ]


@pytest.mark.filterwarnings("default")  # of the notebook's own machinery
def test_the_worked_notebook_says_what_it_was_committed_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(NOTEBOOKS.parent), paths]))
    notebook = nbformat.read(NOTEBOOKS / "from_sweep_to_verdict.ipynb", as_version=4)
    committed = said(notebook)
    assert len(notebook.cells) == 10
    for cell in notebook.cells:
        cell["outputs"] = []
    client = nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3")
    client.execute(cwd=str(tmp_path))
    assert said(notebook) == committed
