"""The one command: it trains what is missing, draws, judges, and does nothing twice."""

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from markupsafe import escape

from analysis.__main__ import answer
from analysis.claims.outputs import exhibit
from analysis.claims.seed_report import training
from analysis.claims.seed_report.publication import BEGIN, END, FIGURE, publish
from analysis.claims.seed_report.reproduction import EXPERIMENTS, reproduce
from analysis.errors import AnalysisError
from analysis.figures.drawing import Drawing
from analysis.study.folders import last_command

ROOT = Path(__file__).parents[1]
SMALL = ["seed=range(0,3)", "epochs=4", "T=10", "TT=10"]


def silent(line: str) -> None:
    """Say nothing."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which two experiments were reproduced, in both settings."""
    folder = tmp_path_factory.mktemp("reproduced")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("PYTHONPATH", str(ROOT))
        reproduce(["ordering", "frozen_conv"], again=True, say=silent, more=SMALL)
    return folder


def test_every_experiment_of_the_report_is_one_of_the_files() -> None:
    files = {path.stem for path in (ROOT / "conf" / "experiment").glob("*.yaml")}
    assert files - set(EXPERIMENTS) == {"smoke", "template", "full_mnist"}


def test_it_trains_draws_and_judges(made: Path) -> None:
    studies = {path.name for path in (made / "multirun_outputs").iterdir()}
    assert studies == {
        "ordering", "ordering-again", "frozen_conv", "frozen_conv-again", "seed_report"
    }  # fmt: skip
    out = made / "multirun_outputs" / "seed_report"
    table = pd.read_csv(out / "verdicts.csv")
    assert set(table["verdict"]) <= {"holds", "does not hold", "not shown"}
    assert table.set_index("name").loc["frozen_filters_stay", ["verdict", "again"]].tolist() == [
        "holds", "holds"
    ]  # fmt: skip
    assert (out / "verdicts.png").stat().st_size > 10_000
    for figure in table["figure"]:
        assert (out / f"{figure}.png").exists()
    page = (out / "report.html").read_text()
    assert all(f'data-name="{name}"' in page for name in ("ordering", "frozen_conv"))
    assert all(escape(quote) in page for quote in table["quote"])
    statements = pd.read_csv(out / "statements.csv")
    assert statements["note"].str.contains("3 seeds cannot show").any()


def test_run_again_it_starts_no_trainer_and_draws_nothing(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: Any, **__: Any) -> None:
        raise AssertionError("a trainer was started")

    monkeypatch.chdir(made)
    monkeypatch.setattr(training.subprocess, "run", forbidden)
    out = made / "multirun_outputs" / "seed_report"
    before = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    reproduce(["ordering", "frozen_conv"], again=True, say=silent, more=SMALL)
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == before


def test_a_study_is_not_whole_after_other_words_or_newer_code(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = made / "multirun_outputs" / "ordering"
    words = ["-m", "experiment=ordering", *SMALL]
    assert training.is_whole(study, words)
    assert not training.is_whole(study, words[:-1])
    assert not training.is_whole(made / "nowhere", words)
    monkeypatch.setattr(training, "changed", lambda: float("inf"))
    assert not training.is_whole(study, words)


def test_a_trainer_that_fails_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with pytest.raises(AnalysisError, match=r"experiment=ordering lrA=-1 failed: .*lrA must be"):
        reproduce(["ordering"], say=silent, more=["lrA=-1"])
    with pytest.raises(AnalysisError, match="is called 'order': did you mean ordering"):
        reproduce(["order"], say=silent)


def test_judge_prints_the_verdicts_of_a_study(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(made)
    answer(["judge", "frozen_conv"])
    said = capsys.readouterr().out
    assert "the kernel remains a block of random values indefinitely" in said
    assert Path("multirun_outputs/frozen_conv/analysis/verdicts.md").exists()
    head = next(line for line in said.splitlines() if "statement" in line)
    assert head.split()[:2] == ["name", "claim"]
    assert " frozen filters stay " in said  # as in the figure


def test_the_figure_of_verdicts_names_the_studies_and_strikes_nothing_through(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Drawing] = []
    monkeypatch.chdir(made)
    monkeypatch.setattr(Drawing, "write", lambda figure, path: drawn.append(figure) or path)
    answer(["judge", "frozen_conv", "ordering", "--out", "elsewhere"])
    (figure,) = [one for one in drawn if "difference / margin" in one.axes[0].get_xlabel()]
    assert figure.title == "The claims of frozen_conv, ordering, judged"
    words = [text for text in figure.axes[0].texts if text.get_text() == "exact"]
    assert words
    assert all(text.get_bbox_patch() is not None for text in words)


def test_judge_names_every_file_that_it_writes_and_makes_no_study_the_latest(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    study = Path("multirun_outputs", "ordering")
    shutil.copytree(made / study, study)
    before = last_command(study)
    answer(["judge", "ordering"])
    said = capsys.readouterr().out
    named = [line.split(": ", 1)[1] for line in said.splitlines() if line.startswith("written: ")]
    files = [p for p in (study / "analysis").iterdir() if not p.name.startswith(".stamp")]
    assert sorted(map(Path, named)) == sorted(files)
    assert last_command(study) == before
    answer(["judge", "ordering"])
    said = capsys.readouterr().out
    assert "written" not in said
    assert f"unchanged: {study / 'analysis' / 'verdicts.md'}" in said
    assert "the fixed ordering" in said


def test_a_study_without_a_card_says_where_one_comes_from(made: Path, tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match=r"has no card: python -m src.train"):
        exhibit(tmp_path, tmp_path / "out")


def test_verdicts_are_published_between_two_marks(made: Path, tmp_path: Path) -> None:
    out, readme = made / "multirun_outputs" / "seed_report", tmp_path / "README.md"
    readme.write_text("no place")
    with pytest.raises(AnalysisError, match="must have a line"):
        publish(out, readme)
    readme.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    with pytest.raises(AnalysisError, match="has no verdicts"):
        publish(tmp_path, readme)
    assert publish(out, readme) == [tmp_path / FIGURE, readme]
    text = readme.read_text()
    assert text.startswith(f"before\n{BEGIN}\n| the report says |")
    assert text.endswith(f"{END}\nafter\n")
    assert "\nold\n" not in text
    assert (tmp_path / FIGURE).read_bytes() == (out / "verdicts.png").read_bytes()


def test_the_command_line_errs_in_one_sentence(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made)
    with pytest.raises(AnalysisError, match="the following arguments are required: STUDY"):
        answer(["judge"])
