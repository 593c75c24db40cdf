"""Training: stacks of runs, a step, evaluation, probes, divergence, and the loop over epochs."""
