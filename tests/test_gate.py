"""`python -m analysis gate`: whether a change may be kept, by an exit code and a table or JSON."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from scipy import stats

from analysis.__main__ import main
from analysis.gate.judgement import Asked, judge
from analysis.statistics.onesided import Gain
from tests.support.study_folders import synthetic, write_synthetic

DOCS = Path(__file__).parents[1] / "docs"
WORDS = ["--metric", "test_acc", "--margin", "0.02"]


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with studies: each act of `acts` is 0.1 better than the one before it."""
    folder = tmp_path_factory.mktemp("gate")
    synthetic(folder / "acts", seeds=8, rates=(0.1,))
    synthetic(folder / "same", seeds=8, acts=("tanh",), rates=(0.1,), noise=0.003)
    synthetic(folder / "again", seeds=8, acts=("relu",), rates=(0.1,), noise=0.003, key=2)
    for seed in range(100, 108):
        rise = 0.4 + 0.001 * (seed % 3)
        write_synthetic(folder / "elsewhere", {"test_acc": rise}, act="tanh", lrA=0.1, seed=seed)
    return folder


def gate(
    studies: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str
) -> tuple[int, str, str]:
    monkeypatch.chdir(studies)
    code = main(["gate", *words])
    said = capsys.readouterr()
    return code, said.out if "--json" in words else _unwrapped(said.out), said.err


def _unwrapped(text: str) -> str:
    """Return a table and its caption, which are two paragraphs, without its line breaks."""
    head, _, caption = text.rstrip().rpartition("\n\n")
    return f"{head}\n\n{' '.join(caption.split())}" if head else text


@pytest.mark.parametrize(
    ("words", "code", "verdict"),
    [
        (["same", "again", *WORDS], 0, "not worse"),
        (["acts", "--baseline-where", "act=relu", "--candidate-where", "act=tanh"], 1, "worse"),
        (["acts", "--baseline-where", "act=tanh", "--candidate-where", "act=relu"], 0, "not worse"),
        (["same", "again", "--require", "better"], 2, "undecided"),
        (["same", "again", "--margin", "0.00001"], 2, "undecided"),
        (["acts", "--where", "act=none", "--at-least", "0.5"], 0, "reached"),
        (["acts", "--where", "act=none", "--at-least", "0.9"], 1, "not reached"),
        (["same", "--metric", "test_loss", "--at-most", "0.45"], 0, "reached"),
    ],
)
def test_the_exit_code_says_whether_to_keep_a_change(
    studies: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    code: int,
    verdict: str,
) -> None:
    if "--margin" not in words and "--require" not in words and not any("--at" in w for w in words):
        words = [*words, "--margin", "0.02"]
    said = gate(studies, capsys, monkeypatch, *words)
    assert said[0] == code, said
    assert said[1].splitlines()[0].endswith(f": {verdict}")
    answer = gate(studies, capsys, monkeypatch, *words, "--json")
    fields = json.loads(answer[1])
    assert (answer[0], fields["exit_code"], fields["verdict"]) == (code, code, verdict)
    assert (fields["metrics"][0]["seeds_needed"] is None) == (
        verdict != "undecided" or "--require" in words
    )


