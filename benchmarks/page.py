"""The page of 1,296 runs in Chromium, beside an equal Plotly page. `python -m benchmarks.page`.

Milliseconds from an action to the second frame after it, the median of five, in headless Chromium
on this machine: first paint of the file, pointing at a curve, hiding a level, zooming. Plotly draws
the same 1,296 curves of one metric as one chart with its own hover and zoom. Sizes in megabytes:
the page holds every curve that fits; beside them are Plotly's page of one curve and the study's own
timelines, as files of NumPy.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.machine import missing
from benchmarks.table import Table, parser, publish

GRID = ("act=tanh,sigmoid,relu", "lrA=0.001,0.003,0.01,0.03,0.1,0.3", "lrW=0.001,0.003,0.01,0.03")
SEEDS = 18
TIMES = 5
METRIC = "test_acc"

AFTER = """async act => { const start = performance.now(); await act();
  for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);
  return performance.now() - start; }"""


def main() -> None:
    """Measure both pages and publish the table."""
    options = parser(__doc__)
    options.add_argument("--study", type=Path, help="a study that is there, instead of training")
    given = options.parse_args()
    if lacking := missing("playwright", "plotly"):
        sys.exit(f"this needs {', '.join(lacking)}")
    with tempfile.TemporaryDirectory() as folder:
        study = given.study or trained(Path(folder))
        publish("The page in Chromium", [measured(study, Path(folder))], given.out)


def trained(folder: Path) -> Path:
    """Train the study."""
    words = ["study=page", *GRID, f"seed=range(0,{SEEDS})"]
    subprocess.run([sys.executable, "-m", "src.train", "-m", *words], cwd=folder, check=True)
    return folder / "multirun_outputs" / "page"


def measured(study: Path, folder: Path) -> Table:
    """Return the table of both pages."""
    from playwright.sync_api import sync_playwright

    from analysis.sweep import load_sweep

    sweep = load_sweep(study)
    ours = sweep.report().write(folder / "ours.html")
    theirs = plotly_page(sweep, folder / "plotly.html")
    table = Table(
        f"{len(sweep.runs):,} runs × {sweep.curve(METRIC).shape[1]} epochs",
        ["ms", "this page, means", "this page, single runs", "Plotly, single runs"],
    )
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        paints = [median_paint(browser, path) for path in (ours, theirs)]
        means, runs = (ours_times(browser, ours, view) for view in ("means", "runs"))
        plotly = plotly_times(browser, theirs)
        browser.close()
    table.add("first paint", f"{paints[0]:.0f}", f"{paints[0]:.0f}", f"{paints[1]:.0f}")
    for name in ("ready", "hover", "filter", "zoom"):
        table.add(name, *(f"{of[name]:.0f}" for of in (means, runs, plotly)))
    sizes = [path.stat().st_size / 1e6 for path in (ours, theirs)]
    files = sum(path.stat().st_size for path in study.rglob("timeline.npz")) / 1e6
    table.add("size, MB", f"{sizes[0]:.1f}", f"{sizes[0]:.1f}", f"{sizes[1]:.1f} (one curve)")
    table.notes = [
        f"The study's own timelines are {files:.1f} MB. Ready: from opening until all is drawn; of "
        "Plotly, until its first drawing has ended. Hover and zoom are called as the pointer does."
    ]
    return table


def median_paint(browser: Any, path: Path) -> float:
    """Return when a page first paints, in ms."""
    found = []
    for _ in range(TIMES):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(path.as_uri())
        page.wait_for_selector("body[data-ready]")
        page.wait_for_timeout(500)
        found.append(page.evaluate("performance.getEntriesByType('paint')[0].startTime"))
        page.close()
    return statistics.median(found)


def ours_times(browser: Any, path: Path, view: str) -> dict[str, float]:
    """Return the times of this page."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(path.as_uri())
    page.wait_for_selector("body[data-ready]")
    ready = page.evaluate("performance.now()")
    page.select_option("#panels", "")
    page.select_option("#view", view)
    page.wait_for_timeout(500)
    plot = "sweepscope.charts()[0].plot"
    hover = f"() => {plot}.setCursor({{left: 300 + 100 * Math.random(), top: 60}}, true)"
    box = "document.querySelector('#filters input')"
    level = (
        f"async () => {{ {box}.click(); "
        "while (sweepscope.turn) { const t = sweepscope.turn(); await t; "
        "if (t === sweepscope.turn()) break; } }"
    )
    zoom = f"() => {plot}.setSelect({{left: 100, top: 0, width: 300, height: 100}}, true)"
    times = {name: timed(page, act) for name, act in zip(
        ("hover", "filter", "zoom"), (hover, level, zoom), strict=True)}  # fmt: skip
    page.close()
    return {"ready": ready, **times}


def plotly_times(browser: Any, path: Path) -> dict[str, float]:
    """Return the times of Plotly's page."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(path.as_uri())
    page.wait_for_selector("body[data-ready]")
    ready = page.evaluate("performance.now()")
    hover = "() => Plotly.Fx.hover('chart', {xval: 60 + 60 * Math.random(), yval: 0.9})"
    level = (
        "() => { window.off = !window.off; return Plotly.restyle('chart',"
        " {visible: window.off ? false : true}, first); }"
    )
    zoom = "() => Plotly.relayout('chart', {'xaxis.range': [20 * Math.random(), 80]})"
    times = {name: timed(page, act) for name, act in zip(
        ("hover", "filter", "zoom"), (hover, level, zoom), strict=True)}  # fmt: skip
    page.close()
    return {"ready": ready, **times}


def timed(page: Any, act: str) -> float:
    """Return the median of an action's times, in ms."""
    return statistics.median(page.evaluate(f"({AFTER})({act})") for _ in range(TIMES))


def plotly_page(sweep: Any, path: Path) -> Path:
    """Write a page of Plotly with one line a run, its script inside."""
    import json

    import plotly.graph_objects as go
    from plotly.offline import get_plotlyjs

    curve, acts = sweep.curve(METRIC), sweep.runs["act"].tolist()
    colours = dict(zip(sorted(set(acts)), ("#0072B2", "#D55E00", "#009E73"), strict=False))
    lines = [
        go.Scatter(y=y.round(4), mode="lines", line={"width": 0.8, "color": colours[a]}, name=a)
        for y, a in zip(curve, acts, strict=True)
    ]
    figure = go.Figure(lines, {"showlegend": False, "hovermode": "closest"})
    first = json.dumps([i for i, act in enumerate(acts) if act == sorted(set(acts))[0]])
    path.write_text(
        f"<!doctype html><meta charset=utf-8><div id=chart></div><script>{get_plotlyjs()}</script>"
        f"<script>const first = {first}; const figure = {figure.to_json()};"
        "Plotly.newPlot('chart', figure.data, figure.layout)"
        ".then(() => { document.body.dataset.ready = 'true'; });</script>"
    )
    return path


if __name__ == "__main__":
    main()
