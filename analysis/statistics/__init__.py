"""Numbers from numbers: intervals, differences, corrections, ranks, shares, bands.

Pure functions on arrays and tidy frames; they know no study, no file and no figure. What they
promise is simulated in `benchmarks/statistics/coverage.md`.
"""

from typing import Literal

Centre = Literal["mean", "median"]
"""What stands for many values: with Student's t interval, or one between order statistics."""

Test = Literal["permutation", "t"]
"""How a difference is tested: by sign flips of the pairs, or by Student's t."""
