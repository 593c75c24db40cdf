"""`python -m analysis`: the same verbs as in a notebook, readable tables, files, and exit codes."""

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from analysis.__main__ import main, parser
from analysis.answers import stem
from analysis.cli.commands import COMMANDS
from analysis.cli.verbs import METRICS, VERBS
from analysis.files import FIGURES, FILMS, TABLES
from analysis.study.folders import last_command
from analysis.sweep import Sweep
from src.data.datasets import class_means, load
from src.model.activations import Act
from src.storage.study_files import write_class_means
from tests.support.study_folders import runs_of, trained

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    folder = tmp_path_factory.mktemp("here") / "multirun_outputs" / "s"
    grid = {"act": [Act.tanh, Act.relu, Act.none], "lrA": [0.0, 0.1], "lrW": [0.01, 0.1]}
    study = trained(folder, runs_of(3, **grid))
    write_class_means(folder, *class_means(load("embedded")))
    return study


VERB_WORDS = {
    "table": [],
    "compare": ["--vary", "act"],
    "effects": ["--metric", "test_acc,test_loss"],
    "ranks": ["--vary", "act"],
    "curves": ["--vary", "act", "--where", "lrA=0.1", "lrW=0.1"],
    "crossings": ["--vary", "act", "--delta", "0.01", "--where", "lrA=0.1", "lrW=0.1"],
    "heatmap": ["--by", "act"],
    "diagnose": [],
    "filters": ["--where", "lrW=0.1"],
    "animation": ["--vary", "act"],
    "similarity": [],
    "confusion": ["--by", "act"],
    "classes": ["--by", "act"],
}


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_prints_and_writes_and_names_its_files(
    sweep: Sweep, tmp_path: Path, capsys: Captured, verb: str
) -> None:
    out = tmp_path / "out"
    assert main([verb, str(sweep.folder), *VERB_WORDS[verb], "--out", str(out)]) == 0
    said = capsys.readouterr()
    named = [Path(line.split(": ", 1)[1]) for line in said.out.splitlines() if "written: " in line]
    assert named
    assert sorted(named) == sorted(out.iterdir())
    assert all(path.stat().st_size > 100 for path in named)
    assert said.err == ""


