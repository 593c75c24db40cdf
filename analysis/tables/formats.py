r"""A table in text, Markdown, LaTeX (booktabs), CSV and Parquet.

The first three are the readable view with the caption, the last two every number in full. No
template engine: a LaTeX table is `&` and `\\`.
"""

import io
import re
import textwrap
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pandas as pd

WIDTH = 100


class Printable(Protocol):
    """What can be printed: a frame of numbers with a title, a caption and a readable view."""

    title: str
    caption: str

    def view(self) -> "pd.DataFrame":
        """Return what people read: cells of text under their heads."""


_LATEX = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "±": r"$\pm$",
    "×": r"$\times$",
    "−": r"$-$",
    "½": r"$\tfrac12$",
    "‖": r"$\|$",
    "²": r"$^2$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "—": "---",
    "–": "--",
    "…": r"\dots{}",
    "δ": r"$\delta$",
    "→": r"$\to$",
    "σ": r"$\sigma$",
    "ε": r"$\varepsilon$",
    "·": r"$\cdot$",
}


def text(table: Printable, most: int | None = None) -> str:
    """Return title, readable view and caption as plain text."""
    view = table.view()
    cut = view if most is None else view.head(most)
    cells = [list(map(str, view.columns)), *cut.to_numpy().tolist()]
    widths = [max(len(row[i]) for row in cells) for i in range(len(view.columns))]
    right = [_is_number(cut[head].tolist()) for head in view.columns]
    lines = [
        " "
        + "   ".join(
            c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in cells
    ]
    lines.insert(1, " " + "─" * (sum(widths) + 3 * (len(widths) - 1)))
    if len(cut) < len(view):
        lines.append(f" … {len(view) - len(cut)} rows more")
    wrapped = textwrap.wrap(table.caption, WIDTH)
    return "\n".join([table.title, "", *lines, *([""] if wrapped else []), *wrapped]) + "\n"


def _is_number(cells: list[str]) -> bool:
    known = [cell for cell in cells if cell not in ("—", "")]
    return bool(known) and all(cell[0].isdigit() or cell[0] in "-<" for cell in known)


def markdown(table: Printable) -> str:
    """Return title, readable view and caption as Markdown."""
    view = table.view()
    heads = list(map(str, view.columns))
    rows = [heads, ["---"] * len(heads), *view.to_numpy().tolist()]
    lines = ["| " + " | ".join(map(_unmarked, row)) + " |" for row in rows]
    return "\n".join([f"**{table.title}**", "", *lines, "", table.caption]).rstrip() + "\n"


def _unmarked(cell: str) -> str:
    """Return a cell in which nothing is markup: no column, tag, link, code or emphasis."""
    return re.sub(r"[|`*\\]|<(?=[A-Za-z/!?])|(?<=\])(?=\()", r"\\\g<0>", cell)


def latex(table: Printable) -> str:
    """Return a LaTeX table for the package booktabs."""
    view = table.view()
    align = "".join("r" if _is_number(view[head].tolist()) else "l" for head in view.columns)
    rows = [" & ".join(map(escape, row)) + r" \\" for row in view.to_numpy().tolist()]
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{escape(_sentences(table))}}}",
            rf"\begin{{tabular}}{{{align}}}",
            r"\toprule",
            " & ".join(map(escape, map(str, view.columns))) + r" \\",
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def _sentences(table: Printable) -> str:
    """Return title and caption, each a sentence that ends once."""
    end = "" if table.title.endswith(("?", ".", "!")) else "."
    return f"{table.title}{end} {table.caption}".strip()


def escape(words: str) -> str:
    """Return words in which nothing is a command of LaTeX."""
    return "".join(_LATEX.get(sign, sign) for sign in words)


def csv(table: "pd.DataFrame") -> str:
    """Return every number in full; text that a spreadsheet would compute begins with `'`."""
    return table.map(_not_computed).rename(columns=_not_computed).to_csv(index=False)


def _not_computed(cell: Any) -> Any:
    """Keep a cell from being taken for a formula (OWASP, CSV injection)."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in tuple("=+-@\t\r") else cell


def parquet(table: "pd.DataFrame") -> bytes:
    """Return every number in full, with its type."""
    import pandas as pd

    buffer = io.BytesIO()
    plain = pd.DataFrame(table)
    mixed = [name for name in plain if plain[name].dtype == object]
    plain.astype(dict.fromkeys(mixed, "str")).to_parquet(buffer, index=False)
    return buffer.getvalue()


ENCODERS: Mapping[str, Callable[[Any], bytes]] = {
    "txt": lambda table: text(table).encode(),
    "md": lambda table: markdown(table).encode(),
    "tex": lambda table: latex(table).encode(),
    "csv": lambda table: csv(table).encode(),
    "parquet": parquet,
}
