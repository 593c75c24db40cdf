"""The page's explorer: selections, commands, paper, and the frame in a notebook."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.__main__ import main
from analysis.report.page import explore, report
from analysis.sweep import Sweep
from tests.support.pages import in_browser, lines, numbers, opened, rates

pytest.importorskip("playwright.sync_api")


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return rates(tmp_path_factory.mktemp("explorer") / "multirun_outputs" / "rates")


@pytest.fixture
def shown(browser: Any, sweep: Sweep, tmp_path: Path) -> Iterator[Any]:
    with opened(browser, report(sweep).write(tmp_path / "page.html")) as page:
        yield page


def listed(page: Any) -> set[str]:
    """Return the runs that the table of runs lists."""
    return set(page.eval_on_selector_all("#runs tbody tr", "rows => rows.map(r => r.dataset.run)"))


def drag(page: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag in the first panel, from and to (epoch, value)."""
    places = page.evaluate(
        "points => { const p = sweepscope.charts()[0].plot; p.over.scrollIntoView();"
        " const r = p.over.getBoundingClientRect(); return points.map(([x, y]) =>"
        " [r.left + p.valToPos(x, 'x'), r.top + p.valToPos(y, 'y')]); }",
        [start, end],
    )
    page.mouse.move(*places[0])
    page.mouse.down()
    page.mouse.move(*places[1], steps=4)
    page.mouse.up()
    page.wait_for_timeout(150)


@in_browser
def test_an_area_selects_the_runs_that_pass_through_it_in_every_view(
    shown: Any, sweep: Sweep
) -> None:
    means = lines(shown)
    shown.select_option("#drag", "select")
    curve = sweep.curve("test_acc")
    middle = float(np.nanmedian(curve[:, 6]))
    drag(shown, (3.5, middle + 1e-4), (9.5, 1.0))
    low = float(shown.evaluate("sweepscope.state().brush.low"))
    high = float(shown.evaluate("sweepscope.state().brush.high"))
    within = ((curve[:, 4:10] >= low) & (curve[:, 4:10] <= high)).any(axis=1)
    expected = set(sweep.runs.index[within])
    assert 0 < len(expected) < len(sweep.runs)
    assert {line["run"] for line in lines(shown)} == expected
    assert listed(shown) == expected
    assert f"{len(expected)} of {len(sweep.runs)} runs are selected" in shown.text_content(
        "#brush-said"
    )
    shown.select_option("#view", "means")
    assert lines(shown) == means, "no mean of runs that were chosen by their result"
    shown.click("#brush-clear")
    assert listed(shown) == set(sweep.runs.index)


@in_browser
def test_a_selection_can_be_typed_and_counts_last_values_without_epochs(
    shown: Any, sweep: Sweep
) -> None:
    shown.click("#selection summary")
    shown.fill("#brush-low", "0.6")
    shown.keyboard.press("Tab")
    ends = sweep.runs["epoch"].astype(int)
    last = sweep.curve("test_acc")[np.arange(len(sweep.runs)), ends]
    lines(shown)
    assert listed(shown) == set(sweep.runs.index[last >= 0.6])


@in_browser
def test_zoom_holds_in_all_panels_and_in_the_address(shown: Any) -> None:
    drag(shown, (2, 0.5), (8, 0.5))
    seen = "sweepscope.charts().map(c => [c.plot.scales.x.min, c.plot.scales.x.max])"
    zoomed = shown.evaluate(seen)
    assert len(zoomed) == 3
    np.testing.assert_allclose(zoomed, [[2, 8]] * 3, atol=0.1)
    shown.reload()
    shown.wait_for_selector("body[data-ready]")
    assert shown.evaluate(seen) == zoomed
    shown.focus(".panel [tabindex='0']")
    shown.keyboard.press("Escape")
    assert shown.evaluate(seen) == [[0, 12]] * 3


@in_browser
def test_an_axis_of_all_factors_chooses_levels(shown: Any, sweep: Sweep) -> None:
    shown.locator("#factors").scroll_into_view_if_needed()
    box = shown.locator("#factors").bounding_box()
    shown.mouse.click(box["x"] + 22, box["y"] + 60)  # the upper half of the first axis
    lines(shown)
    name = next(iter(sweep.design.factors))
    first = sweep.factors[name][0]
    assert listed(shown) == set(sweep.runs.index[sweep.runs[name] == first])