def test_the_fields_of_the_answer_are_those_that_the_docs_describe(
    studies: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    docs = (DOCS / "gate.md").read_text("utf-8")
    _, out, _ = gate(studies, capsys, monkeypatch, "same", "again", *WORDS, "--json")
    fields = json.loads(out)
    for name in {*fields, *fields["metrics"][0], *fields["candidate"]}:
        assert f"`{name}`" in docs, name
    assert fields["schema"] in docs


def test_runs_that_share_no_seed_are_compared_unpaired_and_the_answer_says_so(
    studies: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, _ = gate(studies, capsys, monkeypatch, "elsewhere", "acts", *WORDS, "--where",
                        "act=tanh")  # fmt: skip
    assert "are not paired" in out
    assert "Welch's t" in out
    assert code in (0, 2)
    _, out, err = gate(studies, capsys, monkeypatch, "elsewhere", "same", *WORDS, "--paired")
    assert (out, "two seeds or more on both sides, got 0" in err) == ("", True)
    forced = gate(studies, capsys, monkeypatch, "same", "again", *WORDS, "--no-paired")
    assert "are not paired" in forced[1]


@pytest.mark.parametrize(
    ("base", "head", "code", "words"),
    [
        ("same", "again", 0, "not worse"),
        ("acts", "same", 1, "head against base: worse"),
        ("few", "few", 0, "::warning::undecided"),
    ],
)
def test_the_workflow_judges_and_fails_where_training_got_worse(
    tmp_path: Path, base: str, head: str, code: int, words: str
) -> None:
    for side, name in (("base", base), ("head", head)):
        act = "none" if name == "acts" else "tanh"
        study = tmp_path / side / "multirun_outputs" / side
        synthetic(study, seeds=2 if name == "few" else 8, acts=("tanh",), rates=(0.1,),
                  noise=0.003, key=len(side)) if name != "acts" else [
            write_synthetic(study, {"test_acc": 0.9}, act=act, lrA=0.1, seed=seed)
            for seed in range(8)
        ]  # fmt: skip
    workflow = yaml.safe_load((DOCS / "gate_workflow.yml").read_text("utf-8"))
    (step,) = [s for s in workflow["jobs"]["gate"]["steps"] if s.get("name") == "judge"]
    env = {**os.environ, "PYTHONPATH": str(DOCS.parent), "GITHUB_STEP_SUMMARY": str(tmp_path / "s")}
    env["PATH"] = f"{Path(sys.executable).parent}:{env['PATH']}"
    said = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", step["run"]],
        cwd=tmp_path / step["working-directory"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == code, said
    assert words in said.stdout
    assert "head against base" in (tmp_path / "s").read_text("utf-8")


def test_a_candidate_that_loses_runs_does_not_pass_for_what_is_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = {"seeds": 10, "acts": ("tanh",), "rates": (0.1,)}
    synthetic(tmp_path / "before", **one)
    synthetic(tmp_path / "after", gain=0.0, **one, diverge={("tanh", 0.1): [3]})
    code, out, _ = gate(tmp_path, capsys, monkeypatch, "before", "after", *WORDS)
    assert (code, "1 run of the candidate ended without a value" in out) == (2, True)
    code, out, _ = gate(tmp_path, capsys, monkeypatch, "after", "before", *WORDS)
    assert code == 0, out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["same", "again"], "a gate must have a --margin above 0"),
        (["same", "again", "--margin", "-1"], "margin must be at least 0, got -1.0"),
        (["same", "again", "--margin", "1", "2"], "one number, or one for each of 1 metrics"),
        (["same"], "named by --baseline-where and --candidate-where"),
        (["same", "again", "acts", *WORDS], "between two studies, got 3"),
        (["same", "again", "--at-least", "1"], "for one study, without a baseline"),
        (["same", "again", "--metric", "conv_norm", "--margin", "1"], "--higher or --lower conv"),
        (["same", "again", *WORDS, "--alpha", "0.7"], "alpha must be between 0 and 0.5, got 0.7"),
        (["same", "again", *WORDS, "--higher", "a", "--lower", "a"], "a twice"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused_in_one_sentence(
    studies: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    said: str,
) -> None:
    code, out, err = gate(studies, capsys, monkeypatch, *words)
    assert (code, out) == (1, "")
    assert said in err
    assert err.count("\n") == 1


def test_settings_that_both_sides_have_are_averaged_within_the_seed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = synthetic(tmp_path / "before", seeds=6, acts=("tanh",), rates=(0.0, 0.1))
    after = synthetic(tmp_path / "after", seeds=6, acts=("relu",), rates=(0.0, 0.1, 0.2), key=3)
    _, out, _ = gate(tmp_path, capsys, monkeypatch, "before", "after", *WORDS, "--json")
    (row,) = json.loads(out)["metrics"]
    means = []
    for seed in range(6):
        a, b = (s.runs[(s.runs["seed"] == seed)].set_index("lrA") for s in (before, after))
        means.append((b["test_acc"] - a["test_acc"]).dropna().mean())
    assert row["gain"] == pytest.approx(np.mean(means))
    assert row["seeds"] == {"baseline": 6, "candidate": 6}


# --- the statistics, held to SciPy


def test_one_sided_tests_are_those_of_scipy() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(0, 1, 9), rng.normal(0.4, 2, 7)
    paired = Gain(a, test="t")
    assert paired.shows_above(-0.5) == pytest.approx(
        stats.ttest_1samp(a, -0.5, alternative="greater").pvalue
    )
    apart = Gain(b, a)
    welch = stats.ttest_ind(b + 0.5, a, equal_var=False, alternative="greater")
    assert apart.shows_above(-0.5) == pytest.approx(welch.pvalue)
    both = stats.ttest_ind(b, a, equal_var=False).confidence_interval(0.9)
    assert apart.interval(0.05) == pytest.approx((both.low, both.high))
    flips = stats.permutation_test(
        (a + 0.5,), np.mean, permutation_type="samples", alternative="greater", n_resamples=np.inf
    )
    assert Gain(a).shows_above(-0.5) == pytest.approx(flips.pvalue)


def test_a_gain_and_its_opposite_are_judged_as_opposites() -> None:
    rng = np.random.default_rng(1)
    for gain in (rng.normal(0.3, 1, 8), rng.normal(0, 1, 12)):
        for test in ("permutation", "t"):
            one, other = Gain(gain, test=test), Gain(-gain, test=test)
            assert one.shows_above(0.2) == pytest.approx(other.shows_below(-0.2))


def test_several_metrics_are_one_family_and_any_loss_fails_the_change() -> None:
    good, bad, same = np.full(8, 0.5), np.linspace(-0.6, -0.4, 8), np.linspace(-0.01, 0.01, 8)
    alone = judge([Asked("same", Gain(same), 0.05)])[1][0]
    verdict, rows = judge([Asked("same", Gain(same), 0.05), Asked("good", Gain(good), 0.05)])
    assert verdict == "not worse"
    assert rows[0].p_pass == pytest.approx(2 * alone.p_pass)
    assert judge([Asked("good", Gain(good), 0.05), Asked("bad", Gain(bad), 0.05)])[0] == "worse"


def test_too_few_seeds_are_told_how_many_more_could_decide() -> None:
    verdict, (row,) = judge([Asked("x", Gain(np.array([0.1, 0.2, 0.3])), 0.05)])
    assert (verdict, row.note) == (
        "undecided",
        "3 seeds cannot decide: at least 5 could, 2 more",
    )
    verdict, (row,) = judge([Asked("x", Gain(np.array([])), 0.05)])
    assert (verdict, row.note, math.isnan(row.p_pass)) == ("undecided", "no seed has a value", True)


def test_the_seeds_that_are_said_to_decide_do_so_in_four_of_five() -> None:
    rng = np.random.default_rng(2)
    pilot = rng.normal(0, 1, 6)
    pilot = (pilot - pilot.mean()) / pilot.std(ddof=1)
    _, (row,) = judge([Asked("x", Gain(pilot), 0.9)])
    assert row.needed is not None
    passed = [
        judge([Asked("x", Gain(values), 0.9)])[0] == "not worse"
        for values in rng.normal(0, 1, (400, row.needed.n))
    ]
    assert 0.74 < np.mean(passed) < 0.9
