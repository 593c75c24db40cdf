"""A card's words: what is wrong with them is said before training, and before anything is drawn."""

import inspect
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from analysis.__main__ import main
from analysis.claims.contrast import relations
from analysis.claims.outputs import VERBS, drawn
from analysis.claims.statements import Statement
from analysis.figures.similarity import likeness
from analysis.sweep import Sweep
from src.config import CONF
from src.errors import ConfigError
from src.plan import COMPARISON, FIGURES, PART, RELATIONS, check
from src.storage.study_files import CARD, write_card
from tests.support.study_folders import synthetic
from tests.test_train import SMALL, command, studies

KEYS = ("act", "lr", "lrA", "seed")
FILE = yaml.safe_load((CONF / "experiment" / "template.yaml").read_text("utf-8"))
Change = Callable[[dict[str, Any]], Any]


def part(**words: Any) -> Change:
    """Change the first part of the template's claim."""
    return lambda card: card["claims"][0]["all"][0].update(words)


REFUSED: dict[str, tuple[Change, str]] = {
    "a word of the card": (
        lambda c: c.update(claim=[]), "the card: no word is called 'claim' (did you mean 'claims'?)"
    ),
    "a list that is none": (
        lambda c: c.update(claims="all of them"),
        "claims of the card must be a list of entries, each with its words",
    ),
    "an entry that has no words": (
        lambda c: c.update(figures=["curves"]),
        "figures of the card must be a list of entries, each with its words",
    ),
    "an entry without a name": (
        lambda c: c["comparisons"][0].pop("name"), "a comparison of the card must have a name"
    ),
    "a figure's name that leads elsewhere": (
        lambda c: c["figures"][0].update(name="../../x"),
        "name of a figure of the card must be 1 to 80 characters of a file name, without "
        "/ \\ : * ? \" < > | and no leading dot, got '../../x'",
    ),
    "a verb": (
        lambda c: c["figures"][0].update(verb="curve"),
        "figure curves: verb must be one of curves, heatmap, filters, strip, likeness, "
        "got 'curve' (did you mean 'curves'?)",
    ),
    "a word of a figure": (
        lambda c: c["figures"][0].update(mertic="test_acc"),
        "figure curves: no word is called 'mertic' (did you mean 'metric'?)",
    ),
    "a word of another verb": (
        lambda c: c["figures"][0].update(epoch=3),
        "figure curves: no word is called 'epoch': there are name, verb, where, metric, vary, by, "
        "title, singles",
    ),
    "a comparison of nothing": (
        lambda c: c["comparisons"][0].pop("metric"), "comparison rates must have a metric"
    ),
    "a word of a comparison": (
        lambda c: c["comparisons"][0].update(tunes="lrA"),
        "comparison rates: no word is called 'tunes' (did you mean 'tune'?)",
    ),
    "a key": (
        lambda c: c["comparisons"][0].update(vary="lx"),
        "comparison rates: vary names 'lx', which is no key of a run: there are act, lr, lrA, "
        "seed",
    ),
    "a key among several": (
        lambda c: c["figures"][0].update(by=["act", "lra"]),
        "figure curves: by names 'lra', which is no key of a run (did you mean 'lrA'?)",
    ),
    "a key of a selection": (
        part(where={"akt": "tanh"}),
        "claim quick_perceptron_learns_sooner: where names 'akt', which is no key of a run "
        "(did you mean 'act'?)",
    ),
    "a relation outside a claim": (
        lambda c: c["figures"][0].update(vary="quicker"),
        "figure curves: vary names 'quicker', which is no key of a run: there are act, lr, lrA, "
        "seed",
    ),
    "a selection that is none": (
        part(where="act=tanh"),
        "claim quick_perceptron_learns_sooner: where must be keys with their values, as in "
        "{act: tanh}, got 'act=tanh'",
    ),
    "a figure of a claim": (
        lambda c: c["claims"][0].update(figure="curve"),
        "claim quick_perceptron_learns_sooner: figure must be one of curves, got 'curve' "
        "(did you mean 'curves'?)",
    ),
    "parts that are none": (
        lambda c: c["claims"][0].update(all="of it"),
        "claim quick_perceptron_learns_sooner: 'all' must be a list of parts, each with its words",
    ),
    "a word beside nested parts": (
        lambda c: c["claims"][0]["all"].append({"any": [{"exact": "affine"}], "margin": 1}),
        "claim quick_perceptron_learns_sooner: no word is called 'margin': there are all, any",
    ),
    "a word of a part": (
        part(margn=5),
        "claim quick_perceptron_learns_sooner: no word is called 'margn' (did you mean 'margin'?)",
    ),
    "a direction": (
        part(**{"is": "lowr"}),
        "claim quick_perceptron_learns_sooner: is must be one of higher, lower, different, equal, "
        "not higher, not lower, got 'lowr' (did you mean 'lower'?)",
    ),
    "a margin in words": (
        part(margin="five"),
        "claim quick_perceptron_learns_sooner: margin must be a number, got 'five'",
    ),
    "a margin below 0": (
        part(margin=-5),
        "claim quick_perceptron_learns_sooner: margin must be above 0, got -5",
    ),
}  # fmt: skip