def test_the_old_name_of_a_verb_answers_and_says_the_new_one(
    sweep: Sweep, tmp_path: Path, capsys: Captured
) -> None:
    assert main(["film", str(sweep.folder), "--vary", "act", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().err == "film is the old name of animation\n"
    assert [path.name for path in tmp_path.iterdir()] == ["animation-act.gif"]


def test_a_verb_at_the_shell_is_that_of_a_notebook(sweep: Sweep, tmp_path: Path) -> None:
    words = ["compare", str(sweep.folder), "--vary", "act", "--by", "lrA", "--where", "lrW=0.1"]
    assert (
        main([*words, "--metric", "epochs_to(test_acc, 0.9),test_loss", "--out", str(tmp_path)])
        == 0
    )
    expected = sweep.where(lrW=0.1).compare(
        "act", ["epochs_to(test_acc, 0.9)", "test_loss"], by="lrA"
    )
    (path,) = tmp_path.iterdir()
    pd.testing.assert_frame_equal(
        pd.read_csv(path)[["level", "p", "low"]],
        pd.DataFrame(expected)[["level", "p", "low"]],
        check_dtype=False,
    )


def test_names_may_stand_apart_or_together_and_twice() -> None:
    metrics = ["epochs_to(test_acc, 0.9)", "test_acc", "test_loss"]
    for words in ([",".join(metrics)], [*metrics, "test_acc"]):
        assert parser().parse_args(["table", "--metric", *words]).of_metric == metrics


def test_files_go_into_the_study_and_do_not_make_it_the_latest(
    sweep: Sweep, capsys: Captured
) -> None:
    before = last_command(sweep.folder)
    assert main(["table", str(sweep.folder), "--format", "md,tex"]) == 0
    assert "s/analysis/table.md" in capsys.readouterr().out
    assert (sweep.folder / "analysis" / "table.tex").exists()
    assert last_command(sweep.folder) == before


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["table", "nothing"], "nothing is not the folder or name of a study"),
        (["table", "{s}", "--by", "akt"], "no key is called 'akt': did you mean act"),
        (
            ["table", "{s}", "--metric", "tst_acc"],
            "no curve is called 'tst_acc': did you mean test",
        ),
        (["table", "{s}", "--where", "act=tahn"], "no run has act=tahn: did you mean tanh?"),
        (["table", "{s}", "--where", "act"], "a selection must look like act=tanh,relu, got 'act'"),
        (["table", "{s}", "--format", "cvs"], "--format of table must be csv, parquet, txt, md or"),
        (["table", "{s}", "--format", "pdf"], "--format of table must be csv, parquet, txt, md or"),
        (["filters", "{s}", "--format", "csv"], "--format of filters must be png, svg or pdf, got"),
        (["animation", "{s}", "--format", "png"], "--format of animation must be gif, got 'png'"),
        (["ranks", "{s}", "--metric", "a,b"], "--metric must name one metric"),
        (["crossings", "{s}", "--delta", "0", "1"], "--delta must name one difference"),
        (["ranks", "{s}", "--by", "lrA"], "ranks does not take --by (python -m analysis ranks"),
        (["table", "{s}", "--centre", "mode"], "'median') (python -m analysis table --help)"),
        ([], "the following arguments are required: VERB (python -m analysis --help)"),
        (["compare", "{s}", "--vary", "act", "lrA"], "--vary must name one factor"),
        (["compare", "{s}", "--vary", "seeed"], "no key is called 'seeed'"),
        (["compare", "{s}", "--vary", "act", "--against", "tan"], "no run has act=tan: did you"),
        (["curves", "{s}", "--metric", "xyz"], "no curve is called 'xyz'"),
        (["tabel", "{s}"], "no verb is called 'tabel': did you mean table?"),
        (["table", "{s}", "--seed", "init_seed"], "seed must be a stream that varies"),
    ],
)
def test_an_error_is_one_sentence_and_exit_code_1(
    sweep: Sweep, capsys: Captured, words: list[str], says: str
) -> None:
    assert main([word.replace("{s}", str(sweep.folder)) for word in words]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("error: ")
    assert says in said.err
    assert said.err.count("\n") == 1
    assert "Traceback" not in said.err


def test_a_folder_that_cannot_be_made_is_one_sentence(sweep: Sweep, capsys: Captured) -> None:
    file = sweep.folder.parent / "file"
    file.write_text("")
    assert main(["table", str(sweep.folder), "--out", str(file / "out")]) == 1
    assert "cannot be made: Not a directory" in capsys.readouterr().err


def help_of(capsys: Captured, *words: str) -> str:
    with pytest.raises(SystemExit):
        parser().parse_args([*words, "--help"])
    return capsys.readouterr().out


def test_the_help_lists_every_verb_and_command(capsys: Captured) -> None:
    said = help_of(capsys)
    assert all(f"  {name}" in said for name in (*VERBS, *COMMANDS))


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_a_verb_lists_its_options_formats_and_metrics(
    capsys: Captured, verb: str
) -> None:
    said = " ".join(help_of(capsys, verb).split())
    flags = [option.flag for option in VERBS[verb].options]
    assert all(re.search(rf"--{flag}[ ,]", said) for flag in (*flags, "where", "seed", "out"))
    assert all(ending in said.split("--format FORMAT", 1)[1] for ending in VERBS[verb].formats)
    metrics = METRICS.get(verb, METRICS[""])
    assert (metrics in said) == ("metric" in flags)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_says_what_it_does(capsys: Captured, command: str) -> None:
    assert COMMANDS[command][1:] in " ".join(help_of(capsys, command).split())


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_format_that_the_help_of_a_verb_promises_is_written(
    sweep: Sweep, tmp_path: Path, verb: str
) -> None:
    formats = VERBS[verb].formats
    assert formats in (TABLES, FIGURES, FILMS, (*TABLES, *FIGURES))
    words = [verb, str(sweep.folder), *VERB_WORDS[verb], "--out", str(tmp_path)]
    assert main([*words, "--format", ",".join(formats)]) == 0
    assert {path.suffix.removeprefix(".") for path in tmp_path.iterdir()} == set(formats)


def test_files_have_names_that_every_system_takes() -> None:
    given = {"metric": ["epochs_to(test_acc, 0.9)"], "by": ["lrA"], "where": ["act=tanh,relu"]}
    assert stem("compare", given) == "compare-epochs_to_test_acc_0.9_-by-lrA-act_tanh_relu"


def test_another_question_goes_into_another_file_and_another_title_into_the_same() -> None:
    asked = [{}, {"against": "tanh"}, {"against": "relu"}, {"delta": [0.1]}, {"needed": 0.1}]
    names = {stem("compare", {"vary": ["act"], **more}) for more in asked}
    assert len(names) == len(asked)
    assert stem("ranks", {"title": "best"}) == stem("ranks", {})


def test_a_table_needs_neither_matplotlib_nor_scipy_stats(sweep: Sweep) -> None:
    words = ["table", str(sweep.folder)]
    code = (
        "import sys; from analysis.__main__ import main; "
        f"code = main({words!r}); "
        "heavy = {'matplotlib', 'scipy.stats', 'pyarrow.parquet'} & set(sys.modules); "
        "assert not heavy, heavy; sys.exit(code)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
