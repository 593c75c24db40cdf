"""Simulates what the statistics promise and writes benchmarks/statistics/coverage.md.

Run it from the top of the repository, about two minutes on one core:

    python -m benchmarks.statistics.coverage
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy loads

from collections.abc import Callable
from pathlib import Path

from benchmarks.statistics import designs, families, gates, groups
from benchmarks.statistics.samples import Row

SECTIONS: dict[str, tuple[str, Callable[[], list[Row]]]] = {
    "Intervals for one group, at 95 %": (
        "values | n | mean: Student's t | six means at once: Bonferroni | "
        "median: order statistics | standard deviation: chi-square",
        groups.intervals,
    ),
    "Wilson's interval for k of n, at 95 %": ("n | mean over true rates | worst", groups.wilson),
    "Bands over 101 epochs, at 95 %": (
        "curves | seeds | simultaneous band holds everywhere | pointwise band does",
        groups.bands,
    ),
    "A difference of two levels, paired by seed, at 95 %": (
        "values | seeds | interval holds",
        families.differences,
    ),
    "Families of intervals: all 6 hold at once, at 95 %": (
        "truth | test | seeds | all hold | any false alarm | contradict their verdict",
        families.together,
    ),
    "False alarms: 12 equal configurations, 66 pairs, Holm at 5 %": (
        "test | seeds | values | sweeps with an alarm",
        families.false_alarms,
    ),
    "False alarms: two equal levels, tuned, 12 seeds, at 5 %": (
        "truth | choices repeated | plain test on the scores",
        families.tuned,
    ),
    "Seeds needed for 80 % power": ("difference | tests | seeds | power", families.power),
    "Shares of variance, at 95 %": (
        "values | size | effect | truth | mean estimate | interval holds",
        designs.shares,
    ),
    "Variance components, at 95 %": (
        "values | size | stream | truth | mean estimate | interval holds",
        designs.variances,
    ),
    "The gate, at 5 %: normal values, a margin of one standard deviation of a seed's gain": (
        "runs | metrics | seeds | no difference: worse | no difference: not worse | "
        "a loss of two margins: worse | a loss of two margins: not worse",
        gates.gates,
    ),
    "The gate, at 5 %: its errors on other values, one metric": (
        "values | runs | seeds | no difference: worse | a loss of two margins: not worse",
        gates.shapes,
    ),
}


def main() -> None:
    """Write the tables."""
    text = [
        "# What the statistics promise, simulated",
        "Made by `python -m benchmarks.statistics.coverage`; in brackets 99 % bounds of the "
        "simulation.",
    ]
    for title, (head, section) in SECTIONS.items():
        rows = [
            f"| {head} |",
            "|" + " --- |" * (head.count("|") + 1),
            *(f"| {' | '.join(row)} |" for row in section()),
        ]
        text.append(f"## {title}\n\n" + "\n".join(rows))
        print(text[-1], flush=True)
    Path(__file__).with_name("coverage.md").write_text("\n\n".join(text) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
