"""One command for the whole seed report: `python -m analysis reproduce`.

Trains what is missing of its experiments, each by `python -m src.train -m experiment=NAME`, draws
their figures and tables while others still train, and judges all claims as one family. Run again
it takes seconds: the trainer finds every run done, and what was drawn of the same runs stays.

Owns the list of experiments and the order of these steps.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from analysis.claims.outputs import STAMP, exhibit, mark_of
from analysis.claims.seed_report.training import train
from analysis.claims.table import judged, notes, sweeps_of
from analysis.errors import AnalysisError, nearest
from analysis.files import write
from analysis.report.page import together
from src.storage.files import replace, to_json
from src.storage.study_files import read_card
from src.storage.study_name import results

EXPERIMENTS = (
    "learning_rates",
    "large_vs_small_rates",
    "ordering",
    "activation",
    "frozen_conv",
    "frozen_perceptron",
    "frozen_identity_ten",
    "filter_pairs",
    "sanity_check",
    "sixteen_filters",
)
"""Of the seed report, the longest first but for the last, which takes longer than all others."""
SEED_REPORT = "seed_report"
"""The folder of figures, tables and verdicts, beside the studies."""
AGAIN = "-again"
"""Ends the name of a study that holds an experiment's second setting."""
REPRODUCE = "python -m analysis reproduce"
AT_ONCE = 2
"""Trainers at a time: one starts while the other's workers are busy."""

Say = Callable[[str], None]


def reproduce(
    names: Sequence[str] = EXPERIMENTS,
    *,
    again: bool = False,
    out: Path | None = None,
    say: Say = print,
    more: Sequence[str] = (),
    suffix: str = "",
) -> str:
    """Train, draw and judge experiments.

    Parameters
    ----------
    names : of experiments
    again : also in the second setting that each card names, and say whether verdicts carry over
    out : the folder of figures, tables and verdicts; `multirun_outputs/seed_report` unless given
    say : is told what happens
    more : further words for every trainer, such as `epochs=2`
    suffix : ends the names of the studies, so that runs of further words stay apart

    Returns
    -------
    The table of claims, as text.

    Raises
    ------
    AnalysisError
        An experiment is unknown, or its training failed.
    """
    if unknown := [name for name in names if name not in EXPERIMENTS]:
        raise AnalysisError(
            f"no experiment of the report is called {unknown[0]!r}: "
            f"{nearest(unknown[0], EXPERIMENTS)}"
        )
    out = out or results() / SEED_REPORT
    studies = {name: f"{name}{suffix}" for name in names}
    out.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with (
        ProcessPoolExecutor(AT_ONCE, mp_context=get_context("spawn")) as drawers,
        ThreadPoolExecutor(AT_ONCE) as trainers,
    ):
        try:
            jobs = {trainers.submit(train, name, more, studies[name]): name for name in names}
            drawing: list[Future[list[Path]]] = []
            repeats: list[Future[str]] = []
            for done in as_completed(jobs):
                name = done.result()
                study = results() / studies[name]
                say(f"{time.monotonic() - started:6.1f} s  {name}: trained")
                drawing.append(drawers.submit(exhibit, study, out, f"{name}-"))
                if again and (words := (read_card(study) or {}).get("again")):
                    repeat = [*words, *more]
                    repeats.append(trainers.submit(train, name, repeat, f"{study.name}{AGAIN}"))
            for repeated in as_completed(repeats):
                name = repeated.result()
                say(f"{time.monotonic() - started:6.1f} s  {name}: trained in its second setting")
            for drawn in as_completed(drawing):
                for path in drawn.result():
                    say(f"{time.monotonic() - started:6.1f} s  written: {path}")
        except BaseException:  # Ctrl-C: what waits is not begun
            trainers.shutdown(wait=False, cancel_futures=True)
            drawers.shutdown(wait=False, cancel_futures=True)
            raise
    second = {name: results() / f"{study}{AGAIN}" for name, study in studies.items()}
    text, written = verdicts(
        {name: results() / study for name, study in studies.items()},
        out,
        second if again else {},
        page="The seed report, judged",
    )
    for path in written:
        say(f"{time.monotonic() - started:6.1f} s  written: {path}")
    say(f"{time.monotonic() - started:6.1f} s  judged: {out / 'verdicts.md'}")
    return text


def verdicts(
    first: Mapping[str, Path],
    out: Path,
    second: Mapping[str, Path] | None = None,
    title: str = "",
    page: str = "",
) -> tuple[str, list[Path]]:
    """Judge the claims of studies, in one setting or both, and write what came out.

    Parameters
    ----------
    first, second : the folders of studies, by the name of the study that claims ask for
    title : above the figure, which is the seed report's unless given
    page : the title of one HTML page of all studies; there is none unless given

    Returns
    -------
    text : the table of claims
    written : the files; none where the same runs were judged before, or nothing is claimed
    """
    second = {name: folder for name, folder in (second or {}).items() if folder.is_dir()}
    mark, stamp = mark_of([*first.values(), *second.values()]), out / f"{STAMP}-verdicts"
    if stamp.exists() and stamp.read_bytes() == to_json(mark):
        return (out / "verdicts.txt").read_text(), []
    sweeps = sweeps_of(first)
    claims, parts = judged(sweeps)
    if claims.empty:
        return "There is no claim to judge.", []
    tables = {"verdicts": claims, "statements": parts}
    if second:
        repeated, tables["statements-again"] = judged(sweeps_of(second))
        of = dict(zip(repeated["name"], repeated["verdict"], strict=True))
        claims["again"] = [of.get(name, "not trained") for name in claims["name"]]
        claims.shown_as = {**claims.shown_as, "second setting": "again"}
    from analysis.figures.verdicts import TITLE, name_of
    from analysis.figures.verdicts import verdicts as draw

    claims.shown_as = {"name": lambda row: name_of(row["name"]), **claims.shown_as}
    text = claims.to_text() + notes(claims)
    out.mkdir(parents=True, exist_ok=True)
    written = [
        table.write(out / f"{stem}.{ending}")
        for stem, table in tables.items()
        for ending in ("md", "csv")
    ]
    written.append(write(out / "verdicts.txt", text.encode()))
    written.append(draw(claims, title or TITLE).write(out / "verdicts.png"))
    if page:
        html = together(list(sweeps.values()), [claims], page, REPRODUCE)
        written.append(html.write(out / "report.html"))
    replace(stamp, to_json(mark))
    return text, written
