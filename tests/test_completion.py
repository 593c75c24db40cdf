"""Completion, asked for by the shells themselves, and Hydra's parser under Python 3.14's check."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.completion import candidates as of_analysis
from src.completion import script
from src.config.build_run import GROUPS as RUN_GROUPS
from src.config.completion import candidates
from src.config.grid import options
from src.config.keys import KEYS
from tests.support.study_folders import write_synthetic
from tests.test_train import ROOT, command

GROUPS = (*RUN_GROUPS, "experiment", "executor")


def test_every_group_choice_and_key_is_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    expected = {f"{key}=" for key in {*KEYS, *GROUPS, "results"}}
    offered = set(candidates("sweepscope -m "))
    assert {word for word in offered if not word.startswith("executor.")} == expected
    assert "executor.partition=" in offered
    for group in GROUPS:
        assert candidates(f"sweepscope {group}=") == [f"{group}={c}" for c in options(group)]
    assert candidates("sweepscope -m act=tanh,re") == ["act=tanh,relu"]
    assert candidates("sweepscope force=t") == ["force=true"]
    write_synthetic(tmp_path / "multirun_outputs" / "rates")
    assert candidates("sweepscope study=") == ["study=rates"]
    assert of_analysis("sweepscope-analysis table ra") == ["rates"]
    assert of_analysis("sweepscope-analysis comp") == ["compare"]
    assert of_analysis("sweepscope-analysis table --centre ") == ["latest", "mean", "median"][1:]
    assert "--tune" in of_analysis("sweepscope-analysis compare rates --")


ASKED = {
    "bash": """
{script}
COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}
compopt() {{ :; }}
_sweepscope
printf '%s\\n' "${{COMPREPLY[@]}}"
""",
    "zsh": """
compdef() {{ :; }}
compadd() {{ shift $(( ${{@[(i)--]}} )); print -l -- "$@"; }}
{script}
words=({line}); CURRENT=$#words
_sweepscope
""",
    "fish": """
{script}
complete -C '{line}'
""",
}


@pytest.mark.parametrize("shell", ASKED)
def test_the_shells_themselves_complete_by_the_script(tmp_path: Path, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    for line, expected in (
        ("sweepscope -m act=tanh,re", ["act=tanh,relu"]),
        ("sweepscope ini", ["init=", "init_scale=", "init_seed="]),
    ):
        text = script(shell, "sweepscope", "src.config.completion")
        said = subprocess.run(
            [shell, "-c", ASKED[shell].format(script=text, line=line)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        found = said.stdout.split()
        if shell == "bash":  # which completes what follows the last =
            expected = [word if word.endswith("=") else word.split("=")[1] for word in expected]
        assert found == expected, said


def test_the_script_is_printed_alone(tmp_path: Path) -> None:
    said = command(tmp_path, "--completion", "bash")
    assert (said.code, said.err) == (0, "")
    assert said.out.rstrip() == script("bash", "sweepscope", "src.config.completion").rstrip()
    refused = command(tmp_path, "--completion", "tcsh")
    assert (refused.code, refused.out) == (1, "")
    assert "--completion must be one of bash, zsh, fish, got 'tcsh'" in refused.err
    assert "--completion must stand alone" in command(tmp_path, "--completion").err
    assert "--shell-completion must not be given" in command(tmp_path, "-sc", "install=bash").err


AS_IN_3_14 = """
import argparse

add_argument = argparse._ActionsContainer.add_argument

def checked(self, *names, **settings):
    action = add_argument(self, *names, **settings)
    if action.help and hasattr(self, "_get_formatter"):
        self._get_formatter()._expand_help(action)
    return action

argparse._ActionsContainer.add_argument = checked
"""


def test_hydras_flags_are_read_where_argparse_looks_into_every_help_text(tmp_path: Path) -> None:
    """What Python 3.14's `argparse` does in `_check_help` is done by the one at hand."""
    (tmp_path / "sitecustomize.py").write_text(AS_IN_3_14)
    env = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    plain = "from hydra._internal.utils import get_args_parser; get_args_parser()"
    alone = subprocess.run([sys.executable, "-c", plain], env=env, capture_output=True, text=True)
    assert alone.returncode == 1
    assert "TypeError" in alone.stderr
    for words in (["dry_run=true"], ["-m", "act=tanh,relu", "dry_run=true"], ["--help"]):
        ours = subprocess.run(
            [sys.executable, "-m", "src.train", *words],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
        )
        assert ours.returncode == 0, ours.stderr
