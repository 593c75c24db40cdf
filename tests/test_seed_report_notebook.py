"""The notebook of the seed report: executed from nothing on few seeds, it walks to its end."""

import os
from pathlib import Path

import nbclient
import nbformat
import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "notebooks" / "seed_report.ipynb"


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # of the notebook's own machinery
def test_the_seed_report_is_walked_through_on_few_seeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), paths]))
    monkeypatch.setenv("SEEDS", "3")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    kinds = [[sorted(o.get("data", {})) for o in c.get("outputs", [])] for c in notebook.cells]
    assert sum(map(len, kinds)) > 15  # it was committed with its outputs
    nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3").execute(cwd=str(tmp_path))
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    assert not [o for o in outputs if o["output_type"] in ("error", "stream")]
    again = [[sorted(o.get("data", {})) for o in c.get("outputs", [])] for c in notebook.cells]
    assert again == kinds
    assert "cannot show" in (tmp_path / "multirun_outputs/seed_report/statements.csv").read_text()
