"""A page in a real browser: how it is opened, and what it has drawn.

Whatever a page fetches, says in the console or throws fails the test that opened it.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.sweep import Sweep
from src.model.activations import Act
from tests.support.study_folders import runs_of, trained

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
in_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


def rates(study: Path) -> Sweep:
    """Train two activations, three rates, three seeds; at the highest rate `none` diverges."""
    return trained(study, runs_of(3, act=[Act.tanh, Act.none], lrA=[0.001, 0.1, 1e4]))


@contextmanager
def opened(browser: Any, path: Path, **how: Any) -> Iterator[Any]:
    """Open a file; hold the page to silence until it is closed."""
    page = browser.new_page(viewport={"width": 1280, "height": 900}, **how)
    said: list[str] = []
    page.on("request", lambda r: said.append(r.url) if not r.url.startswith("file:") else None)
    page.on("console", lambda m: said.append(m.text))
    page.on("pageerror", lambda e: said.append(str(e)))
    page.goto(path.as_uri())
    page.wait_for_selector("body[data-ready]")
    yield page
    page.close()
    assert said == []


def lines(page: Any) -> list[dict[str, Any]]:
    """Return every line that is drawn: its name and its numbers, NaN as None."""
    page.wait_for_timeout(150)
    found: list[dict[str, Any]] = page.evaluate(
        "sweepscope.charts().flatMap(c => c.lines.map(l => ({name: l.name, run: l.run ?? null,"
        " y: [...l.y].map(v => Number.isNaN(v) ? null : v)})))"
    )
    return found


def numbers(line: dict[str, Any]) -> np.ndarray:
    """Return the numbers of a line."""
    return np.array([np.nan if v is None else v for v in line["y"]], dtype=float)
