"""The verbs that answer with a table: `sweep.table()`, `sweep.compare("act")`, ….

Each is declared here once: the command line takes its options and their help from the signature
and the docstring. The module that answers is loaded when it is asked, not before.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from analysis.errors import AnalysisError
from analysis.statistics import Centre, Test
from analysis.study.names import Metrics, Names, apart, names

if TYPE_CHECKING:
    from analysis.study.data import StudyData
    from analysis.tables.frame import Table


def table(
    sweep: "StudyData",
    metric: Metrics = ("test_acc", "test_loss"),
    *,
    by: Names = None,
    centre: Centre = "mean",
) -> "Table":
    """Summarize what came out: n, failures, every metric with its interval.

    Parameters
    ----------
    metric : str or list of str
        Names of metrics.
    by : str or list of str, optional
        Factors that make a row each; all that vary unless given, others are averaged over.
    centre : {"mean", "median"}
        The mean has Student's t interval, the median one between order statistics.
    """
    from analysis.tables.table import table as summary

    return summary(sweep, _named(metric), by, centre)


def compare(
    sweep: "StudyData",
    vary: str,
    metric: Metrics = "test_acc",
    *,
    by: Names = None,
    against: Any = None,
    delta: float | Sequence[float] | None = None,
    tune: Names = None,
    test: Test = "permutation",
    alpha: float = 0.05,
    needed: float | None = None,
) -> "Table":
    """Compare levels, paired by seed: differences, intervals, verdicts.

    All comparisons are one family, corrected by Holm's method.

    Parameters
    ----------
    vary : str
        Factor whose levels are compared.
    metric : str or list of str
        Names of metrics.
    by : str or list of str, optional
        Factors to compare within; others are averaged over.
    against : optional
        Level that every other level is compared with, instead of all pairs.
    delta : float or list of float, optional
        Differences within ±delta count as none; one for all metrics, or one each.
    tune : str or list of str, optional
        Factors of which every level runs at its own best values, chosen on one half of the seeds
        by the first metric and scored on the other, both ways round.
    test : {"permutation", "t"}
        Sign flips of the pairs, or Student's t, which assumes normal differences.
    alpha : float
        Rate of false alarms of the whole family.
    needed : float, optional
        A true difference: say how many seeds would show it.

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


def effects(sweep: "StudyData", metric: Metrics = "test_acc", *, by: Names = None) -> "Table":
    """Share out the variance of a metric: which factor matters most.

    Parameters
    ----------
    metric : str or list of str
        Names of metrics.
    by : str or list of str, optional
        The factors; all that vary unless given.
    """
    from analysis.tables.effects import effects as shares

    _no_unit(sweep, *names(by))
    return shares(sweep, _named(metric), by)


def ranks(
    sweep: "StudyData", vary: str, metric: str = "test_acc", *, alpha: float = 0.05
) -> "Table":
    """Rank many levels by seed, and say which cannot be told apart.

    Parameters
    ----------
    vary : str
        Factor of three levels or more.
    metric : str
        Name of one metric; a run that diverged ranks last.
    alpha : float
        Rate of false alarms of all pairs together.
    """
    from analysis.tables.ranks import ranks as ranking

    _no_unit(sweep, vary)
    return ranking(sweep, vary, metric, alpha)


def crossings(
    sweep: "StudyData",
    vary: str,
    metric: Metrics = "test_acc",
    *,
    by: Names = None,
    delta: float = 0.0,
) -> "Table":
    """Find the epochs at which curves part and cross, paired by seed.

    Parameters
    ----------
    vary : str
        Factor whose levels are compared in pairs.
    metric : str or list of str
        Names of curves.
    by : str or list of str, optional
        Factors to compare within; others are averaged over.
    delta : float
        Difference that does not count yet, in the unit of the curve.
    """
    from analysis.tables.crossings import crossings as cross

    _no_unit(sweep, vary)
    return cross(sweep, vary, _named(metric), by, delta=delta)


def diagnose(sweep: "StudyData", by: Names = None) -> "Table":
    """Say how training went, and why it failed: a label and its evidence for every run.

    Parameters
    ----------
    by : str or list of str, optional
        Factors by which labels are counted; without them a row a run.
    """
    from analysis.tables.diagnose import diagnose as diagnoses

    return diagnoses(sweep, names(by))


def confusion(sweep: "StudyData", by: Names = None) -> "Table":
    """Count which digits are taken for which.

    Parameters
    ----------
    by : str or list of str, optional
        Factors to count within.
    """
    from analysis.tables.classes import confusion as counts

    sweep.needs("confusion matrix")
    return counts(sweep, names(by))


def classes(sweep: "StudyData", by: Names = None) -> "Table":
    """Summarize how well each class is predicted.

    Parameters
    ----------
    by : str or list of str, optional
        Factors that make a row each; others are averaged over.
    """
    from analysis.tables.classes import classes as accuracies

    sweep.needs("accuracy by class")
    return accuracies(sweep, names(by))


def _no_unit(sweep: "StudyData", *factors: str) -> None:
    if factors and sweep.design.seed in factors:
        raise AnalysisError(f"{sweep.design.seed} is the unit of all statistics: name a factor")


def _named(metric: Metrics) -> list[str]:
    if not (asked := names(metric)):
        raise AnalysisError("a metric must be named, such as test_acc")
    return asked
