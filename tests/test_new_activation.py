"""The steps of docs/activation.md, followed to the letter in a copy of the project."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from src.model.activations import Act
from tests.test_readme import DOCS, ROOT

SECTION = re.search(r"(.*)", DOCS["activation"], re.DOTALL)
WHICH = "softsign or test_a_slope_is_the_derivative"
CHECKED = ("tests/test_activations.py", "tests/test_exact_claims.py", "tests/test_conf.py")


def put(path: Path, text: str, before: str) -> None:
    """Put a text into a file, before a text that it has once."""
    whole = path.read_text("utf-8")
    assert whole.count(before) == 1, (path.name, before)
    path.write_text(whole.replace(before, text + before), "utf-8")


def within(path: Path, beginning: str, line: str) -> None:
    """Put a line at the end of a table that begins with some words and ends with a brace."""
    head, table = path.read_text("utf-8").split(beginning)
    path.write_text(head + beginning + table.replace("\n}\n", f"\n{line}}}\n", 1), "utf-8")


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project that has what README adds to it."""
    copy = tmp_path_factory.mktemp("grown")
    ignored = shutil.ignore_patterns("__pycache__")
    for room in ("src", "analysis", "conf", "tests"):
        shutil.copytree(ROOT / room, copy / room, ignore=ignored)
    shutil.copytree(ROOT / "docs", copy / "docs")
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, copy)
    assert SECTION is not None
    if "softsign" in Act.__members__:  # somebody has followed them here
        return copy
    pair, member, option, judged, tested = re.findall(
        r"^```(?:python|yaml)\n(.*?)^```$", SECTION[1], re.MULTILINE | re.DOTALL
    )
    put(copy / "src" / "model" / "activations.py", f"{pair}\n\n", before="class Act(Enum):")
    put(copy / "src" / "model" / "activations.py", member, before="\n    def __init__")
    (copy / "conf" / "act" / "softsign.yaml").write_text(option, "utf-8")
    put(copy / "conf" / "hydra" / "help" / "sweepscope.yaml", "softsign, ", "tanh, sigmoid, relu")
    within(copy / "analysis" / "claims" / "exact.py", "ACTIVATIONS:", judged)
    within(copy / "tests" / "support" / "formulas.py", "FORMULAS:", tested)
    return copy


def said(copy: Path, *words: str) -> str:
    """Run a module of Python in the copy, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=copy, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_the_readmes_activation_trains_in_a_sweep(grown: Path) -> None:
    assert SECTION is not None
    (command,) = re.findall(r"`python -m (src\.train .*?)`", SECTION[1])
    out = said(grown, *shlex.split(command), "epochs=2", "T=6", "TT=6")
    assert re.search(r"\bsoftsign +finished\b", out)
    assert "2 runs: 2 finished" in out


def test_the_readmes_activation_passes_what_every_activation_must(grown: Path) -> None:
    out = said(grown, "pytest", "-vv", "-p", "no:cacheprovider", "-k", WHICH, *CHECKED)
    passed = set(re.findall(r"::(\w+)\S* PASSED", out))
    assert passed >= {
        "test_an_activation_and_its_slope_are_their_formulas",
        "test_a_slope_is_the_derivative",
        "test_no_input_overflows",
        "test_what_analysis_reads_off_stored_parameters_is_what_the_engine_answers",
        "test_help_names_every_option_within_its_group",
    }
