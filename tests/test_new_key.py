"""A key that is added later leaves every study as it was: ids, results, replays and tables."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_new_activation import ROOT, put

STUDY = ("-m", "study=s", "epochs=2", "T=6", "TT=6", "seed=0,1", "n_jobs=1")


def ran(copy: Path, module: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=copy, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project with a study, to which a key was then added."""
    copy = tmp_path_factory.mktemp("grown")
    for part in ("src", "analysis", "conf"):
        shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    ran(copy, "src.train", *STUDY)
    put(copy / "src" / "run" / "run.py", "    clip: float\n", before="\n    def rng(")
    identity = copy / "src" / "storage" / "identity.py"
    text = identity.read_text("utf-8")
    table = "AS_BEFORE: dict[str, Any] = {"
    assert text.count(table) == 1
    identity.write_text(text.replace(table, f'{table}"clip": 0.0, '), "utf-8")
    with (copy / "conf" / "config.yaml").open("a", encoding="utf-8") as file:
        file.write("\nclip: 0.0\n")
    return copy


def test_a_study_from_before_a_key_is_not_trained_again(grown: Path) -> None:
    assert "2 of them done already" in ran(grown, "src.train", *STUDY)
    assert "2 of them done already" in ran(grown, "src.train", *STUDY, "clip=0.0")


def test_a_run_from_before_a_key_is_replayed_byte_by_byte(grown: Path) -> None:
    (run, *_) = sorted((grown / "multirun_outputs" / "s").glob("*seed0*"))
    assert "byte-identical" in ran(grown, "src.train", "--from", str(run.relative_to(grown)))


def test_a_table_shows_the_key_only_where_it_varies_and_never_without_a_value(grown: Path) -> None:
    assert "clip" not in ran(grown, "analysis", "table", "s")
    ran(grown, "src.train", *STUDY, "clip=0.5")
    said = ran(grown, "analysis", "table", "s")
    first = [line.split()[0] for line in said.splitlines() if line.strip()]
    assert {"clip", "0", "0.5"} <= {word.removesuffix(".0") for word in first}
    assert "nan" not in said


def test_a_study_from_before_a_key_is_whole(grown: Path) -> None:
    assert "4 runs (4 finished), whole" in ran(grown, "analysis", "doctor", "s")
