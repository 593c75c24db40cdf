"""The words of a command line: what is refused, in which words, and how a grid is counted."""

import tracemalloc
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from src.config import CONF
from src.config.build_run import GROUPS
from src.config.grid import count, grid_size, options, values
from src.config.overrides import parse
from src.errors import ConfigError
from src.model.activations import Act

ALONE = (
    "must be left alone: a study lies in multirun_outputs/ under study=NAME, and of Hydra's own "
    "keys only those of launcher and sweeper are open, got"
)
ACTS = sorted(act.name for act in Act)
ACT = f"act must be one of {', '.join(ACTS)}, got"

REFUSED: list[tuple[str, str]] = [
    # choices
    ("act=sigmoi", f"{ACT} 'sigmoi' (did you mean 'sigmoid'?)"),
    ("act=TANH", f"{ACT} 'TANH' (did you mean 'tanh'?)"),
    ("act=null", f"{ACT} null (did you mean 'none'?)"),
    ("act=", f"{ACT} ''"),
    ("act=tanh,tahn,relu", f"{ACT} 'tahn' (did you mean 'tanh'?)"),
    ("act=[tanh,relu]", f"{ACT} ['tanh', 'relu']"),
    ("act=../act/tanh", f"{ACT} '../act/tanh'"),
    ("order=rando", "order must be one of alternate, fixed, random, got 'rando' "
     "(did you mean 'random'?)"),
    ("init=xyz", "init must be one of glorot, he, identity, normal, uniform, zeros, got 'xyz'"),
    ("net=two", "net must be one of sixteen_7x7, ten_28x28, two_28x28, got 'two'"),
    ("data=mnist", "data must be one of idx, mnist10, mnist_3v1, npz, got 'mnist' "
     "(did you mean 'mnist10'?)"),
    # keys
    ("foo=1", "foo is not a key of Sweepscope"),
    ("+foo=1", "foo is not a key of Sweepscope"),
    ("++foo=1,2", "foo is not a key of Sweepscope"),
    ("~foo", "foo is not a key of Sweepscope"),
    ("epoch=3", "epoch is not a key of Sweepscope (did you mean 'epochs'?)"),
    ("orders=fixed", "orders is not a key of Sweepscope (did you mean 'order'?)"),
    ("act.slope=1", "act.slope is not a key of Sweepscope"),
    ("=3", "a word must be key=value, got '=3'"),
    ("card={}", "card must be set in a file of conf/experiment/, not on the command line"),
    # types
    ("lrA=abc", "lrA must be a number, got 'abc'"),
    ("lrA=", "lrA must be a number, got ''"),
    ("lrA=null", "lrA must be a number, got null"),
    ("lrW=true", "lrW must be a number, got True"),
    ("lrA=[0.1]", "lrA must be a number, got [0.1]"),
    ("lrA={a:1}", "lrA must be a number, got {'a': 1}"),
    ("lrA=0.1,fast,0.2", "lrA must be a number, got 'fast'"),
    ("init_scale=big", "init_scale must be a number, got 'big'"),
    ("L=2.5", "L must be a whole number, got 2.5"),
    ("batch=1e3", "batch must be a whole number, got 1000.0"),
    ("epochs=1e18", "epochs must be a whole number, got 1e+18"),
    ("seed=one", "seed must be a whole number, got 'one'"),
    ("T=all", "T must be a whole number or null, got 'all'"),
    ("n_jobs=two", "n_jobs must be a whole number or null, got 'two'"),
    ("classes=3", "classes must be a list of whole numbers, such as [3,1] or null, got 3"),
    ("classes=[a]", "classes must be a list of whole numbers, such as [3,1] or null, got ['a']"),
    ("study=[a]", "study must be a name or null, got ['a']"),
    ("objective=null", "objective must be a name, got null"),
    ("dtype=float16", "dtype must be one of float32, float64, got 'float16' "
     "(did you mean 'float64'?)"),
    ("source=mnist", "source must be one of embedded, idx, npz, got 'mnist'"),
    ("act_out=tahn", f"act_out must be one of {', '.join(Act.__members__)}, got 'tahn' "
     "(did you mean 'tanh'?)"),
    ("dry_run=perhaps", "dry_run must be true or false, got 'perhaps'"),
    # ways out of the study
    ("hydra.sweep.dir=/tmp/x", f"hydra.sweep.dir {ALONE} 'hydra.sweep.dir=/tmp/x'"),
    ("hydra.sweep.subdir=../..", f"hydra.sweep.subdir {ALONE} 'hydra.sweep.subdir=../..'"),
    ("hydra.run.dir=.", f"hydra.run.dir {ALONE} 'hydra.run.dir=.'"),
    ("++hydra.run.dir=.", f"hydra.run.dir {ALONE} '++hydra.run.dir=.'"),
    ("hydra.output_subdir=..", f"hydra.output_subdir {ALONE} 'hydra.output_subdir=..'"),
    ("hydra.job.name=../x", f"hydra.job.name {ALONE} 'hydra.job.name=../x'"),
    ("hydra.sweep={dir:/x}", f"hydra.sweep {ALONE} 'hydra.sweep={{dir:/x}}'"),
    ("hydra={run:{dir:/x}}", f"hydra {ALONE} 'hydra={{run:{{dir:/x}}}}'"),
    ("hydra=null", f"hydra {ALONE} 'hydra=null'"),
    ("hydra.searchpath=[/x]", f"hydra.searchpath {ALONE} 'hydra.searchpath=[/x]'"),
    ("hydra.job.chdir=true", f"hydra.job.chdir {ALONE} 'hydra.job.chdir=true'"),
    ("+hydra.job_logging.version=1", f"hydra.job_logging.version {ALONE} "
     "'+hydra.job_logging.version=1'"),
    ("hydra.callbacks={}", f"hydra.callbacks {ALONE} 'hydra.callbacks={{}}'"),
    ("hydra.launcher.n_jobs=${oc.env:HOME}", "hydra.launcher.n_jobs must be a plain value, "
     "got 'hydra.launcher.n_jobs=${oc.env:HOME}'"),
    ("hydra.launcher.x={a:1}", "hydra.launcher.x must be a plain value, "
     "got 'hydra.launcher.x={a:1}'"),
    ("hydra.verbose=5", "hydra.verbose must be true or false, got 'hydra.verbose=5'"),
    ("lrA", "a word must be key=value, got 'lrA'"),
    ("+_target_=os.system", "_target_ must not name a _target_: nothing is called by its name"),
    ("study={_target_:os.system}", "study must not name a _target_: nothing is called by its "
     "name"),
    ("+hydra.callbacks.x._target_=os.system", "hydra.callbacks.x._target_ must not name a "
     "_target_: nothing is called by its name"),
    # what Hydra's grammar refuses
    ("lrA=0.1,", "'lrA=0.1,' cannot be read: a value is missing beside a comma"),
    ("lrA=,0.1", "'lrA=,0.1' cannot be read: a value is missing beside a comma"),
    ("lrA=0.1,,1", "'lrA=0.1,,1' cannot be read: a value is missing beside a comma"),
    ("seed=range(0,)", "'seed=range(0,)' cannot be read: a value is missing beside a comma"),
    ("lrA==1", "'lrA==1' cannot be read: one = stands between a key and its value"),
    ("lrA =1", "'lrA =1' cannot be read: 'lrA ' is no key: no space may stand before ="),
    ("a b=1", "'a b=1' cannot be read: 'a b' is no key"),
    ("study='a", "\"study='a\" cannot be read: a quote is opened and never closed"),
    ("seed=range(0,3", "'seed=range(0,3' cannot be read: '(' is opened and never closed"),
    ("classes=[3,1", "'classes=[3,1' cannot be read: '[' is opened and never closed"),
    ("classes=3,1]", "'classes=3,1]' cannot be read: ']' closes no bracket"),
    ("act=tanh;relu", "'act=tanh;relu' cannot be read: ';' must stand in quotes, as in "
     "'act=\"…\"'"),
    ("seed=range()", "'seed=range()' cannot be read: range() is not possible: missing a required "
     "argument: 'start'"),
    ("+act=tanh", "act must be chosen without +, as act=…, got '+act=tanh'"),
    ("++act=tanh", "act must be chosen without +, as act=…, got '++act=tanh'"),
    ("~act", "act must be chosen without ~, as act=…, got '~act'"),
    ("+lrA=1", "lrA must be set without +, as lrA=…, got '+lrA=1'"),
    # sweeps and deletes
    ("lrA=interval(0,1)", "lrA must be a value, a list of values or a range, "
     "got 'lrA=interval(0,1)'"),
    ("~lrA", "lrA must have a value, it cannot be taken away"),
    ("~lrA=0.001", "lrA must have a value, it cannot be taken away"),
]  # fmt: skip