@in_browser
def test_filters_of_pinned_runs_are_moved_by_one_slider(shown: Any) -> None:
    for row in (1, 4):
        shown.click(f"#runs tbody tr:nth-child({row}) button")
    shown.wait_for_selector("#pins article:nth-child(2) canvas")
    pixels = "[...document.querySelectorAll('#pins canvas')].map(c => c.toDataURL())"
    last = shown.evaluate(pixels)
    shown.focus("#epoch")
    shown.keyboard.press("Home")
    first = shown.evaluate(pixels)
    assert len(last) == 4
    assert all(a != b for a, b in zip(first, last, strict=True))
    said = shown.locator("#pins .caption").all_text_contents()
    assert all(text.startswith("Filters at epoch 0;") for text in said)
    shown.check("#same")
    assert len({t.split("±")[1] for t in shown.locator("#pins .caption").all_text_contents()}) == 1


@in_browser
def test_the_commands_of_the_page_make_what_it_shows(
    shown: Any, sweep: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(sweep.folder.parents[1])
    shown.uncheck("#filters input[data-factor=lrA][data-level='0.1']")
    drawn = [numbers(line) for line in lines(shown)]
    shown.click("#runs tbody tr button")
    shown.wait_for_selector("#pins code", state="attached")
    said = [code for code in shown.locator("code").all_text_contents() if code.strip()]
    asked = [shlex.split(one)[3:] for one in said if one.startswith("python -m analysis")]
    assert {words[0] for words in asked} == {
        "curves", "heatmap", "filters", "table", "effects", "diagnose", "report"
    }  # fmt: skip
    for words in asked:
        out = ["--out", str(tmp_path / ("p.html" if words[0] == "report" else words[0]))]
        assert main([*words, *out]) == 0, words
    (curves,) = [words for words in asked if words[0] == "curves"]
    assert main([*curves, "--out", str(tmp_path / "csv"), "--format", "csv", "png"]) == 0
    part = sweep.where(lrA=[0.001, 1e4])
    for line in drawn:
        assert line.shape == (13,)
    assert len(drawn) == len(part.factors["act"]) * len(part.factors["lrA"])
    (filters,) = [words for words in asked if words[0] == "filters"]
    run = shown.get_attribute("#pins article", "data-run")
    assert f"act={sweep.runs.loc[run, 'act']}" in filters


@in_browser
def test_csv_has_the_numbers_that_are_shown(shown: Any, sweep: Sweep, tmp_path: Path) -> None:
    shown.select_option("#view", "runs")
    drawn = lines(shown)
    with shown.expect_download() as saved:
        shown.click("#curves-csv")
    saved.value.save_as(tmp_path / "curves.csv")
    table = pd.read_csv(tmp_path / "curves.csv")
    for line in drawn:
        values = table.loc[table["line"] == line["name"], "test_acc"].to_numpy()
        there = numbers(line)
        np.testing.assert_allclose(values, there[np.isfinite(there)])


@in_browser
def test_on_paper_all_runs_are_listed_and_nothing_is_cut_off(
    shown: Any, sweep: Sweep, tmp_path: Path
) -> None:
    shown.emulate_media(media="print")
    shown.evaluate("dispatchEvent(new Event('beforeprint'))")
    shown.set_viewport_size({"width": 720, "height": 1000})
    lines(shown)
    assert shown.evaluate("document.documentElement.scrollWidth") <= 720
    assert listed(shown) == set(sweep.runs.index)
    assert not shown.is_visible("#controls")
    data = shown.pdf(format="A4")
    assert data.startswith(b"%PDF")


@in_browser
def test_a_notebooks_frame_explores_without_a_kernel(
    browser: Any, sweep: Sweep, tmp_path: Path
) -> None:
    path = tmp_path / "exported.html"
    frame = explore(sweep)._repr_html_()
    path.write_text(f"<!doctype html><meta charset=utf-8><title>notebook</title>{frame}")
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text))
    page.on("pageerror", lambda e: said.append(str(e)))
    page.goto(path.as_uri())
    inner = page.frame_locator("iframe")
    inner.locator("body[data-ready]").wait_for()
    assert inner.locator(".panel").count() == 3
    inner.locator("#view").select_option("runs")
    inner.locator("#runs tbody tr button").first.click()
    inner.locator("#pins article").wait_for()
    assert inner.locator("table.sortable").count() == 0
    page.close()
    assert said == []


def test_a_part_of_a_study_says_how_it_was_chosen(sweep: Sweep) -> None:
    html = report(sweep.where(act="tanh")).html
    assert re.search(r"analysis table rates --by lrA --where act=tanh", html)
