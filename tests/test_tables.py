"""Tables: each number is that of the runs, written out by hand; and every format can be read."""

import warnings
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.errors import AnalysisError
from analysis.statistics.crossings import difference_band, parting
from analysis.sweep import Sweep, load_sweep
from analysis.tables.formats import escape, latex, markdown
from analysis.tables.frame import Table, words
from tests.support.study_folders import synthetic, write_synthetic


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    folder = tmp_path_factory.mktemp("here") / "s"
    return synthetic(folder, seeds=8, diverge={("relu", 0.1): [0, 3]})


def test_a_summary_counts_seeds_and_runs_and_never_averages_a_divergence(sweep: Sweep) -> None:
    table = sweep.table("test_acc")
    assert len(table) == 6
    row = table.query("act == 'relu' and lrA == 0.1").iloc[0]
    assert (row["n"], row["runs"], row["finished"], row["diverged"]) == (8, 8, 6, 2)
    values = sweep.where(act="relu", lrA=0.1).runs["test_acc"].dropna()
    low, high = stats.t.interval(0.95, 5, values.mean(), stats.sem(values))
    got = row[["test_acc", "test_acc_low", "test_acc_high"]].astype(float)
    assert list(got) == pytest.approx([values.mean(), low, high], rel=1e-9)
    assert row["test_acc_n"] == 6
    assert "2 of 8 [7%, 59%]" in str(table)
    assert "never averaged" in table.caption


def test_other_factors_are_averaged_within_the_seeds_that_have_all_runs(sweep: Sweep) -> None:
    diverged = sweep.runs.loc[~sweep.survived, "seed"]
    row = sweep.table("test_acc", by="act").query("act == 'relu'").iloc[0]
    relu = sweep.runs[(sweep.runs["act"] == "relu") & ~sweep.runs["seed"].isin(diverged)]
    assert row["test_acc"] == pytest.approx(relu.groupby("seed")["test_acc"].mean().mean())
    assert (row["test_acc_n"], row["test_acc_left_out"]) == (6, 4)


def test_a_median_is_labelled_with_the_coverage_that_it_reaches(sweep: Sweep) -> None:
    table = sweep.table("test_acc", by=["act", "lrA"], centre="median")
    assert "it reaches 97% to 99%" in table.caption
    with pytest.raises(AnalysisError, match="centre must be mean or median, got 'mode'"):
        sweep.table(centre="mode")  # type: ignore[arg-type]


def test_times_count_runs_that_never_got_there_at_the_horizon(sweep: Sweep) -> None:
    table = sweep.table("epochs_to(test_acc, 0.99)")
    assert (table["epochs_to(test_acc, 0.99)"] == 12).all()
    assert "counts 48 runs that never got there as 12 epochs" in table.caption


def test_a_comparison_is_paired_by_seed_and_says_what_its_seeds_resample(sweep: Sweep) -> None:
    table = sweep.compare("act", test="t", against="tanh")
    values = sweep.runs[sweep.runs["lrA"] == 0.0].pivot(
        index="seed", columns="act", values="test_acc"
    )
    part = sweep.where(lrA=0.0).compare("act", test="t", against="tanh")
    expected = stats.ttest_rel(values["none"], values["tanh"]).pvalue
    row = part.query("level == 'none'").iloc[0]
    assert row["p"] == pytest.approx(expected, rel=1e-9)
    assert set(table["against"]) == {"tanh"}
    assert table["left_out"].sum() == 8  # of two seeds, at two rates, in two comparisons
    assert "subset, init, order" in table.caption
    assert "8 pairs were left out" in table.caption


def test_margins_metrics_and_parts_make_one_family(sweep: Sweep) -> None:
    table = sweep.compare("act", ["test_acc", "diverged"], by="lrA", delta=[0.2, 0.5])
    assert len(table) == 12
    assert "Holm over 24 tests" in table.caption
    with pytest.raises(AnalysisError, match="delta must be one number, or one for each"):
        sweep.compare("act", delta=[0.1, 0.2, 0.3])


def test_tuned_levels_say_where_they_ran(sweep: Sweep) -> None:
    table = sweep.compare("act", tune="lrA", needed=0.01)
    assert table["level_at"].str.contains("lrA=").all()
    assert "chosen for it on one half of the seeds" in table.caption
    assert table["seeds_needed"].str.contains(r"\d+ \(").all()
    turned = sweep.compare("act", tune="lrA", against="tanh").query("level == 'none'").iloc[0]
    straight = table.query("level == 'none' or against == 'none'")
    assert turned["difference"] in [*straight["difference"], *-straight["difference"]]


