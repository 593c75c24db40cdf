"""Files of a study that are there and are not what they should be: what is said of each."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.sweep import load_sweep
from src.errors import StoreError
from src.storage.files import pack, read_arrays
from src.storage.run_folder import TIMELINE
from src.storage.store import read_curves
from src.storage.study_files import HISTORY, read_history
from tests.support.study_folders import write_synthetic

DAMAGED: dict[str, tuple[Callable[[Path], Any], bytes, str]] = {
    "no npz": (lambda p: read_arrays(p, ["a"]), b"{}", "is damaged: it is not an npz file"),
    "an empty file": (lambda p: read_arrays(p, ["a"]), b"", "is damaged: it is not an npz file"),
    "another array": (
        lambda p: read_arrays(p, ["a"]),
        pack(b=np.zeros(2)),
        "is damaged: \"There is no item named 'a.npy' in the archive\"",
    ),
    "a history of another kind": (
        lambda p: read_history(p.parent),
        b'{"format": 1, "history": {}}',
        "is not the history of a study",
    ),
    "a history that is a list": (
        lambda p: read_history(p.parent),
        b"[]",
        "is not the history of a study",
    ),
    "more names than curves": (
        lambda p: read_curves(p.parent),
        pack(names=np.array(["a", "b"]), curves=np.zeros((1, 3))),
        "is not the timeline of a run",
    ),
    "one curve without an axis": (
        lambda p: read_curves(p.parent),
        pack(names=np.array(["a", "b", "c"]), curves=np.zeros(3)),
        "is not the timeline of a run",
    ),
    "one name without an axis": (
        lambda p: read_curves(p.parent),
        pack(names=np.array("a"), curves=np.zeros((1, 3))),
        "is not the timeline of a run",
    ),
}
NAMES = {"history": HISTORY, "curve": TIMELINE, "name": TIMELINE}


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_file_that_is_not_what_it_should_be_is_named_and_told(tmp_path: Path, kind: str) -> None:
    read, content, words = DAMAGED[kind]
    name = next((name for word, name in NAMES.items() if word in kind), "some.npz")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(StoreError) as error:
        read(tmp_path / name)
    assert str(error.value) == f"{tmp_path / name} {words}"


def test_a_timeline_of_another_length_is_warned_of_and_costs_its_own_run_alone(
    tmp_path: Path,
) -> None:
    folders = [write_synthetic(tmp_path / "s", {"test_acc": 0.5}, seed=seed) for seed in (0, 1)]
    short = pack(names=np.array(["test_acc"]), curves=np.zeros((1, 3)))
    (folders[0] / TIMELINE).write_bytes(short)
    said = f"^{folders[0] / TIMELINE} is not the timeline of its run$"
    with pytest.warns(UserWarning, match=said):
        curves = load_sweep(tmp_path / "s").curve("test_acc")
    assert np.isnan(curves[0]).all()
    assert (curves[1] == 0.5).all()
