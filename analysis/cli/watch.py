"""`report --watch`: the page of a study, written anew while its runs train.

Owns when it is written. It reads files and asks nobody: whoever trains does not notice.
"""

import time
from collections.abc import Callable
from pathlib import Path

from analysis.errors import AnalysisError
from analysis.report.page import REFRESH, together
from analysis.study.generations import newest
from analysis.study.index import read_study
from analysis.study.progress import Progress, progress
from analysis.study.running import with_running
from analysis.sweep import Sweep


def watch(study: Path, write: Callable[[str], Path], say: Callable[[str], None] = print) -> None:
    """Write a study's page again and again until the command that trains it has ended.

    Parameters
    ----------
    study : its folder
    write : writes the page, and returns its path
    say : is told of every page

    Raises
    ------
    StoreError
        No command has begun on the study, or it ended without a run that can be read.
    """
    before: tuple[object, ...] = ()
    while True:
        now = progress(study)
        mark = (now.done, now.failed, now.running, round(now.share, 3), now.ended)
        if mark != before:
            before = mark
            say(f"{_page(study, now, write)}: {now}")
        if now.ended:
            return
        time.sleep(REFRESH / 2)


def _page(study: Path, now: Progress, write: Callable[[str], Path]) -> str:
    contents = read_study(study)
    if len(contents.runs):
        contents = newest(study, contents)
    if not now.ended:
        contents = with_running(contents, now.running)
    if contents.runs.empty:
        return "no run has an epoch to show yet"
    try:
        status = "" if now.ended else str(now)
        page = together([Sweep(study, contents)], status=status)
    except AnalysisError as error:  # of so few runs; the next look may find more
        return f"no page yet ({error})"
    return f"written: {write(page.html)}"
