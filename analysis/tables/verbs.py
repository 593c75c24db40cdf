"""The verbs that answer with a table: `sweep.table()`, `sweep.compare("act")`, ….

Owns what a notebook may give them, and how they are described there. How each is answered has a
room of its own, which is entered when it is asked: nothing heavy is loaded before.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from analysis.errors import AnalysisError
from analysis.study.data import StudyData
from analysis.study.selection import Names, apart, names

if TYPE_CHECKING:
    from analysis.statistics.contrasts import Test
    from analysis.tables.frame import Table
    from analysis.tables.table import Centre

Metrics = str | Sequence[str]


def table(
    sweep: StudyData,
    metric: Metrics = ("test_acc", "test_loss"),
    *,
    by: Names = None,
    centre: "Centre" = "mean",
) -> "Table":
    """Summarise what came out: n, failures, and every metric with its interval, by factors.

    Parameters
    ----------
    metric : names of metrics
    by : the factors that make a row each; all that vary unless given, others are averaged over
    centre : "mean" with Student's t interval, or "median" with one between order statistics
    """
    from analysis.tables.table import table as summary

    return summary(sweep, _named(metric), by, centre)


def compare(
    sweep: StudyData,
    vary: str,
    metric: Metrics = "test_acc",
    *,
    by: Names = None,
    against: Any = None,
    delta: float | Sequence[float] | None = None,
    tune: Names = None,
    test: "Test" = "permutation",
    alpha: float = 0.05,
    needed: float | None = None,
) -> "Table":
    """Ask whether a difference is real: levels paired by seed, one family, corrected by Holm.

    Parameters
    ----------
    vary : the factor whose levels are compared
    metric : names of metrics
    by : factors within each of whose levels the comparison is made; the others are averaged over
    against : compare every other level with this one, instead of all pairs
    delta : differences within ±delta count as none; one for all metrics, or one each
    tune : nuisance factors: every level runs at its own best values, chosen on one half of the
        seeds by the first metric and scored on the other, both ways round
    test : "permutation" (exact) or "t", which assumes normal differences
    alpha : the family's rate of false alarms
    needed : also say how many seeds would show a true difference of this size

    Returns
    -------
    Table
        by …, metric, level, against, n, difference, low, high (simultaneous), effect (d_z), p,
        p_holm, verdict, note, and what they rest on.

    Raises
    ------
    AnalysisError
        The factor has one level, a name is wrong, or the runs cannot answer.
    """
    from analysis.tables.compare import compare as differences

    _no_unit(sweep, vary, *names(tune))
    apart(vary=vary, by=by, tune=tune)
    return differences(
        sweep,
        vary,
        _named(metric),
        by,
        against=against,
        delta=delta,
        tune=tune,
        test=test,
        alpha=alpha,
        needed=needed,
    )


def effects(sweep: StudyData, metric: Metrics = "test_acc", *, by: Names = None) -> "Table":
    """Ask what matters most: shares of the variance of factors and interactions.

    Parameters
    ----------
    metric : names of metrics
    by : the factors; all that vary unless given
    """
    from analysis.tables.effects import effects as shares

    _no_unit(sweep, *names(by))
    return shares(sweep, _named(metric), by)


def ranks(sweep: StudyData, vary: str, metric: str = "test_acc", *, alpha: float = 0.05) -> "Table":
    """Rank many levels: average ranks over seeds, and which are not told apart.

    Parameters
    ----------
    vary : the factor, of three levels or more
    metric : the name of one metric; a run that diverged ranks last
    alpha : the rate of false alarms, of all pairs together
    """
    from analysis.tables.ranks import ranks as ranking

    _no_unit(sweep, vary)
    return ranking(sweep, vary, metric, alpha)


def meetings(
    sweep: StudyData,
    vary: str,
    metric: Metrics = "test_acc",
    *,
    by: Names = None,
    delta: float = 0.0,
) -> "Table":
    """Find where curves part and cross: the epochs, for each pair of levels, paired by seed.

    Parameters
    ----------
    vary : the factor
    metric : names of curves
    by : factors within each of whose levels curves meet; the others are averaged over
    delta : a difference that does not count yet, in the unit of the curve
    """
    from analysis.tables.crossings import meetings as encounters

    _no_unit(sweep, vary)
    return encounters(sweep, vary, _named(metric), by, delta=delta)


def diagnose(sweep: StudyData, by: Names = None) -> "Table":
    """Ask why runs failed: a row a run with its label and the evidence, or rates by factors.

    Parameters
    ----------
    by : the factors by which labels are counted; without them a row a run
    """
    from analysis.tables.diagnose import diagnose as diagnoses

    return diagnoses(sweep, names(by))


def confusion(sweep: StudyData, by: Names = None) -> "Table":
    """Count which digits are taken for which, by true class and decision.

    Parameters
    ----------
    by : the factors within each of whose levels decisions are counted
    """
    from analysis.tables.classes import confusion as counts

    return counts(sweep, names(by))


def classes(sweep: StudyData, by: Names = None) -> "Table":
    """Summarise how well each class is decided: its accuracy, with an interval over seeds.

    Parameters
    ----------
    by : the factors that make a row each; the others are averaged over
    """
    from analysis.tables.classes import classes as accuracies

    return accuracies(sweep, names(by))


def _no_unit(sweep: StudyData, *factors: str) -> None:
    if factors and sweep.design.seed in factors:
        raise AnalysisError(f"{sweep.design.seed} is the unit of all statistics: name a factor")


def _named(metric: Metrics) -> list[str]:
    if not (asked := names(metric)):
        raise AnalysisError("a metric must be named, such as test_acc")
    return asked