@pytest.mark.parametrize(("word", "words"), REFUSED, ids=[word for word, _ in REFUSED])
def test_a_word_that_cannot_be_meant_is_refused_with_the_rule_and_the_value(
    word: str, words: str
) -> None:
    with pytest.raises(ConfigError) as error:
        parse(["lrW=0.1", word])
    assert str(error.value) == words


@pytest.mark.parametrize("word", ["lrA", "lrA==1", "lrA=[", "lrA=range(", "study=ü", "a b=1", ""])
def test_a_word_that_is_no_override_is_refused_in_one_line(word: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse([word])
    assert str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("word", ["seed=range(0,10,0)", "lrA=range(0,1,0)"])
def test_a_range_without_a_step_is_refused_before_anything_is_made(word: str) -> None:
    with pytest.raises(
        ConfigError, match=r"range of finite numbers with a step other than 0, got "
    ):
        grid_size(parse([word]))


@pytest.mark.parametrize("word", ["study=" + "a" * 100_001, "classes=" + "[" * 101])
def test_a_word_that_is_too_long_or_too_deep_is_refused_unparsed(word: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse([word])
    rule = "at most 100,000 letters and 100 brackets"
    assert str(error.value) == f"a word must be {rule}, got {word[:20] + '…'!r}"


@pytest.mark.parametrize(
    "word",
    [
        "act=tanh",
        "act='tanh'",
        "act=tanh,relu",
        "act=choice(tanh,relu)",
        "act=glob(*)",
        "lr=glob([f*,s*],exclude=fast)",
        "lrA=0",
        "lrA=0,0.001,1e-1",
        "lrA=range(0,1,0.25)",
        "lrA=tag(rates,choice(0.2,0.1))",
        "lrA=${lrW}",
        "T=null",
        "folder=null",
        "study=null",
        "classes=[3,1]",
        "classes=[3,1],[4,9]",
        "seed=range(20)",
        "act_out=none",
        "dtype=float64",
        "experiment=smoke",
        "hydra/launcher=joblib",
        "hydra.verbose=true",
        "hydra.launcher.n_jobs=2",
        "hydra.sweeper.params.seed='1,2'",
        "n_jobs=1",
    ],
)
def test_a_word_that_can_be_meant_is_taken(word: str) -> None:
    (override,) = parse([word])
    assert override.input_line == word


@pytest.mark.parametrize("group", GROUPS)
def test_every_option_of_a_group_is_taken_and_listed_where_one_is_not(group: str) -> None:
    choices = sorted(path.stem for path in (CONF / group).glob("*.yaml"))
    assert options(group) == choices != []
    parse([f"{group}={','.join(choices)}"])
    with pytest.raises(ConfigError, match=f"one of {', '.join(choices)}, got 'nothing_like'"):
        parse([f"{group}=nothing_like"])


def test_groups_of_another_config_folder_are_taken_too(tmp_path: Path) -> None:
    (tmp_path / "lr").mkdir()
    (tmp_path / "lr" / "mine.yaml").write_text("# @package _global_\nlrA: 0.5\n")
    parse(["lr=mine"], [CONF, tmp_path])
    (globbed,) = parse(["lr=glob([m*,e*])"], [CONF, tmp_path])
    assert list(values(globbed, [CONF, tmp_path])) == ["equal", "mine"]
    assert count(globbed, [CONF, tmp_path]) == 2
    with pytest.raises(ConfigError, match="got 'mine'"):
        parse(["lr=mine"])


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=30))
@example("seed=range(0,1,1e-400)")
@example("classes=" + "[" * 100)
@example("\x00=\x00")
@example("act=${oc.env:HOME}")
def test_no_text_at_all_does_more_than_raise_a_sentence(text: str) -> None:
    said = ""
    try:
        parse([text])
    except ConfigError as error:
        said = str(error)
    assert "\n" not in said