def test_what_goes_with_the_factor_is_said(tmp_path: Path) -> None:
    for seed in range(3):
        write_synthetic(tmp_path, {"test_acc": 0.5 + seed / 50}, act="tanh", T=31, seed=seed)
        write_synthetic(tmp_path, {"test_acc": 0.6 + seed / 90}, act="relu", T=20, seed=seed)
    table = load_sweep(tmp_path).compare("act")
    assert table["n"].tolist() == [3]
    assert "T differs with act and cannot be told apart" in table.caption
    assert "3 seeds cannot show a difference" in table.caption


def test_what_goes_with_a_factor_that_is_held_is_no_doubt(tmp_path: Path) -> None:
    for act, lr, seed in product(("tanh", "relu"), (0.0, 0.1), range(3)):
        write_synthetic(tmp_path, {"test_acc": 0.5 + seed / 50}, act=act, lrA=lr, lrW=lr, seed=seed)
    sweep = load_sweep(tmp_path)
    assert "cannot be told apart" not in sweep.compare("act", by="lrA").caption
    assert "cannot be told apart" not in sweep.compare("act", tune="lrA").caption
    assert "cannot be told apart" not in sweep.compare("act").caption
    assert "lrW differs with lrA and cannot be told" in sweep.compare("lrA", by="act").caption


def test_shares_ranks_and_crossings_agree_with_how_the_study_was_made(tmp_path: Path) -> None:
    whole = synthetic(tmp_path / "s", seeds=8, gain=0.2, noise=0.02)
    shares = whole.effects(["test_acc", "epochs_to(test_acc, 0.5)"])
    top = shares.query("metric == 'test_acc'").set_index("effect")["share"]
    assert top.idxmax() == "act"
    assert top.sum() == pytest.approx(1)
    assert "8 seed × 3 act × 2 lrA, complete" in shares.caption
    ranks = whole.ranks("act")
    assert ranks["level"].tolist() == ["none", "relu", "tanh"]
    assert ranks["rank"].tolist() == [1, 2, 3]
    found = whole.crossings("act", "test_acc")
    assert (found["parted"] <= 2).all()
    assert found["crossed"].isna().all()


def test_where_curves_part_is_said_of_the_seeds_that_have_the_whole_curve(tmp_path: Path) -> None:
    for act, seed in [(act, seed) for act in ("tanh", "relu") for seed in range(4)]:
        unknown = act == "relu" and seed == 3
        values = np.nan if unknown else np.full(13, seed / 10 + (act == "relu"))
        write_synthetic(tmp_path, {"filter_similarity": values}, act=act, seed=seed)
    assert load_sweep(tmp_path).crossings("act", "filter_similarity")["n"].tolist() == [3]


def test_a_diverged_run_ranks_last(sweep: Sweep) -> None:
    part = sweep.where(lrA=0.1).ranks("act", "test_acc")
    relu = part.query("level == 'relu'")["rank"].iloc[0]
    assert relu == pytest.approx((6 * 2 + 2 * 3) / 8)


