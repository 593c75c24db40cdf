"""The page, in a real browser on a real study: what it shows is what analysis says."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest

from analysis.__main__ import main
from analysis.figures.mean_curves import drawn
from analysis.report.html import HERE
from analysis.report.packing import PRECISION, in_script, rounded
from analysis.report.page import report
from analysis.sweep import Sweep
from src.model.activations import Act
from tests.support.pages import in_browser, lines, numbers, opened, rates
from tests.support.study_folders import runs_of, trained

pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

# What each library is, as its registry has it: no edit of ours goes unseen.
VENDORED = {
    "uplot-1.6.32.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
    "uplot-1.6.32.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
    "uplot-LICENSE.txt": "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
}


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return rates(tmp_path_factory.mktemp("report") / "rates")


@pytest.fixture
def shown(browser: Any, sweep: Sweep, tmp_path: Path) -> Iterator[Any]:
    """The page of the study; whatever it fetches or says in the console fails the test."""
    path = report(sweep).write(tmp_path / "page.html")
    with opened(browser, path) as page:
        yield page


@in_browser
def test_single_runs_are_the_timelines(shown: Any, sweep: Sweep) -> None:
    shown.select_option("#view", "runs")
    curve = sweep.curve("test_acc")
    found = {line["run"]: numbers(line) for line in lines(shown)}
    assert found.keys() == set(sweep.runs.index)
    for run, values in zip(sweep.runs.index, curve, strict=True):
        np.testing.assert_allclose(found[run], values, rtol=PRECISION, atol=0)


@in_browser
@pytest.mark.parametrize("metric", ["test_acc", "train_loss"])
def test_means_are_those_of_the_printed_figures(shown: Any, sweep: Sweep, metric: str) -> None:
    shown.select_option("#metric", metric)
    table = drawn(sweep, [metric], ["act"], ["lrA"])
    expected = [rows["mean"].to_numpy() for _, rows in table.groupby(["lrA", "act"], sort=False)]
    found = [numbers(line) for line in lines(shown)]
    assert len(found) == len(expected)
    for values in found:
        assert any(np.allclose(values, e, rtol=PRECISION, equal_nan=True) for e in expected)


@in_browser
def test_means_of_a_choice_of_levels_are_those_of_the_same_part(shown: Any, sweep: Sweep) -> None:
    shown.select_option("#panels", "")
    shown.uncheck("#filters input[data-factor=lrA][data-level='0.1']")
    part = sweep.where(lrA=[0.001, 1e4])
    table = drawn(part, ["test_acc"], ["act"], [])
    found = {line["name"].split(",")[0]: numbers(line) for line in lines(shown)}
    assert found.keys() == {"act=tanh", "act=none"}
    for act, rows in table.groupby("act"):
        np.testing.assert_allclose(
            found[f"act={act}"], rows["mean"].to_numpy(), rtol=2 * PRECISION, equal_nan=True
        )


@in_browser
def test_the_nearest_curve_is_named_with_its_number_and_pinned_by_a_click(
    shown: Any, sweep: Sweep
) -> None:
    shown.select_option("#view", "runs")
    target = next(line for line in lines(shown) if line["y"][5] is not None)
    place = shown.evaluate(
        "([y]) => { const p = sweepscope.charts()[0].plot;"
        " const r = p.over.getBoundingClientRect();"
        " return [r.left + p.valToPos(5, 'x'), r.top + p.valToPos(y, 'y')]; }",
        [target["y"][5]],
    )
    shown.mouse.move(place[0] - 3, place[1])
    shown.mouse.move(*place)
    said = shown.text_content("#live")
    value = float(said.split(": ")[1].split(" ")[0])
    run = next(r for r in sweep.runs.index if f"({r[:8]})" in said)
    known = sweep.curve("test_acc")[list(sweep.runs.index).index(run), 5]
    assert said.endswith("at epoch 5")
    assert value == pytest.approx(known, rel=1e-3)
    shown.mouse.click(*place)
    assert shown.get_attribute("#pins article", "data-run") == run
    assert sweep.folders[list(sweep.runs.index).index(run)].name in shown.text_content("#pins")


@in_browser
def test_a_cell_of_two_factors_opens_exactly_its_runs(shown: Any, sweep: Sweep) -> None:
    cell = shown.locator("#heatmap tbody tr:nth-child(1) td button").nth(0)
    behind = set(cell.get_attribute("data-runs").split())
    cell.click()
    assert {line["run"] for line in lines(shown)} == behind
    rows = shown.locator("#runs tbody tr:visible")
    assert {rows.nth(i).get_attribute("data-run") for i in range(rows.count())} == behind
    factors = [(sweep.runs.loc[r, "act"], sweep.runs.loc[r, "lrA"]) for r in behind]
    assert len(set(factors)) == 1
    assert len(behind) == 3


@in_browser
def test_diverged_runs_are_counted_where_they_are_missing(shown: Any, sweep: Sweep) -> None:
    diverged = int((sweep.runs["outcome"] == "diverged").sum())
    assert diverged > 0
    said = shown.locator(".panel p").all_text_contents()
    assert f"{diverged} diverged or did not finish" in " ".join(said)


@in_browser
def test_the_address_keeps_what_is_shown(shown: Any) -> None:
    shown.select_option("#metric", "train_loss")
    shown.check("#logy")
    shown.uncheck("#filters input[data-factor=act][data-level=none]")
    shown.click("#runs tbody tr:visible button")
    before, pinned = lines(shown), shown.get_attribute("#pins article", "data-run")
    shown.reload()
    shown.wait_for_selector("body[data-ready]")
    assert lines(shown) == before
    assert shown.input_value("#metric") == "train_loss"
    assert shown.is_checked("#logy")
    assert shown.get_attribute("#pins article", "data-run") == pinned


@in_browser
def test_a_table_sorts_by_number_and_is_searched(shown: Any, sweep: Sweep) -> None:
    shown.click("#runs thead th:nth-child(3) button")
    column = [float(t) for t in shown.locator("#runs tbody td:nth-child(3)").all_text_contents()]
    assert column == sorted(column)
    shown.fill("#find", "tanh 0.001")
    assert shown.locator("#runs tbody tr:visible").count() == 3


@in_browser
def test_the_keyboard_walks_through_curves_and_pins(shown: Any) -> None:
    shown.select_option("#view", "runs")
    drawn_lines = lines(shown)
    shown.focus(".panel [tabindex='0']")
    shown.keyboard.press("ArrowLeft")
    assert "at epoch 11" in shown.text_content("#live")
    shown.keyboard.press("Enter")
    assert shown.get_attribute("#pins article", "data-run") in {x["run"] for x in drawn_lines}


@in_browser
def test_nothing_scrolls_sideways_on_a_phone(shown: Any) -> None:
    shown.set_viewport_size({"width": 390, "height": 844})
    shown.wait_for_timeout(200)
    assert shown.evaluate("document.documentElement.scrollWidth") <= 390
    assert shown.evaluate("document.body.scrollWidth") <= 390


@in_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(browser: Any, sweep: Sweep, tmp_path: Path, scheme: str) -> None:
    # axe is a script of its own, which the page's policy would refuse
    context = browser.new_context(bypass_csp=True, color_scheme=scheme)
    page = context.new_page()
    page.goto(report(sweep).write(tmp_path / "page.html").as_uri())
    page.wait_for_selector("body[data-ready]")
    page.click("#runs tbody tr button")
    page.wait_for_selector("#pins canvas")
    found = axe.Axe().run(page)
    context.close()
    assert found.violations_count == 0, found.generate_report()


@in_browser
def test_words_of_a_study_are_text(browser: Any, sweep: Sweep, tmp_path: Path) -> None:
    hostile = "</script><img src=x onerror=alert(1)>\u2028$x$ & 'q\""
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text))
    page.on("pageerror", lambda e: said.append(str(e)))
    page.on("dialog", lambda d: (said.append("dialog"), d.dismiss()))
    runs = sweep.runs.assign(act=sweep.runs["act"].replace("none", hostile))
    evil = Sweep(sweep.folder, replace(sweep._contents, runs=runs))
    html = report(evil, title=hostile).write(tmp_path / "evil.html")
    page.goto(html.as_uri())
    page.wait_for_selector("body[data-ready]")
    assert page.text_content("h1") == hostile
    assert page.locator("img").count() == 0
    levels = page.locator("#filters input[data-factor=act]")
    assert hostile in {levels.nth(i).get_attribute("data-level") for i in range(levels.count())}
    assert said == []


@in_browser
def test_an_address_from_elsewhere_breaks_nothing(shown: Any) -> None:
    for state in ("%", quote("[1]"), quote('{"hidden":5,"pins":"x","metric":{}}'), "null"):
        shown.evaluate("h => { location.hash = h }", state)
        assert lines(shown)


def test_libraries_are_as_their_registry_has_them() -> None:
    for name, checksum in VENDORED.items():
        data = (HERE / "vendored" / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == checksum, name


def test_rounding_keeps_its_promise_and_what_is_not_finite() -> None:
    values = np.concatenate([10.0 ** np.linspace(-30, 30, 4001), [0.0, np.nan, np.inf, -np.inf]])
    found = rounded(values).astype(np.float64)
    assert np.array_equal(found[-3:], values[-3:], equal_nan=True)
    np.testing.assert_allclose(found[:-3], values[:-3], rtol=PRECISION, atol=0)


def test_json_in_a_script_has_no_markup_and_reads_back() -> None:
    value = {"<a>": "</script>&\u2028\u2029é"}
    text = in_script(value)
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == value


def test_the_command_writes_the_page_where_it_is_asked_to(
    sweep: Sweep, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(sweep.folder), "--out", str(tmp_path / "page.html")]) == 0
    assert str(tmp_path / "page.html") in capsys.readouterr().out
    text = (tmp_path / "page.html").read_text()
    assert text.startswith("<!doctype html>")
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
    assert report(sweep).html == text, "the same study, the same bytes"


def test_a_notebook_shows_the_page_in_a_frame_without_rights(sweep: Sweep) -> None:
    shown_as = report(sweep)._repr_html_()
    assert shown_as.startswith('<iframe sandbox="allow-scripts allow-downloads"')
    assert "<script" not in shown_as


@in_browser
@pytest.mark.parametrize(
    "grid", [{}, {"lrA": [1e4, 2e4]}, {"init_seed": [0, 1], "order_seed": [0, 1]}]
)
def test_any_study_has_a_page(browser: Any, tmp_path: Path, grid: dict[str, Any]) -> None:
    act = Act.none if "lrA" in grid else Act.tanh  # with these rates all runs diverge
    trained(tmp_path / "s", runs_of(1, act=[act], **grid))
    words = ["--seed", "init_seed"] if "init_seed" in grid else []
    assert main(["report", str(tmp_path / "s"), "--out", str(tmp_path / "p.html"), *words]) == 0
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text))
    page.on("pageerror", lambda e: said.append(str(e)))
    page.goto((tmp_path / "p.html").as_uri())
    page.wait_for_selector("body[data-ready]")
    page.select_option("#view", "runs")
    assert len(lines(page)) == len(list((tmp_path / "s").glob("*/run.json")))
    page.close()
    assert said == []
