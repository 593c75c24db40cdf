"""README and docs keep their word: the program takes their commands, and the layout is true.

What docs/activation.md says is held in `test_new_activation.py`.
"""

import re
import shlex
import shutil
import tomllib
from pathlib import Path

import pytest

from analysis.__main__ import main
from src.data.datasets import load
from tests.test_idx import SET, encode
from tests.test_train import ROOT, SMALL, command, runs

README = (ROOT / "README.md").read_text("utf-8")
DOCS = {path.stem: path.read_text("utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
PAGES = "\n".join([README, *(text for name, text in DOCS.items() if name != "activation")])
SPANS = re.findall(r"`(python -m [^`\n]+)`", PAGES)
FENCED = re.findall(r"^```(\S*)\n(.*?)^```$", PAGES, flags=re.M | re.S)
BLOCKS = [text for kind, text in FENCED if not kind]
LINES = [line for block in BLOCKS for line in block.splitlines() if line.startswith("python -m ")]
COMMANDS = sorted({part.strip() for line in LINES + SPANS for part in line.split("&&")})
TRAIN, ANALYSIS = (
    [one.removeprefix(start).strip() for one in COMMANDS if one.startswith(start)]
    for start in ("python -m src.train", "python -m analysis")
)
OF_REPRODUCE = [words for words in ANALYSIS if words.startswith("reproduce")]
DOCS_SETUP = [
    'python -m pip install -e ".[docs]"',
    "python -m sphinx -W -b html docs docs/_build/html",
]
SETUP = ["python -m pip install -e .", 'python -m pip install -e ".[test]"', "python -m pytest"]


# --- commands


def test_every_command_of_the_readme_is_run_here() -> None:
    assert len(TRAIN) > 10
    assert len(ANALYSIS) > 10
    start = ("python -m src.train", "python -m analysis")
    assert sorted(one for one in COMMANDS if not one.startswith(start)) == sorted(
        SETUP + DOCS_SETUP
    )


HELP = [words for words in ANALYSIS if words.endswith("--help")]


@pytest.mark.parametrize("words", HELP)
def test_every_help_that_the_readme_names_is_given(
    capsys: pytest.CaptureFixture[str], words: str
) -> None:
    with pytest.raises(SystemExit, match=r"^0$"):
        main(shlex.split(words))
    assert "--metric" in capsys.readouterr().out


def test_the_two_commands_are_lines_that_ci_finds_and_their_extra_exists() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert {"pytest", "hypothesis"} <= {
        re.split(r"[>=<]", needed)[0] for needed in project["optional-dependencies"]["test"]
    }
    ci = (ROOT / ".ci" / "run").read_text("utf-8")
    for module in ("src.train", "pytest"):  # as `readme` of .ci/run does: the first such line
        assert f"$(readme {module})" in ci
        line = next(e for e in LINES if re.match(rf"python -m pip install.*{module}", e))
        first, second = line.split(" && ")
        assert first in SETUP
        assert second.startswith(f"python -m {module}")


def _idx(folder: Path) -> Path:
    """Write a small set of IDX files into a new folder."""
    digits = load("embedded")
    folder.mkdir()
    for name, array in zip(SET, (digits.images[::5], digits.labels[::5]) * 2, strict=True):
        (folder / name).write_bytes(encode(array))
    return folder


@pytest.mark.parametrize("words", [w for w in TRAIN if not w.startswith("--")])
def test_every_training_that_the_readme_names_could_start(tmp_path: Path, words: str) -> None:
    words = words.replace("PATH", str(_idx(tmp_path / "PATH")))
    said = command(tmp_path, *shlex.split(words), "dry_run=true")
    assert said.code == 0, said
    assert re.search(r"^[\d,]+ runs?\b", said.err), said
    assert not (tmp_path / "multirun_outputs").exists()


def test_the_readmes_help_and_second_training_do_what_they_say(tmp_path: Path) -> None:
    alone = ["--from RUN_FOLDER", "--help", "--status wide"]
    assert [words for words in TRAIN if words.startswith("--")] == alone
    assert "GROUPS" in command(tmp_path, "--help").out
    assert command(tmp_path, *SMALL).code == 0
    (run,) = runs(tmp_path)
    said = command(tmp_path, "--from", str(run))
    assert said.code == 0, said
    assert "byte-identical" in said.out


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which the documented studies are trained, each run for two epochs."""
    folder = tmp_path_factory.mktemp("answered")
    # Before the others, one of which is the latest that questions without a study mean.
    for words in [w for w in TRAIN if re.search("study=(before|after|optimizers|losses)", w)]:
        assert command(folder, *shlex.split(words), *SMALL).code == 0
    (judged,) = [words for words in TRAIN if "experiment=template" in words]
    (asked,) = [w for w in TRAIN if "study=activations" in w and "dry_run" not in w]
    for words in (f"{judged} seed=range(0,4)", asked.replace("range(0,20)", "range(0,4)")):
        assert command(folder, *shlex.split(words), *SMALL).code == 0
    return folder


@pytest.mark.parametrize("words", [w for w in ANALYSIS if w not in OF_REPRODUCE + HELP])
def test_every_question_that_the_readme_asks_is_answered(
    answered: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: str
) -> None:
    monkeypatch.chdir(answered)
    if words.endswith(" imported") or words.startswith("import "):
        shutil.rmtree("multirun_outputs/imported", ignore_errors=True)
        assert main(["export", "activations", "--to", "csv", "--out", "exported"]) == 0
    if words == "table imported":
        assert main(["import", "csv", "exported", "--study", "imported"]) == 0
    if words.startswith("--results scratch "):  # whose study the fixture did not train
        words = words.replace("scratch", "multirun_outputs").replace("elsewhere", "activations")
        monkeypatch.setenv("SWEEPSCOPE_RESULTS", "")  # and back again once this test is over
    assert main(shlex.split(words.replace("STUDY", "activations"))) == 0, capsys.readouterr().err


@pytest.mark.parametrize("words", OF_REPRODUCE)
def test_every_reproduction_that_the_readme_names_is_understood(
    capsys: pytest.CaptureFixture[str], words: str
) -> None:
    """It takes minutes: here it is asked for an experiment that nobody knows, and gets that far."""
    command, *others = shlex.split(words)
    assert main([command, "nobodys", *others]) == 1
    assert "no experiment of the report is called 'nobodys'" in capsys.readouterr().err


# --- the layout

_, _house = DOCS["architecture"].split("\n## The layout\n")
HOUSE = re.split(r"^(?=\w)", _house.split("```")[1].strip("\n"), flags=re.M)[1:]
ROOMS = {part.split("/", 1)[0]: part for part in HOUSE}


@pytest.mark.parametrize("room", ROOMS)
def test_the_layout_of_the_docs_names_only_what_there_is(room: str) -> None:
    home = ROOT / room
    assert home.is_dir(), room
    files = re.findall(r"[\w/]+\.(?:py|yaml)\b", ROOMS[room])
    folders = re.findall(r"(?<![\w./])\w+(?=/)", ROOMS[room].split("/", 1)[1])
    gone = [name for name in [*files, *folders] if not (home / name).exists()]
    assert not gone, f"docs/architecture.md shows what {room}/ does not have: {', '.join(gone)}"


@pytest.mark.parametrize("room", ["src", "analysis"])
def test_every_room_is_in_the_layout_of_the_docs(room: str) -> None:
    here = {path.name for path in (ROOT / room).glob("*.py")}
    here |= {f"{path.parent.name}/" for path in (ROOT / room).glob("*/__init__.py")}
    missing = sorted(name for name in here if not re.search(rf"(?<!\w){name}", ROOMS[room]))
    assert not missing, f"docs/architecture.md lacks, under {room}/: {', '.join(missing)}"


def test_every_config_group_is_in_the_layout_of_the_docs() -> None:
    groups = {path.name for path in (ROOT / "conf").iterdir() if path.is_dir()} - {"hydra"}
    missing = sorted(name for name in groups if not re.search(rf"\b{name}/", ROOMS["conf"]))
    assert not missing, f"docs/architecture.md lacks, under conf/: {', '.join(missing)}"
