"""Every YAML under conf/ is composed, every experiment runs, and --help names every key."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

from src.config import CONF
from src.config.build_run import GROUPS, plain, register, to_run
from src.config.keys import Schema
from src.data.datasets import load as load_digits
from src.data.orders import Order
from src.errors import DataError
from src.model.activations import Act
from src.model.inits import Init
from src.model.losses import Loss
from src.model.optimizers import Opt
from src.model.schedules import Schedule
from src.run import Run
from src.storage.store import read_record
from src.timeline import Ending
from tests.test_idx import SET, encode
from tests.test_train import ROOT, command, runs

KEYS = list(Schema.__dataclass_fields__)
OPTIONS = [(group, path.stem) for group in GROUPS for path in sorted((CONF / group).glob("*.yaml"))]
EXPERIMENTS = sorted(path.stem for path in (CONF / "experiment").glob("*.yaml"))
ENUMS = {
    "act": Act,
    "order": Order,
    "init": Init,
    "loss": Loss,
    "opt": Opt,
    "schedule": Schedule,
}
Composing = Callable[..., DictConfig]


@pytest.fixture
def composing(hydra_restore_singletons: None) -> Iterator[Composing]:
    """Return what composes the config with some words."""
    register()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        yield lambda *words: compose("config", overrides=list(words))


def run_of(config: DictConfig) -> Run:
    """Return the run that a config describes."""
    return to_run(plain(config))


def load(group: str, option: str) -> dict[str, Any]:
    """Return what an option's file sets."""
    values: dict[str, Any] = yaml.safe_load((CONF / group / f"{option}.yaml").read_text("utf-8"))
    return values


def test_every_group_and_every_file_is_known_here() -> None:
    folders = {path.parent.relative_to(CONF).as_posix() for path in CONF.rglob("*.yaml")}
    assert folders == {".", "executor", "experiment", "hydra/help", *GROUPS}
    assert EXPERIMENTS
    assert {group for group, _ in OPTIONS} == set(GROUPS)


@pytest.mark.parametrize(("group", "option"), OPTIONS)
def test_every_option_is_composed_and_makes_a_run(
    composing: Composing, group: str, option: str
) -> None:
    words = [f"{group}={option}"]
    if option in ("idx", "npz"):
        with pytest.raises(DataError, match="/no/such is not a f"):
            run_of(composing(*words, "folder=/no/such"))
        return
    config = composing(*words)
    record = run_of(config).record()
    for key, value in load(group, option).items():
        assert record[key] == value


@pytest.mark.parametrize(("group", "option"), OPTIONS)
def test_an_option_sets_keys_of_the_schema_and_nothing_else(group: str, option: str) -> None:
    assert set(load(group, option)) <= set(KEYS)
    lines = (CONF / group / f"{option}.yaml").read_text("utf-8").splitlines()
    assert lines[0] == "# @package _global_"


@pytest.mark.parametrize("group", GROUPS)
def test_the_options_of_a_group_set_the_same_keys(group: str) -> None:
    assert len({frozenset(load(group, option)) for of, option in OPTIONS if of == group}) == 1


@pytest.mark.parametrize("group", ENUMS)
def test_every_member_of_an_enum_has_an_option_of_its_name(group: str) -> None:
    options = {option for of, option in OPTIONS if of == group}
    assert options == {member.name for member in ENUMS[group]}
    for option in options:
        assert load(group, option)[group] == option


def test_the_defaults_are_the_reports_parameter_list(composing: Composing) -> None:
    record = run_of(composing()).record()
    assert {key: record[key] for key in ("act", "act_out", "order", "init", "dtype")} == {
        "act": "tanh",
        "act_out": "tanh",
        "order": "random",
        "init": "uniform",
        "dtype": "float32",
    }
    assert (record["epochs"], record["T"], record["TT"], record["batch"]) == (200, 31, 98, 1)
    assert (record["L"], record["I"], record["J"], record["classes"]) == (2, 28, 28, [3, 1])
    assert (record["lrA"], record["lrW"], record["seed"]) == (0.001, 0.001, 0)


def test_every_key_of_the_schema_has_a_value_in_yaml(composing: Composing) -> None:
    config = composing()
    assert not [key for key in KEYS if OmegaConf.is_missing(config, key)]
    assert set(config) - {"hydra"} == set(KEYS)


# --- who wins


@pytest.mark.parametrize("words", [["lr=fast", "lrA=0.5"], ["lrA=0.5", "lr=fast"]])
def test_a_rate_of_the_command_line_wins_in_any_position(
    composing: Composing, words: list[str]
) -> None:
    run = run_of(composing(*words))
    assert (run.lrA, run.lrW) == (0.5, 0.01)


@pytest.mark.parametrize("words", [["lr=fast,slow_conv,equal", "lrA=0.5"], ["lrA=0.5", "lr=fast"]])
def test_a_rate_of_the_command_line_wins_inside_a_sweep_too(
    tmp_path: Path, words: list[str]
) -> None:
    assert command(tmp_path, "-m", *words, "epochs=0", "T=6", "TT=6").code == 0
    records = [read_record(folder) for folder in runs(tmp_path)]
    assert {record.config["lrA"] for record in records} == {0.5}
    assert {record.config["lrW"] for record in records} <= {0.01, 0.001}
    for record in records:
        assert record.config["lrW"] == load("lr", record.choices["lr"])["lrW"]


