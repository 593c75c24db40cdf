"""One page of several studies, and the page of a study that trains, in a real browser."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from analysis.__main__ import main
from analysis.study.progress import Progress, progress
from src.errors import StoreError
from src.model.activations import Act
from tests.support.pages import in_browser, lines, opened
from tests.support.study_folders import runs_of, trained

pytest.importorskip("playwright.sync_api")
ROOT = Path(__file__).parents[1]


@in_browser
def test_a_page_of_two_studies_shows_one_at_a_time(browser: Any, tmp_path: Path) -> None:
    rates = trained(tmp_path / "rates", runs_of(2, act=[Act.tanh, Act.none], lrA=[0.01, 0.1]))
    acts = trained(tmp_path / "acts", runs_of(3, act=[Act.relu, Act.sigmoid]))
    out = tmp_path / "page.html"
    assert main(["report", str(rates.folder), str(acts.folder), "--out", str(out)]) == 0
    with opened(browser, out) as page:
        assert page.text_content("h1") == "rates, acts"
        assert page.locator("#runs tbody tr").count() == len(rates.runs)
        page.select_option("#study", "acts")
        page.select_option("#view", "runs")
        assert {line["run"] for line in lines(page)} == set(acts.runs.index)
        assert page.locator(".of-study:visible").evaluate_all(
            "all => all.every(e => e.dataset.study === 'acts')"
        )
        page.click("#runs tbody tr button")
        page.reload()
        page.wait_for_selector("body[data-ready]")
        assert page.input_value("#study") == "acts"
        assert {line["run"] for line in lines(page)} == set(acts.runs.index)
        assert page.locator("#pins article").count() == 1
        page.select_option("#study", "rates")
        lines(page)
        assert page.locator("#pins article").count() == 0


def test_studies_of_one_name_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [trained(tmp_path / place / "s", runs_of(1)).folder for place in "ab"]
    assert main(["report", *map(str, folders)]) == 1
    assert "must have different names" in capsys.readouterr().err
    assert main(["report", *map(str, folders[:1]), "--watch"]) == 1
    assert "no command has begun on it" in capsys.readouterr().err


def test_the_time_left_is_that_of_the_pace_so_far() -> None:
    folders = tuple(Path(str(i)) for i in range(4))
    now = Progress(12, 2, 2, 1, folders, 1.0, 40.0, 3.0, False)
    assert now.left == 60.0  # 4 runs' worth in 40 s, 6 of the 10 are left
    assert str(now) == (
        "4 of 12 runs done, 4 running, 3 waiting, 1 failed or stopped; about 60 s left. "
        "Last file written 3 s ago."
    )
    begun = Progress(12, 0, 0, 0, (), 0.0, 1.0, 1.0, False)
    assert "time left not known yet" in str(begun)


def until(true: Any, seconds: float = 60) -> Any:
    """Return what is true at last."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.2)
    return found


def start(*words: str, cwd: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=cwd,
        env=environment,
        stdout=pipe,
        stderr=pipe,
        text=True,
    )


@in_browser
def test_the_page_of_a_study_that_trains_keeps_up_and_keeps_its_state(
    browser: Any, tmp_path: Path
) -> None:
    asked = ["study=live", "act=tanh,relu", "seed=0,1", "epochs=100000", "n_jobs=1"]
    trainer = start("src.train", "-m", *asked, "checkpoint_seconds=0.3", cwd=tmp_path)
    try:
        study, out = tmp_path / "multirun_outputs" / "live", tmp_path / "live.html"
        until(lambda: list(study.glob("*/checkpoint.npz")))
        watcher = start("analysis", "report", "live", "--watch", "--out", str(out), cwd=tmp_path)
        until(out.exists)
        with opened(browser, out) as page:
            status = page.text_content("#status")
            assert "0 of 4 runs done" in status
            assert "left" in status
            page.select_option("#view", "runs")
            page.fill("#find", "tanh")
            page.evaluate("scrollTo(0, 300)")
            first = lines(page)
            page.wait_for_event("load", timeout=30_000)
            page.wait_for_selector("body[data-ready]")
            again = lines(page)
            assert page.input_value("#view") == "runs"
            assert page.input_value("#find") == "tanh"
            assert page.evaluate("scrollY") == 300
            assert {x["run"] for x in again} >= {x["run"] for x in first}
            longest = [max(len(x["y"]) for x in all_) for all_ in (first, again)]
            assert longest[1] > longest[0]
            assert "still train" in " ".join(page.locator(".panel p").all_text_contents())
        now = progress(study)
        assert (now.planned, now.ended) == (4, False)
        assert now.running
    finally:
        trainer.send_signal(signal.SIGINT)
        trainer.communicate(timeout=60)
    said, erred = watcher.communicate(timeout=60)
    assert watcher.returncode == 0, erred
    assert "Training." not in out.read_text()
    assert said.count("written: ") >= 2
    assert progress(study).ended


def test_a_study_without_a_history_has_no_progress(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no history"):
        progress(tmp_path)
