"""Table: a tidy frame of numbers that knows how a reader wants to see it.

Owns the readable view (an estimate with its interval in one cell), the caption, and the formats.
As a frame it has every number in full; what is derived from it is a plain frame.
"""

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from analysis.files import TABLES, ending_of, write
from analysis.tables.formats import ENCODERS, text

Show = Callable[[pd.Series], str]


class Table(pd.DataFrame):
    """A frame with a title, a caption and a readable view.

    Parameters
    ----------
    frame : tidy numbers
    title : what it answers
    caption : what its numbers rest on, in sentences
    columns : the readable columns: a head with the name of a column of the frame, or with a
        function from a row to its words; all columns of the frame unless given
    """

    FORMATS: ClassVar[tuple[str, ...]] = TABLES

    _metadata = ["title", "caption", "shown_as"]  # noqa: RUF012  pandas' own way

    def __init__(
        self,
        frame: pd.DataFrame,
        title: str,
        caption: str = "",
        columns: dict[str, str | Show] | None = None,
    ) -> None:
        super().__init__(frame.reset_index(drop=True))  # type: ignore[call-arg]
        self.title, self.caption = title, caption
        self.shown_as = columns or {str(name): str(name) for name in frame.columns}

    @property
    def _constructor(self) -> Callable[..., pd.DataFrame]:
        return pd.DataFrame

    def view(self) -> pd.DataFrame:
        """Return the readable view: words only, a column a head."""
        rows = [row for _, row in self.iterrows()]
        return pd.DataFrame(
            {
                head: [
                    how(row) if callable(how) else words(row[how], _resolution(self[how]))
                    for row in rows
                ]
                for head, how in self.shown_as.items()
            }
        ).astype(object)

    def to_text(self, most: int | None = None) -> str:
        """Return title, readable view and caption as plain text.

        Parameters
        ----------
        most : the most rows to show
        """
        return text(self, most)

    def write(self, path: str | Path) -> Path:
        """Write the table in the format of the path's ending: csv, parquet, txt, md or tex.

        Raises
        ------
        AnalysisError
            There is no such format, or the file cannot be written.
        """
        path = Path(path)
        return write(path, ENCODERS[ending_of(path, self.FORMATS)](self))

    def __repr__(self) -> str:
        return self.to_text(60)

    def __str__(self) -> str:
        return self.to_text(60)

    def _repr_html_(self) -> str:
        view = self.view().head(60).to_html(index=False, border=0, escape=True)
        more = f"<p>… {len(self) - 60} rows more</p>" if len(self) > 60 else ""
        title = f"<p><b>{escape(self.title)}</b></p>"
        return f"{title}{view}{more}<p><small>{escape(self.caption)}</small></p>"


def words(value: Any, digits: int = 4) -> str:
    """Return a value as a reader wants to see it.

    Parameters
    ----------
    value : of a cell
    digits : after the point, of a number that is not whole
    """
    if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return "—"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        size = abs(float(value))
        if 0.0 < size < float(10.0**-digits) or size >= 1e6:
            return f"{value:.2g}"
        return f"{value:.{digits}f}"
    return str(value)


def level(value: Any) -> str:
    """Return the level of a factor as it is named at the shell."""
    return f"{value:g}" if isinstance(value, float | np.floating) else str(value)


def estimate(name: str) -> Show:
    """Return how to show `name` with its interval from `name_low` to `name_high`."""

    def show(row: pd.Series) -> str:
        value, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
        if np.isnan(value):
            return "—"
        digits = _digits(high - low, value)
        if np.isnan(low) or np.isnan(high):
            return words(float(value), digits)
        return f"{value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"

    return show


def _digits(width: float, value: float) -> int:
    """Return as many digits as the interval gives a meaning to."""
    scale = float(width if np.isfinite(width) and width > 0 else abs(value) / 10)
    return int(np.clip(1 - np.floor(np.log10(scale)), 0, 6)) if scale > 0.0 else 4


def p_value(column: str) -> Show:
    """Return how to show a p value."""
    return lambda row: "—" if np.isnan(row[column]) else _p(float(row[column]))


def _p(p: float) -> str:
    return "<0.0001" if p < 1e-4 else f"{p:.2g}" if p < 0.1 else f"{p:.2f}"


def levels(names: Sequence[str]) -> dict[str, str | Show]:
    """Return how to show the levels of factors."""

    def of(name: str) -> Show:
        return lambda row: level(row[name])

    return {name: of(name) for name in names}


def _resolution(column: pd.Series) -> int:
    if pd.api.types.is_integer_dtype(column):  # a row of numbers makes floats of them
        return 0
    if not pd.api.types.is_float_dtype(column):
        return 4
    known = column.dropna().to_numpy(dtype=np.float64)
    return 0 if known.size and (known == np.round(known)).all() and np.abs(known).max() < 1e6 else 4