def test_a_rate_swept_with_a_group_of_rates_wins_for_every_pair(tmp_path: Path) -> None:
    said = command(tmp_path, "-m", "lr=equal,fast", "lrW=0.1,0.2", "epochs=0", "T=6", "TT=6")
    assert said.code == 0
    rates = {(r.config["lrA"], r.config["lrW"]) for r in map(read_record, runs(tmp_path))}
    assert rates == {(0.001, 0.1), (0.001, 0.2), (0.01, 0.1), (0.01, 0.2)}


@pytest.mark.parametrize(
    ("words", "key", "value"),
    [
        (["init=he", "init_scale=2"], "init_scale", 2.0),
        (["init_scale=2", "init=he"], "init_scale", 2.0),
        (["data=mnist10", "T=50"], "T", 50),
        (["net=sixteen_7x7", "I=5"], "I", 5),
    ],
)
def test_a_key_of_the_command_line_wins_over_its_group(
    composing: Composing, words: list[str], key: str, value: float
) -> None:
    assert run_of(composing(*words)).record()[key] == value


def test_the_outputs_activation_follows_act_unless_it_is_given(composing: Composing) -> None:
    assert run_of(composing("act=relu")).act_out is Act.relu
    assert run_of(composing("act=relu", "act_out=none")).act_out is Act.none
    assert run_of(composing("act_out=none", "act=relu")).act is Act.relu


def test_the_streams_follow_the_seed_unless_they_are_given(composing: Composing) -> None:
    run = run_of(composing("seed=5"))
    assert (run.subset_seed, run.init_seed, run.order_seed) == (5, 5, 5)
    run = run_of(composing("seed=5", "init_seed=6"))
    assert (run.subset_seed, run.init_seed, run.order_seed) == (5, 6, 5)


def test_follow_and_win_hold_inside_a_sweep(tmp_path: Path) -> None:
    words = ("act=relu,tanh", "act_out=none", "seed=5,6", "init_seed=7")
    assert command(tmp_path, "-m", *words, "epochs=0", "T=6", "TT=6").code == 0
    configs = [read_record(folder).config for folder in runs(tmp_path)]
    assert len(configs) == 4
    for config in configs:
        assert (config["act_out"], config["init_seed"]) == ("none", 7)
        assert config["subset_seed"] == config["order_seed"] == config["seed"]


# --- experiments


def _digits(experiment: str, folder: Path) -> tuple[str, ...]:
    """Return the word that names an IDX folder, made of embedded digits, where one is needed."""
    if experiment != "full_mnist":
        return ()
    images, labels = load_digits("embedded").images[::20], load_digits("embedded").labels[::20]
    for name, array in zip(SET, (images, labels) * 2, strict=True):
        (folder / name).write_bytes(encode(array))
    return (f"folder={folder}",)


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_experiment_runs_for_two_epochs(tmp_path: Path, experiment: str) -> None:
    small = ("epochs=2", "seed=0", "T=20", "TT=20", *_digits(experiment, tmp_path))
    said = command(tmp_path, "-m", f"experiment={experiment}", *small)
    assert said.code == 0, said
    records = [read_record(folder) for folder in runs(tmp_path)]
    assert len(records) > 1
    assert {record.config["epochs"] for record in records} == {2}
    assert {record.outcome.ending for record in records} <= {Ending.finished, Ending.diverged}


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_an_experiment_begins_with_its_question_and_its_command(experiment: str) -> None:
    lines = (CONF / "experiment" / f"{experiment}.yaml").read_text("utf-8").splitlines()
    comments = [line for line in lines if line.startswith("#")]
    assert "?" in comments[1]
    assert any(f"python -m src.train -m experiment={experiment}" in line for line in comments)


# --- help


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return what --help says."""
    return command(tmp_path_factory.mktemp("help"), "--help").out


@pytest.mark.parametrize("key", KEYS)
def test_help_explains_every_key(said: str, key: str) -> None:
    """A key stands at the beginning of a line, among others or alone, before its meaning."""
    heads = [re.split(r"  +", line.strip(), maxsplit=1) for line in said.splitlines()]
    explained = {name for head in heads if len(head) == 2 for name in head[0].split(", ")}
    assert key in explained


@pytest.mark.parametrize(
    ("group", "option"), [*OPTIONS, *(("experiment", name) for name in EXPERIMENTS)]
)
def test_help_names_every_option_within_its_group(said: str, group: str, option: str) -> None:
    (start,) = [m.start() for m in re.finditer(rf"^\s+{group}\s\s", said, re.MULTILINE)][:1]
    following = re.search(r"\n\s{0,4}\S", said[start + 1 :])
    paragraph = said[start : start + 1 + following.start() if following else None]
    assert re.search(rf"\b{option}\b", paragraph)


def test_help_is_no_wider_than_a_line(said: str) -> None:
    assert max(map(len, said.splitlines())) <= 100


@pytest.mark.parametrize("group", [*GROUPS, "experiment"])
def test_the_readme_names_every_group(group: str) -> None:
    assert re.search(rf"\b{group}\b", (ROOT / "README.md").read_text("utf-8"))
