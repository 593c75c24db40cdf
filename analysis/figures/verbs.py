"""The verbs that answer with a figure or a film: `sweep.curves(vary="act")`, ….

Owns what a notebook may give them, and how they are described there. How each is drawn has a room
of its own, which is entered when it is asked: matplotlib is not loaded before.
"""

from typing import TYPE_CHECKING, Any

from analysis.study.data import StudyData
from analysis.study.selection import Names, apart, names

if TYPE_CHECKING:
    from analysis.figures.animation import Film
    from analysis.figures.drawing import Drawing


def curves(
    sweep: StudyData,
    metric: Names = None,
    *,
    vary: Names = None,
    by: Names = None,
    title: str = "",
    singles: bool = True,
) -> "Drawing":
    """Draw how the runs learned: mean curves with simultaneous bands over seeds.

    Parameters
    ----------
    metric : names of curves, a panel each; unless given the four of loss and accuracy, or
        `test_acc` alone where there are panels by factors
    vary : the factors whose combinations have a colour each; the first factor unless given
    by : up to two factors, a column and a row of panels for each level
    title : above the figure
    singles : whether single runs are drawn, faint

    Returns
    -------
    Drawing
        It shows itself; `.table` has the numbers that are drawn, `.write(path)` saves it.

    Raises
    ------
    AnalysisError
        A name is wrong, or there would be too many panels or lines to read.
    """
    from analysis.figures.curves import curves as draw

    apart(vary=vary, by=by)
    return draw(sweep, names(metric), vary, by, title=title, singles=singles)


def heatmap(
    sweep: StudyData,
    metric: str = "test_acc",
    *,
    vary: Names = None,
    by: Names = None,
    title: str = "",
) -> "Drawing":
    """Draw a metric over two factors: its mean over seeds in every cell.

    Parameters
    ----------
    metric : the name of one metric
    vary : the factor up and the factor along; lrA and lrW unless given
    by : a factor with a panel for each level
    title : above the figure

    Raises
    ------
    AnalysisError
        There are not two factors, or a name is wrong.
    """
    from analysis.figures.heatmap import heatmap as draw

    return draw(sweep, metric, vary, by, title)


def filters(
    sweep: StudyData,
    *,
    vary: Names = None,
    seed: Any = None,
    epoch: int | None = None,
    title: str = "",
) -> "Drawing":
    """Draw what filters learned: those of a run for every combination of levels, on one scale.

    Parameters
    ----------
    vary : the factors, a row of filters for each combination; all that vary unless given
    seed : of the runs that are drawn; the first unless given
    epoch : the last at or before which filters were kept; the end unless given
    title : above the figure

    Raises
    ------
    AnalysisError
        A name is wrong, no run has filters, or there are too many runs to look at.
    """
    from analysis.figures.filters import filters as draw

    return draw(sweep, vary, seed, epoch, title)


def film(sweep: StudyData, *, vary: Names = None, seed: Any = None, title: str = "") -> "Film":
    """Film how the filters came about, over the epochs at which they were kept.

    Parameters
    ----------
    vary, seed, title : as for `filters`

    Returns
    -------
    Film
        It shows itself; `.write("film.gif")` saves it.
    """
    from analysis.figures.animation import film as draw

    return draw(sweep, vary, seed, title)