def changed(kind: str) -> tuple[dict[str, Any], str]:
    """Return the template's card with a slip, and the sentence for it."""
    change, words = REFUSED[kind]
    card = deepcopy(FILE["card"])
    change(card)
    return card, words


@pytest.mark.parametrize("kind", REFUSED)
def test_a_slip_in_a_card_is_one_sentence_with_the_entry_the_word_and_the_nearest(
    kind: str,
) -> None:
    card, words = changed(kind)
    with pytest.raises(ConfigError) as error:
        check(card, KEYS)
    assert str(error.value) == words


@pytest.mark.parametrize("mode", [(), ("-m",)], ids=["run", "sweep"])
@pytest.mark.parametrize("kind", ["a word of a part", "a direction", "a verb", "a key"])
def test_a_slip_in_a_card_is_found_before_anything_is_trained(
    tmp_path: Path, kind: str, mode: tuple[str, ...]
) -> None:
    card, words = changed(kind)
    path = tmp_path / "conf" / "experiment" / "mine.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("# @package _global_\n" + yaml.safe_dump({**FILE, "card": card}))
    flag = f"--config-dir={tmp_path / 'conf'}"
    said = command(tmp_path, *mode, flag, "experiment=mine", *SMALL)
    assert (said.code, said.out) == (1, "")
    # Where the keys of the engine are more than those above, another may be the nearest.
    assert said.err.startswith(f"error: {path}: {re.split(' [(]did|: there', words)[0]}")
    assert not studies(tmp_path)


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sweep:
    monkeypatch.chdir(tmp_path)
    return synthetic(tmp_path / "multirun_outputs" / "s", seeds=3)


