"""Text on any terminal: every encoding and width, a reader that has had enough, hostile names."""

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import tokenize
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.tables.frame import Table
from src import terminal
from src.config.hydra_errors import is_hydras
from src.terminal import ASCII, harmless, one_line
from tests.support.study_folders import write_synthetic
from tests.test_train import ROOT, SMALL

SWEEP = ("src.train", "-m", "study=s", "act=tanh,none", "seed=0,1", *SMALL)
QUESTIONS = (
    ("table", "s"),
    ("compare", "s", "--vary", "act"),
    ("curves", "s", "--vary", "act"),
    ("effects", "s"),
    ("diagnose", "s"),
    ("doctor", "s"),
    ("compare", "s", "--vary", "αct"),
    ("--help",),
)


def ran(folder: Path, *words: str, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    """Run `python -m …` in a process of its own, in a folder."""
    process = [sys.executable, "-m", *words]
    given = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(process, cwd=folder, env=given, capture_output=True)


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "cp1252"},
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=["cp1252", "latin-1", "ascii", "LC_ALL=C"],
)
def test_both_commands_end_well_in_every_encoding(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    encoding = environment.get("PYTHONIOENCODING", "ascii")
    said = [ran(tmp_path, *SWEEP, **environment)]
    said += [ran(tmp_path, "analysis", *words, **environment) for words in QUESTIONS]
    assert [each.returncode for each in said] == [0] * 7 + [1, 0], said
    for each in said:
        text = (each.stdout + each.stderr).decode(encoding)
        assert "Traceback" not in text
        assert "UnicodeEncodeError" not in text
        assert "\\u" not in re.sub(r"\\udcce\\udcb1", "", text)  # what was typed, in LC_ALL=C
    assert "------" in said[0].stdout.decode(encoding)


def test_every_sign_of_ours_has_a_reading_in_ascii() -> None:
    signs = set()
    for path in [*ROOT.glob("src/**/*.py"), *ROOT.glob("analysis/**/*.py")]:
        with open(path, "rb") as file:
            for token in tokenize.tokenize(file.readline):
                if token.type == tokenize.STRING and not token.string.startswith(('"""', 'r"""')):
                    signs |= {sign for sign in token.string if not sign.isascii()}
    assert {"─", "−", "×"} <= signs
    unread = {sign for sign in signs if terminal._plain(sign).startswith("\\")}
    assert not unread
    assert all(text.isascii() for text in ASCII.values())


@given(st.text(st.characters(categories=None)), st.sampled_from(["ascii", "cp1252", "utf-8"]))
def test_any_text_can_be_printed_and_nothing_in_it_is_obeyed(text: str, encoding: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
    kept = sys.stdout
    sys.stdout = stream
    try:
        terminal.prepare()
        terminal.show(text)
    finally:
        sys.stdout = kept
    printed = stream.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]
    assert printed.replace("\n", "").isprintable()
    assert harmless(harmless(text)) == harmless(text)
    assert one_line(text).isprintable()


@pytest.mark.parametrize("redirected", ["", "2>&1"])
def test_a_reader_that_has_had_enough_is_no_error(tmp_path: Path, redirected: str) -> None:
    for act, seed in product(("tanh", "relu"), range(4)):
        write_synthetic(tmp_path / "multirun_outputs" / "s", act=act, seed=seed)
    for words in ("src.train -m study=t seed=0,1 epochs=1", "analysis table s"):
        piped = f"{sys.executable} -m {words} {redirected} | true; echo ${{PIPESTATUS[0]}}"
        shell = subprocess.run(
            ["bash", "-c", piped],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
        )
        assert shell.stdout == b"0\n"
        assert b"Error" not in shell.stderr


@pytest.mark.parametrize("columns", [60, 80, 100, 200])
def test_bar_percentage_and_time_left_are_whole_at_every_width(
    tmp_path: Path, columns: int
) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
    words = ("-m", "src.train", "-m", "act=tanh,none", "seed=range(0,24)", "stack_memory=1")
    process = subprocess.Popen(
        [sys.executable, *words, *SMALL[:-1], "epochs=300"],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(ROOT), "TERM": "xterm", "PYTHONUTF8": "1"},
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    drawn = b""
    while True:
        try:
            drawn += os.read(ours, 65536)
        except OSError:  # its other end is closed
            break
    os.close(ours)
    assert process.wait() == 0
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn.decode())
    lines = [line for line in re.split(r"[\r\n]+", plain) if re.search("[━╸╺]", line)]
    assert len(lines) >= 5
    for line in lines:
        assert re.match(r"[━╸╺]{20} +\d+%( \d+ s left)? \d+ of", line), line
        assert len(line.rstrip()) <= columns
    assert sum("s left" in line for line in lines) >= len(lines) - 2  # the first and the last


