"""One BLAS thread in every test, as in a training command; and a browser to ask for."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy loads

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.pages import CHROMIUM


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Return a running Chromium, for the tests of the page; its event loop ends with the module."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as p:
        yield p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
