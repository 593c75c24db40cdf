"""The verdicts, put into a Markdown file between two marks, with their figure beside it.

Owns the marks and the table as a reader of a README wants it; its numbers come from files that
`reproduce` wrote.
"""

from pathlib import Path

import pandas as pd

from analysis.claims.table import show_estimate, show_p
from analysis.errors import AnalysisError
from src.storage.files import replace

BEGIN, END = "<!-- verdicts -->", "<!-- end of verdicts -->"
FIGURE = Path("figures", "seed_report.png")


def publish(out: Path, readme: Path) -> list[Path]:
    """Put the verdicts of a folder into a Markdown file, their figure beside it; return both paths.

    Raises
    ------
    AnalysisError
        The file has no place for them, or they have not been made.
    """
    text = readme.read_text("utf-8")
    if BEGIN not in text or END not in text:
        raise AnalysisError(f"{readme} must have a line {BEGIN} and a line {END}")
    if not (out / "verdicts.csv").exists():
        raise AnalysisError(f"{out} has no verdicts: python -m analysis reproduce makes them")
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    block = table(pd.read_csv(out / "verdicts.csv"))
    (readme.parent / FIGURE.parent).mkdir(parents=True, exist_ok=True)
    replace(readme.parent / FIGURE, (out / "verdicts.png").read_bytes())
    replace(readme, f"{before}{BEGIN}\n{block}{END}{after}".encode())
    return [readme.parent / FIGURE, readme]


def table(verdicts: pd.DataFrame) -> str:
    """Return the verdicts as a Markdown table."""
    again = "again" in verdicts
    heads = ["the report says", "tested", "n", "difference", "p", "verdict"]
    heads += ["again"] if again else []
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for _, row in verdicts.iterrows():
        more = f" (part {row['part']} of {row['parts']} decides)" if row["parts"] > 1 else ""
        exact = pd.isna(row["p"])
        cells = [
            f"“{row['quote']}”",
            f"{row['statement']}{more}",
            f"{row['n']} runs" if exact and row["n"] else str(row["n"]),
            show_estimate(row) if not exact else f"off by {row['difference']:.1g}",
            show_p(row),
            f"**{row['verdict']}**",
            *([str(row["again"])] if again else []),
        ]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"
