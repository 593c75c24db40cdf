"""Command lines by the thousand: each is trained or refused in one line, and nothing else happens.

Owns the generator of words that Hydra's grammar takes and nobody means.
"""

import random
import re
from pathlib import Path

import pytest

from tests.test_train import SMALL, command

KEYS = (
    *("act", "order", "init", "lr", "net", "data", "experiment", "lrA", "lrW", "epochs", "seed"),
    *("T", "classes", "study", "dtype", "card", "nope", "hydra/launcher", "hydra/sweeper"),
    *("hydra/env", "hydra/help", "hydra.launcher.n_jobs", "hydra.sweeper.params", "hydra.verbose"),
    *("hydra.sweeper.params.act", "hydra.run.dir", "hydra", "init@act", "act@_global_", "", "a.b"),
)
VALUES = (
    *("null", "tanh", "relu,tanh", "0", "-1", "1e18", "nan", "inf", "true", "28", "''", "'a b'"),
    *("range(0,3)", "range(0,inf)", "range(nan,3)", "range(0,9,0)", "range(3,0)", "bool(1)"),
    *("[1,2]", "[]", "{a:1}", "{}", "glob(*)", "interval(0,1)", "choice(1,2)", "sort(3,1)"),
    *("shuffle(1,2)", "tag(a,choice(1,2))", "int(x)", "str(1)", "${lrA}", "${oc.env:HOME}", "../x"),
    *(
        "1,",
        "[1",
        "'a",
        "a=b",
        "=1",
        "basic",
        "grid",
        "\x1b[31m",
        "é",
        "extend_list(1)",
        "_target_",
    ),
)
MARKS = ("", "", "", "", "+", "~", "++")


def line(draw: random.Random) -> list[str]:
    """Return one command line."""
    words = ["-m"] * draw.randint(0, 1)
    for _ in range(draw.randint(1, 3)):
        words.append(f"{draw.choice(MARKS)}{draw.choice(KEYS)}={draw.choice(VALUES)}")
    return words


@pytest.mark.slow
@pytest.mark.parametrize("part", range(8))
def test_every_command_line_is_answered_without_a_traceback(tmp_path: Path, part: int) -> None:
    draw = random.Random(part)
    for number in range(250):
        place = tmp_path / str(number)
        place.mkdir()
        words = line(draw)
        said = command(place, *words, *SMALL, "most_runs=6")
        assert said.code in (0, 1), (words, said)
        assert "Traceback" not in said.out + said.err, (words, said)
        if said.code == 1 and "failed" not in said.err:
            assert re.search(r"error: [^\n]*\n$", said.err), (words, said)
        assert {path.name for path in place.iterdir()} <= {"multirun_outputs"}, words