# --- what a word spans

SPANS: list[tuple[str, list[Any]]] = [
    ("lrA=0.1", [0.1]),
    ("lrA=0.1,0.2", [0.1, 0.2]),
    ("lrA=0.1,0.1", [0.1, 0.1]),
    ("act=tanh,relu", ["tanh", "relu"]),
    ("act=glob(*)", ACTS),
    ("act=glob(*,exclude=*n*)", [act for act in ACTS if "n" not in act]),
    ("act=glob([s*,t*])", [act for act in ACTS if act[0] in "st"]),
    ("seed=range(4)", [0, 1, 2, 3]),
    ("seed=range(2,5)", [2, 3, 4]),
    ("seed=range(0,10,3)", [0, 3, 6, 9]),
    ("seed=range(0,9,3)", [0, 3, 6]),
    ("seed=range(5,0,-2)", [5, 3, 1]),
    ("seed=range(5,0)", []),
    ("classes=[3,1],[4,9]", [[3, 1], [4, 9]]),
    ("seed=sort(3,1,2)", [1, 2, 3]),
    ("T=1,null", [1, None]),
]


@pytest.mark.parametrize(("word", "spanned"), SPANS, ids=[word for word, _ in SPANS])
def test_a_word_spans_its_values_and_is_counted_alike(word: str, spanned: list[Any]) -> None:
    try:
        (override,) = parse([word])
    except ConfigError:  # what spans nothing may be refused at once
        assert spanned == []
        return
    assert list(values(override)) == spanned
    assert count(override) == len(spanned)