def test_an_erroris_hydras_only_where_hydra_raised_it() -> None:
    from hydra.core.override_parser.overrides_parser import OverridesParser

    def raised(call: object, *values: object) -> BaseException:
        try:
            call(*values)  # type: ignore[operator]
        except Exception as error:  # noqa: BLE001  whatever it is
            return error
        raise AssertionError("nothing was raised")

    assert is_hydras(raised(OverridesParser.create().parse_rule, "=", "no rule"))
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")  # ours, in what cannot encode it
    assert not is_hydras(raised(terminal._print, "─", stream))


HOSTILE = ("$\\frac{$", "=1+1", "a|b", "<script>x</script>", "[x](http://y)", "`x`", "\\textbf{")


def test_hostile_names_are_text_in_every_format(tmp_path: Path) -> None:
    import pandas as pd

    from analysis import load_sweep

    table = Table(pd.DataFrame({"act": HOSTILE, "n": range(len(HOSTILE))}), "title")
    marked = table.write(tmp_path / "t.md").read_text()
    for words in ("a\\|b", "\\<script>", "[x]\\(http"):
        assert words in marked
    rows = [line for line in marked.splitlines() if line.startswith("| ")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 3 for row in rows)
    assert "'=1+1" in table.write(tmp_path / "t.csv").read_text().replace('"', "")
    assert r"\$\textbackslash{}frac\{\$" in table.write(tmp_path / "t.tex").read_text()
    for name, lrA, seed in product(HOSTILE, (0.1, 0.2), (0, 1)):
        curve = {"test_acc": 0.4 + 0.1 * seed}
        write_synthetic(tmp_path / "s", curve, order=name, lrA=lrA, seed=seed)
    sweep = load_sweep(tmp_path / "s")
    for figure in (sweep.curves(vary="order"), sweep.heatmap(vary=["order", "lrA"])):
        assert figure.write(tmp_path / "f.png").stat().st_size > 10_000


def test_tables_go_to_standard_output_as_their_files_would_be(tmp_path: Path) -> None:
    for act, seed in product(("tanh", "relu"), range(3)):
        curve = {"test_acc": 0.5 + 0.1 * seed}
        write_synthetic(tmp_path / "multirun_outputs" / "s", curve, act=act, seed=seed)
    assert ran(tmp_path, "analysis", "table", "s", "--format", "csv", "md").returncode == 0
    own = tmp_path / "multirun_outputs" / "s" / "analysis"
    for ending in ("csv", "md"):
        said = ran(tmp_path, "analysis", "table", "s", "--format", ending, "--out", "-")
        assert (said.returncode, said.stderr) == (0, b"")
        assert said.stdout == (own / f"table.{ending}").read_bytes()
    for words in (
        ("filters", "s"),
        ("table", "s", "--format", "png"),
        ("effects", "s", "--format", "png"),
    ):
        refused = ran(tmp_path, "analysis", *words, "--out", "-")
        assert refused.returncode == 1
        assert refused.stderr.startswith(b"error: ")
    assert not (tmp_path / "-").exists()
