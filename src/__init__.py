"""Sweepscope's engine: a NumPy network, trained for many configurations at once.

The shape alphabet, used in every docstring and trailing comment of this package:

    R     runs in a stack: the leading axis of arrays, or the last one where it is said
    S     R, or 1 where all runs of a stack share their samples
    T     training samples of a run           TT   its test samples
    B     samples in a minibatch              b    samples in a block, computed at once
    L     filters                             I×J  pixels of a filter
    H×V   pixels of an image                  M×N  positions of a filter (`model.layers`)
    K     features, K = L·M·N                 C    classes, one output each

The letters are those of the report that this project grew out of, but for its R outputs, which
are C here: R is the axis of runs and nothing else.

`src` defines; only `train.py` acts. This file imports nothing: the command line sets the number
of BLAS threads before NumPy loads.
"""

ENGINE_VERSION = 2
"""Part of every run's identity; raised by hand whenever the same config gives other results."""