def test_crossed_streams_have_components_of_variance(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for subset, init in np.ndindex(4, 4):
        values = {"test_acc": 0.5 + subset / 10 + rng.normal(0, 0.01)}
        write_synthetic(tmp_path, values, subset_seed=subset, init_seed=init)
    sweep = load_sweep(tmp_path)
    table = sweep.effects()
    assert table.loc[table["share"].idxmax(), "component"] == "subset"
    with pytest.raises(AnalysisError, match="vary apart"):
        sweep.table()
    assert sweep.units("init_seed").table()["n"].tolist() == [4]


def test_confusion_and_class_accuracies_are_those_of_the_records(sweep: Sweep) -> None:
    table = sweep.confusion()
    assert table["count"].tolist() == [41 * 46, 8 * 46, 9 * 46, 40 * 46]
    classes = sweep.classes("act").set_index(["act", "class"])
    assert classes.loc[("tanh", 3), "accuracy"] == pytest.approx(40 / 49)


@pytest.mark.parametrize("ending", Table.FORMATS)
def test_every_format_holds_the_numbers(sweep: Sweep, tmp_path: Path, ending: str) -> None:
    table = sweep.compare("act", by="lrA")
    path = table.write(tmp_path / f"t.{ending}")
    if ending in ("csv", "parquet"):
        read = pd.read_csv(path) if ending == "csv" else pd.read_parquet(path)
        assert list(read.columns) == list(table.columns)
        np.testing.assert_array_equal(read["difference"], table["difference"])
        assert read["level"].tolist() == table["level"].tolist()
    else:
        text = path.read_text()
        assert all(verdict in text for verdict in table["verdict"])
        assert "Holm" in text


def test_latex_is_booktabs_and_has_no_command_of_the_users_making(sweep: Sweep) -> None:
    text = latex(sweep.table("epochs_to(test_acc, 0.5)"))
    assert all(rf"\{rule}" in text for rule in ("toprule", "midrule", "bottomrule"))
    assert r"epochs\_to(test\_acc, 0.5)" in text
    assert text.count(r"\\") == 7
    assert escape("50 % ± a_b^2 \\x") == r"50 \% $\pm$ a\_b\textasciicircum{}2 \textbackslash{}x"


def test_a_whole_number_is_shown_as_one_in_a_table_of_numbers() -> None:
    table = Table(pd.DataFrame({"digit": [3, 1], "share": [0.5, 0.25]}), "t")
    assert table.view().to_numpy().tolist() == [["3", "0.5000"], ["1", "0.2500"]]


def test_markdown_escapes_what_would_end_a_cell() -> None:
    assert "a\\|b" in markdown(Table(pd.DataFrame({"x": ["a|b"]}), "t"))


def test_a_wrong_format_or_folder_is_one_sentence(sweep: Sweep, tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match=r"format must be csv, .* or tex, got 'cvs'"):
        sweep.table().write(tmp_path / "t.cvs")
    with pytest.raises(AnalysisError, match="cannot be written: No such file"):
        sweep.table().write(tmp_path / "no" / "t.csv")


def test_a_table_shows_itself_in_a_notebook_and_derives_plain_frames(sweep: Sweep) -> None:
    table = sweep.table()
    assert "<table" in table._repr_html_()
    assert "Student" in table._repr_html_()
    assert type(table[table["act"] == "tanh"]) is pd.DataFrame
    assert table._repr_html_().count("<tr") == 7


def test_words_have_the_digits_that_mean_something() -> None:
    assert [words(v) for v in (None, float("nan"), True, 0.00001, 0.5, "x")] == [
        *("—", "—", "yes", "1e-05", "0.5000", "x")
    ]


def test_degenerate_studies_get_an_answer_or_one_sentence(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one = synthetic(tmp_path / "one", seeds=1, acts=("tanh",), rates=(0.1,))
        (row,) = one.table().to_dict("records")
        assert (row["n"], row["runs"], row["finished"], row["test_acc_n"]) == (1, 1, 1, 1)
        assert row["test_acc"] == one.runs["test_acc"].iloc[0]
        assert np.isnan([row["test_acc_low"], row["test_acc_high"]]).all()
        assert row["test_acc_note"] == "one value has no spread, so no interval"
        assert one.table().caption.startswith("Mean and Student's t interval (95 %) over n = 1")
        with pytest.raises(
            AnalysisError,
            match="act must vary to be compared, and every run has act=tanh",
        ):
            one.compare("act")
        with pytest.raises(AnalysisError, match="a factor with two levels or more"):
            one.effects()
        seed = synthetic(tmp_path / "seed", seeds=1)
        assert "1 seed cannot show a difference" in seed.compare("act").caption
        with pytest.raises(AnalysisError, match="2 seeds"):
            seed.effects()
        every = {(act, 0.1): range(3) for act in ("tanh", "relu", "none")}
        gone = synthetic(tmp_path / "gone", seeds=3, rates=(0.1,), diverge=every)
        assert gone.table()["test_acc"].isna().all()
        assert (gone.compare("act")["n"] == 0).all()
        assert set(gone.diagnose()["label"]) == {"diverged"}
        with pytest.raises(AnalysisError, match="no cell"):
            gone.effects()
        with pytest.raises(AnalysisError, match="no run finished"):
            gone.confusion()
        flat = synthetic(tmp_path / "flat", seeds=3)
        with pytest.raises(AnalysisError, match="no variance to share out"):
            flat.effects("train_acc")
        assert (flat.compare("act", "train_acc")["verdict"] == "not shown").all()


def test_curves_meet_within_each_level_of_a_factor_that_is_held(tmp_path: Path) -> None:
    whole = synthetic(tmp_path / "s", seeds=8, gain=0.2, noise=0.02)
    found = whole.crossings("act", "test_acc", by="lrA")
    assert found.columns[:4].tolist() == ["lrA", "curve", "level", "against"]
    assert found["lrA"].tolist() == [0.0] * 3 + [0.1] * 3
    assert "for all 6 together" in found.caption
    for _, row in found.iterrows():
        part = whole.where(lrA=row["lrA"], act=[row["level"], row["against"]])
        sides = [part.where(act=row[side]) for side in ("level", "against")]
        a, b = (side.curve("test_acc")[np.argsort(side.runs["seed"])] for side in sides)
        expected = parting(difference_band(a, b, np.arange(13.0), 1 - 0.05 / 6))
        assert expected is not None
        assert row["parted"] == expected.latest
    synthetic(tmp_path / "t", seeds=3)
    for seed in range(3):
        write_synthetic(tmp_path / "t", act="mish", lrA=0.2, seed=seed)
    apart = load_sweep(tmp_path / "t").crossings("act", by="lrA").query("lrA == 0.2")
    assert (apart["n"] == 0).all()
    assert apart["parted"].isna().all()


def test_an_unbalanced_study_is_compared_on_pairs_and_shared_out_on_its_complete_part(
    tmp_path: Path,
) -> None:
    synthetic(tmp_path, seeds=5)
    synthetic_extra = {"test_acc": 0.9}
    write_synthetic(tmp_path, synthetic_extra, act="sigmoid", lrA=0.0, seed=0)
    sweep = load_sweep(tmp_path)
    found = sweep.compare("act", against="tanh").set_index("level")
    assert found.loc["sigmoid", "n"] == 0  # its only run is at one of the two rates
    assert found.loc["relu", "n"] == 5
    assert "act without sigmoid" in sweep.effects().caption


def test_too_many_of_anything_is_refused_with_the_way_out(tmp_path: Path) -> None:
    for T in range(2, 70):
        write_synthetic(tmp_path, T=T)
    with pytest.raises(AnalysisError, match=r"2278 pairs of T are too many .*--against"):
        load_sweep(tmp_path).compare("T")


def test_titles_and_captions_say_which_part_of_the_study_it_is_and_what_is_measured(
    tmp_path: Path,
) -> None:
    sweep = synthetic(tmp_path / "s", seeds=3).where(lrA=0.1)
    for table in (
        sweep.table(),
        sweep.compare("act"),
        sweep.effects("test_acc"),
        sweep.ranks("act"),
        sweep.crossings("act"),
        sweep.diagnose(),
    ):
        assert "s (lrA=0.1)" in table.title
        for ending in ("md", "tex", "txt"):
            text = table.write(tmp_path / f"t.{ending}").read_text()
            assert "lrA=0.1" in text
            assert "?." not in text
    assert "test_acc" in sweep.compare("act").title
    assert sweep.where(act=["tanh", "relu"]).name == "s (lrA=0.1 act=tanh,relu)"


def test_what_cannot_be_meant_is_answered_with_what_can(tmp_path: Path) -> None:
    sweep = synthetic(tmp_path / "s", seeds=3)
    for call, said in (
        (
            lambda: sweep.compare("order"),
            "order must vary to be compared, and every run has order=",
        ),
        (lambda: sweep.curves("epochs_to(test_acc, 0.9)"), "is one number a run, and no curve"),
        (lambda: sweep.table("seconds"), "seconds is a column of sweep.runs, and no metric"),
        (lambda: sweep.where(lrA="0.1,lrW=0.1"), "keys stand apart"),
    ):
        with pytest.raises(AnalysisError) as error:
            call()
        assert said in str(error.value)
    seeds = synthetic(tmp_path / "t", seeds=11)
    with pytest.raises(AnalysisError, match=r"there are 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10$"):
        seeds.where(seed="nothing")
    assert seeds.diagnose()["seed"].is_monotonic_increasing or len(seeds.factors) > 1


def test_losses_of_different_functions_are_said_to_be_no_common_measure(tmp_path: Path) -> None:
    for loss, seed in product(("squared_error", "hinge"), range(3)):
        write_synthetic(tmp_path / "s", {"test_loss": 0.1 * seed}, loss=loss, seed=seed)
    sweep = load_sweep(tmp_path / "s")
    assert "no common measure" in sweep.compare("loss", "test_loss").caption
    assert "no common measure" not in sweep.compare("loss", "test_acc").caption
