"""The verbs that answer with a figure or an animation: `sweep.curves(vary="act")`, ….

Each is declared here once: the command line takes its options and their help from the signature
and the docstring. The module that draws is loaded when it is asked: matplotlib is not, before.
"""

from typing import TYPE_CHECKING, Any

from analysis.study.names import Names, apart, names

if TYPE_CHECKING:
    from analysis.figures.animation import Film
    from analysis.figures.drawing import Drawing
    from analysis.study.data import StudyData


def curves(
    sweep: "StudyData",
    metric: Names = None,
    *,
    vary: Names = None,
    by: Names = None,
    title: str = "",
    singles: bool = True,
) -> "Drawing":
    """Draw how the runs learned: mean curves with bands over seeds.

    The bands are simultaneous: they hold for all epochs together.

    Parameters
    ----------
    metric : str or list of str, optional
        Names of curves, a panel each; unless given the four of loss and accuracy, or `test_acc`
        alone where there are panels by factors.
    vary : str or list of str, optional
        Factors whose combinations have a colour each; the first factor unless given.
    by : str or list of str, optional
        Up to two factors, a column and a row of panels for each level.
    title : str
        Text above the figure.
    singles : bool
        Whether single runs are drawn, faint.

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
    sweep: "StudyData",
    metric: str = "test_acc",
    *,
    vary: Names = None,
    by: Names = None,
    title: str = "",
) -> "Drawing":
    """Draw a metric over two factors: its mean over seeds in every cell.

    Parameters
    ----------
    metric : str
        Name of one metric.
    vary : str or list of str, optional
        The factor up and the factor along; lrA and lrW unless given.
    by : str or list of str, optional
        Factor with a panel for each level.
    title : str
        Text above the figure.

    Raises
    ------
    AnalysisError
        There are not two factors, or a name is wrong.
    """
    from analysis.figures.heatmap import heatmap as draw

    return draw(sweep, metric, vary, by, title)


def filters(
    sweep: "StudyData",
    *,
    vary: Names = None,
    seed: Any = None,
    epoch: int | None = None,
    title: str = "",
) -> "Drawing":
    """Draw what filters learned, side by side on one scale.

    Parameters
    ----------
    vary : str or list of str, optional
        Factors with a row of filters for each combination; all that vary unless given.
    seed : int, optional
        Seed of the runs that are drawn; the first unless given.
    epoch : int, optional
        Last epoch at or before which filters were kept; the end unless given.
    title : str
        Text above the figure.

    Raises
    ------
    AnalysisError
        A name is wrong, no run has filters, or there are too many runs to look at.
    """
    from analysis.figures.filters import filters as draw

    sweep.needs("filters")
    return draw(sweep, vary, seed, epoch, title)


def animation(
    sweep: "StudyData", *, vary: Names = None, seed: Any = None, title: str = ""
) -> "Film":
    """Animate the filters over the epochs at which they were kept.

    Parameters
    ----------
    vary : str or list of str, optional
        Factors with a row of filters for each combination; all that vary unless given.
    seed : int, optional
        Seed of the runs that are drawn; the first unless given.
    title : str
        Text above the figure.

    Returns
    -------
    Film
        It shows itself; `.write("animation.gif")` saves it.
    """
    from analysis.figures.animation import animation as draw

    sweep.needs("filters")
    return draw(sweep, vary, seed, title)


def similarity(sweep: "StudyData", *, title: str = "") -> "Drawing":
    """Draw how similar filters are to the mean digits, and to each other.

    Parameters
    ----------
    title : str
        Text above the figure.

    Raises
    ------
    AnalysisError
        No run has filters as large as the image.
    """
    from analysis.figures.similarity import likeness as draw

    sweep.needs("filters")
    return draw(sweep, title)
