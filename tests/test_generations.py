"""Which digits of a study are the newest: those that the latest command asked for, by no clock."""

import warnings
from pathlib import Path
from unittest.mock import patch

import pytest

from analysis.doctor import doctor
from analysis.doctor.findings import Kind
from analysis.study.generations import Origin, stale
from analysis.sweep import load_sweep
from tests.test_datasets import write_set
from tests.test_train import command


def origin(digest: str, finished: str, engine: int = 1) -> Origin:
    return Origin(engine, "digits", digest, finished)


def test_a_clock_that_was_set_back_makes_no_digits_the_newest() -> None:
    runs = [origin("A", "2026-01-02"), origin("B", "2026-01-01")]
    assert stale(runs, {"digits": ["A", "B"]}) == [True, False]
    assert stale(runs, {"digits": ["A", "B", "A"]}) == [False, True]


def test_without_a_history_the_clock_tells() -> None:
    runs = [origin("A", "2026-01-02"), origin("B", "2026-01-01")]
    assert stale(runs, {}) == [False, True]


def test_digits_of_which_no_run_has_ended_hide_nothing() -> None:
    assert stale([origin("A", "2026-01-01")], {"digits": ["A", "B"]}) == [False]


def test_an_older_engine_is_stale_whatever_was_asked_for() -> None:
    runs = [origin("A", "2026-01-01", engine=1), origin("B", "2026-01-01", engine=2)]
    assert stale(runs, {"digits": ["B", "A"]}) == [True, False]


def test_a_study_trained_on_new_digits_under_an_old_clock_shows_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("study=s", "data=idx", "T=2", "TT=2", "epochs=2", "classes=[3,1]", "I=4", "J=4")

    def trained_on(last_pixel: int) -> set[str]:
        folder = write_set(tmp_path / "digits")
        images = Path(folder, "train-images-idx3-ubyte")
        images.write_bytes(images.read_bytes()[:-1] + bytes([last_pixel]))
        assert command(tmp_path, *words, f"folder={folder}").code == 0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return set(load_sweep("s").runs.index)

    first = trained_on(1)
    with patch("src.execution.job.time.strftime", return_value="2001-01-01T00:00:00Z"):
        second = trained_on(2)
    assert len(first) == len(second) == 1
    assert first != second
    (old,) = (
        f for f in doctor.examine(Path("multirun_outputs/s")).findings if f.kind is Kind.stale
    )
    assert old.path.name[-16:] in first
    assert trained_on(1) == first, "the latest command asks for the first digits again"