@settings(max_examples=200, deadline=None)
@given(st.integers(-50, 50), st.integers(-50, 50), st.integers(-7, 7).filter(bool))
def test_a_range_of_whole_numbers_is_counted_as_it_is_made(
    start: int, stop: int, step: int
) -> None:
    try:
        (override,) = parse([f"L=range({start},{stop},{step})"])
    except ConfigError:
        assert not range(start, stop, step)
        return
    assert count(override) == len(list(values(override))) == len(range(start, stop, step))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 20), st.integers(1, 300), st.sampled_from(["0.1", "0.25", "0.3", "1e-2"]))
@example(0, 7, "0.1")
@example(0, 3, "0.1")
def test_a_range_of_numbers_is_counted_as_it_is_made(start: int, tenths: int, step: str) -> None:
    (override,) = parse([f"lrA=range({start},{start + tenths / 10},{step})"])
    assert count(override) == len(list(values(override)))


def test_a_grid_is_the_product_of_its_words() -> None:
    assert grid_size(parse(["act=tanh,relu", "lrA=0.1", "seed=range(0,20)", "lr=glob(f*)"])) == 120
    assert grid_size([]) == 1


def test_a_huge_range_is_checked_and_counted_without_being_made() -> None:
    tracemalloc.start()
    try:
        overrides = parse(["seed=range(0,1000000000)", "lrA=range(0,1000000,0.001)"])
        assert grid_size(overrides) == 10**18
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10**7


@given(st.text("ab=,[](){}\"'\\;:~+@$ 01.|*\x1bé", min_size=1, max_size=12))
def test_no_sentence_is_the_parsers_own(value: str) -> None:
    said = ""
    for word in (f"lrA={value}", value):
        with suppress(ConfigError):
            parse([word])
            continue
        with pytest.raises(ConfigError) as error:
            parse([word])
        said += str(error.value)
    for theirs in ("mismatched", "viable", "Lexer", "expecting", "extraneous", "hydra.cc"):
        assert theirs not in said
