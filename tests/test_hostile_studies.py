"""Studies that somebody made to do harm: names, links, sizes, types and clocks, by the thousand.

Owns the generator. Whatever is in a study, every command ends in sentences and exit code 0 or 1,
within seconds and a gigabyte, and no file outside of the study and the output folder is written.
"""

import hashlib
import json
import random
import resource
import shutil
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis.__main__ import main
from src.storage.record import _checksum
from tests.test_train import SMALL, command

VALUES: tuple[Any, ...] = (
    *(None, -1, 0, 10**30, 1e308, "", "../../x", "/etc/passwd", "a" * 3000, "$x_{$", "\x1b[2J"),
    *([], {}, [[]], {"a": 1}, True, "</script>", "=1+1", "NaN", "2026-13-45", "tanh"),
)
VERBS = ("table", "compare", "effects", "ranks", "curves", "diagnose", "doctor", "judge", "report")
Harm = Callable[[Path, random.Random], None]


def _run(study: Path, draw: random.Random) -> Path:
    runs = sorted(study.glob("*/run.json"))
    return draw.choice(runs).parent if runs else study


def _sealed_field(study: Path, draw: random.Random) -> None:
    """Put any value into a record whose checksum then holds."""
    path = _run(study, draw) / "run.json"
    if not path.is_file():
        return
    try:
        values = json.loads(path.read_text())
        place = values
        for _ in range(draw.randint(0, 2)):
            key = draw.choice(sorted(place))
            if not isinstance(place[key], dict) or not place[key]:
                break
            place = place[key]
        key = draw.choice(sorted(place))
        if draw.random() < 0.3:
            del place[key]
        else:
            place[key] = draw.choice(VALUES)
        values["execution"].pop("checksum", None)
        values["execution"]["checksum"] = _checksum(values)
    except (ValueError, KeyError, IndexError, AttributeError, TypeError):
        return
    path.write_text(json.dumps(values))


def _plan(study: Path, draw: random.Random) -> None:
    """Write a plan of any names and values, whose checksum holds."""
    figure = {"name": draw.choice(VALUES), "verb": draw.choice(["curves", "filters", "x"])}
    figure[draw.choice(["vary", "metric", "title", "where", "by"])] = draw.choice(VALUES)
    values = {"format": 2, "experiment": draw.choice(VALUES), "question": draw.choice(VALUES)}
    values |= {"figures": [figure], "claims": draw.choice([[], draw.choice(VALUES)])}
    text = json.dumps(values, sort_keys=True)
    values["checksum"] = hashlib.sha256(text.encode()).hexdigest()
    (study / "experiment.json").write_text(json.dumps(values))


def _history(study: Path, draw: random.Random) -> None:
    keys = ("started", "digests", "class_means", "trained", "planned", "overrides")
    entry = {key: draw.choice(VALUES) for key in draw.sample(keys, 3)}
    (study / "sweep.json").write_text(json.dumps({"format": 1, "history": [entry]}))


def _link(study: Path, draw: random.Random) -> None:
    names = ("analysis", ".index", "timeline.npz", "run.json", ".hydra", "filters.npz")
    name = draw.choice(names)
    place = study / name if name in names[:2] else _run(study, draw) / name
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    place.unlink(missing_ok=True)
    place.symlink_to(study.parents[1] / draw.choice(["outside", "nowhere"]))


def _bytes(study: Path, draw: random.Random) -> None:
    files = sorted(path for path in study.rglob("*") if path.is_file() and not path.is_symlink())
    path = draw.choice(files)
    data = path.read_bytes()
    cut = draw.randrange(len(data) + 1)
    path.write_bytes(draw.choice([data[:cut], b"", bytes(len(data)), data + data[:cut]]))


def _name(study: Path, draw: random.Random) -> None:
    names = ["a" * 250, "x\n", "-rf", "\x1b[31m", ".x", "run.json", "analysis"]
    target = study / draw.choice(names)
    if not target.exists() and not target.is_symlink():
        _run(study, draw).rename(target)


def _size(study: Path, draw: random.Random) -> None:
    """Make a file large: in bytes on disk, in nesting, or in what a header promises."""
    path = _run(study, draw) / draw.choice(["run.json", "timeline.npz", "filters.npz"])
    if draw.random() < 0.3:
        path = study / draw.choice(["sweep.json", "experiment.json", "class_means.npz"])
    path.unlink(missing_ok=True)
    kind = draw.randrange(4)
    if kind == 0:
        with open(path, "wb") as file:
            file.truncate(draw.choice([1 << 25, 1 << 28, 1 << 34]))  # sparse: it takes no disk
    elif kind == 1:
        path.write_text("[" * 2_000_000)
    elif kind == 2:
        path.write_text("[" + "[]," * 5_000_000 + "[]]")
    else:
        header = "{'descr': '<f8', 'fortran_order': False, 'shape': (100000, 100000, 100000)}"
        npy = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()
        with zipfile.ZipFile(path, "w") as archive:
            for name in ("names", "curves", "epochs", "filters", "labels", "means"):
                archive.writestr(f"{name}.npy", npy)


HARMS: tuple[Harm, ...] = (
    _sealed_field,
    _sealed_field,
    _plan,
    _history,
    _link,
    _bytes,
    _name,
    _size,
)


def listing(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
@pytest.mark.parametrize("part", range(8))
def test_no_study_leads_out_of_itself_or_ends_in_a_traceback(
    tmp_path: Path, part: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("-m", "study=s", "act=tanh,relu", "seed=0,1", *SMALL)
    assert command(tmp_path, *words).code == 0
    whole = tmp_path / "multirun_outputs" / "s"
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine").write_text("mine")
    monkeypatch.chdir(tmp_path)
    draw = random.Random(part)
    before = listing(outside)
    for number in range(125):
        study = tmp_path / "multirun_outputs" / f"h{number}"
        shutil.copytree(whole, study, symlinks=True)
        for _ in range(draw.randint(1, 3)):
            draw.choice(HARMS)(study, draw)
        verb = draw.choice(VERBS)
        start = time.monotonic()
        try:
            code = main([verb, str(study), *(["--vary", "act"] if verb == "compare" else [])])
        except Exception as error:
            raise AssertionError(
                f"part {part}, study {number}: {verb} ended in {error!r}"
            ) from error
        said = capsys.readouterr()
        assert code in (0, 1), (number, verb, said)
        assert "\x1b[2J" not in said.out + said.err, (number, verb)
        assert time.monotonic() - start < 10, (number, verb)
        assert listing(outside) == before, (number, verb)
        assert {path.name for path in tmp_path.iterdir()} == {"multirun_outputs", "outside"}
        if draw.random() < 0.3:  # and the trainer goes on in it
            again = command(tmp_path, *words[:1], f"study={study.name}", *words[2:])
            assert again.code in (0, 1)
            assert "Traceback" not in again.out + again.err, (number, again)
            assert listing(outside) == before
        shutil.rmtree(study)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 1 << 20  # kB