SLIPS = {
    "a word": (
        {"verb": "curves", "vary": "act", "mertic": "x"}, {},
        "figure one: no word is called 'mertic' (did you mean 'metric'?)",
    ),
    "a curve": (
        {"verb": "curves", "metric": "tset_acc"}, {}, "figure one: no curve is called 'tset_acc'"
    ),
    "a level of a claim": (
        {"verb": "curves", "vary": "act"}, {"level": "tnah"},
        "claim c: s has no run with act=tnah: did you mean tanh?"
    ),
    "a measure of a claim": (
        {"verb": "curves", "vary": "act"}, {"measure": "tset_acc"},
        "claim c: no curve is called 'tset_acc'",
    ),
    "a check of a claim": (
        {"verb": "curves", "vary": "act"}, {"exact": "afine"},
        "claim c: no check is called 'afine'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", SLIPS)
def test_what_only_runs_can_tell_is_found_before_anything_is_written(
    study: Sweep, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    figure, words, said = SLIPS[kind]
    whole = {"measure": "test_acc", "vary": "act", "level": "tanh", "against": "relu"}
    claim = {"name": "c", "quote": "q", "reading": "r", "all": [{**whole, "is": "higher", **words}]}
    figures = [{"name": "fine", "verb": "curves"}, {"name": "one", **figure}]
    write_card(study.folder, "s", {"figures": figures, "claims": [claim]})
    before = sorted(study.folder.rglob("*"))
    assert main(["judge", "s"]) == 1
    assert capsys.readouterr().err.startswith(f"error: {said}")
    assert sorted(study.folder.rglob("*")) == before


@pytest.mark.parametrize("kind", ["figures", "comparisons"])
@pytest.mark.parametrize(
    "name", ["../../x", "/x", "a/b", "..", "a\\b", "x\0y", ".x", "y" * 81, ["x"]]
)
def test_no_name_of_a_plan_leads_out_of_its_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, name: Any
) -> None:
    sweep = synthetic(tmp_path / "deep" / "s", seeds=2)
    entry = {"name": name, "verb": "curves", "vary": "act", "metric": "test_acc"}
    if kind == "comparisons":
        del entry["verb"]
    write_card(sweep.folder, "mine", {kind: [entry]})
    before = sorted(tmp_path.rglob("*"))
    assert main(["judge", str(sweep.folder)]) == 1
    said = capsys.readouterr().err
    assert f"name of a {kind[:-1]} of the card must be" in said
    assert said.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_the_experiment_of_a_plan_leads_nowhere_either(tmp_path: Path) -> None:
    sweep = synthetic(tmp_path / "deep" / "s", seeds=2)
    write_card(sweep.folder, "../../x", {})
    with pytest.raises(ConfigError, match=r"experiment of the card .* must be .* got '../../x'"):
        drawn(sweep.folder, tmp_path / "out")


@pytest.mark.parametrize("words", [["judge"], ["table"]])
def test_a_study_whose_analysis_folder_is_a_link_is_not_written_through_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    sweep = synthetic(tmp_path / "s", seeds=2)
    write_card(sweep.folder, "mine", {})
    (tmp_path / "elsewhere").mkdir()
    (sweep.folder / "analysis").symlink_to(tmp_path / "elsewhere")
    assert main([*words, str(sweep.folder)]) == 1
    assert "analysis is a link: name a folder with --out" in capsys.readouterr().err
    assert not list((tmp_path / "elsewhere").iterdir())


def test_judging_says_of_which_card(study: Sweep, capsys: pytest.CaptureFixture[str]) -> None:
    write_card(study.folder, "s", {"claims": []})
    assert main(["judge", "s"]) == 0
    written = datetime.fromtimestamp((study.folder / CARD).stat().st_mtime)
    said = f"s: card of {written:%Y-%m-%d %H:%M:%S}, as its training command put it\n"
    printed = capsys.readouterr().out
    assert printed.startswith(f"{said}\nThere is no claim to judge.\nwritten: ")
    assert "unchanged" not in printed


def test_the_words_of_a_card_are_those_that_analysis_takes() -> None:
    assert list(FIGURES) == list(VERBS)
    rooms = {verb: getattr(Sweep, verb, VERBS[verb]) for verb in FIGURES} | {"likeness": likeness}
    for verb, words in FIGURES.items():
        assert list(words) == list(inspect.signature(rooms[verb]).parameters)[1:], verb
    assert set(COMPARISON) == set(inspect.signature(Sweep.compare).parameters) - {"sweep"}
    assert set(PART) - {"is"} == {field.name for field in fields(Statement)} - {"direction"}
    runs = pd.DataFrame({"lrA": [0.1], "lrW": [0.2]})
    assert tuple(relations(runs).columns) == RELATIONS
