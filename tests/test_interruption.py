"""Whoever stops a training is told what is kept, and what to type to go on."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from tests.test_resume import TINY, Stop, forked, stopping
from tests.test_train import Said, command

WORDS = ("study=s", *TINY, "checkpoint_seconds=0")


def stopped(folder: Path, words: Sequence[str], at: Stop) -> Said:
    """Run a command in a process of its own that is asked to stop."""

    def interrupted() -> Said:
        with stopping(at):
            return command(folder, *words)

    return forked(interrupted)


def again(words: Sequence[str]) -> str:
    """Return what is to be typed after these words were."""
    typed = shlex.join([*(word for word in words if word != "study=s"), "study=s"])
    return f"to go on, type: python -m src.train {typed}"


def test_of_a_single_run_it_is_said_that_it_is_kept(tmp_path: Path) -> None:
    said = stopped(tmp_path, WORDS, Stop(1, "ask"))
    assert said.code == 130
    assert said.err.splitlines()[-1] == f"interrupted: the run is kept; {again(WORDS)}"


def test_of_a_sweep_it_is_said_how_many_are_done_and_how_many_kept(
    tmp_path: Path,
) -> None:
    words = ("-m", *WORDS, "seed=0,1", "n_jobs=1")
    said = stopped(tmp_path, words, Stop(2, "ask"))
    assert said.code == 130
    assert said.err.splitlines()[-1] == (f"interrupted: 0 of 2 runs done, 2 kept; {again(words)}")
