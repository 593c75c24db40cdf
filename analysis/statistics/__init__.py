"""Numbers from numbers: intervals, differences, corrections, ranks, shares, bands.

Pure functions on arrays and tidy frames; they know no study, no file and no figure. What they
promise is simulated in `benchmarks/statistics/coverage.md`.
"""
