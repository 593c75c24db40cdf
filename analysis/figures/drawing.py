"""Drawing: a Figure that carries the table it was drawn from and says what it rests on.

Owns the frame of every figure: title, panels, caption below, and how it is saved. No figure needs
pyplot, so nothing is global and nothing is shown by surprise.
"""

import io
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from analysis.figures.style import LOOK
from analysis.files import FIGURES, ending_of, known, write


class Drawing(Figure):
    """A figure with its table and caption.

    Parameters
    ----------
    table : what is drawn, number by number
    title, caption : words above and below
    width, height : of the panels, in inches; the caption's lines are added below
    """

    FORMATS: ClassVar[tuple[str, ...]] = FIGURES

    def __init__(
        self, table: pd.DataFrame, title: str, caption: str, width: float, height: float
    ) -> None:
        lines = textwrap.wrap(caption, int(width * 17.5))
        below = 0.155 * len(lines) + 0.1
        super().__init__(figsize=(width, height + below), layout="constrained")
        FigureCanvasAgg(self)
        self.table, self.title, self.caption = table, title, caption
        engine: Any = self.get_layout_engine()
        engine.set(rect=(0, below / (height + below), 1, height / (height + below)))
        self.suptitle(title, x=0.01, ha="left", fontweight="bold")
        self.text(
            0.1 / width,
            0.06 / (height + below),
            "\n".join(lines),
            fontsize=7,
            color="#555555",
            va="bottom",
            linespacing=1.25,
        )

    def encoded(self, ending: str) -> bytes:
        """Return the figure as a file of a format.

        Raises
        ------
        AnalysisError
            There is no such format.
        """
        dates = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
        buffer = io.BytesIO()
        with rc_context(LOOK):
            self.savefig(buffer, format=known(ending, self.FORMATS), metadata=dates.get(ending))
        return buffer.getvalue()

    def write(self, path: str | Path) -> Path:
        """Write the figure in the format of the path's ending: png, svg or pdf.

        Raises
        ------
        AnalysisError
            There is no such format, or the file cannot be written.
        """
        path = Path(path)
        return write(path, self.encoded(ending_of(path, self.FORMATS)))

    def _repr_png_(self) -> bytes:
        return self.encoded("png")


@contextmanager
def look() -> Iterator[None]:
    """Draw with the look of this project, whatever the user's own settings are."""
    with rc_context(LOOK):
        yield


Axes = Any
"""matplotlib's Axes, whose methods are not worth their stubs' words here."""
