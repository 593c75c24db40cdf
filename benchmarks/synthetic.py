"""Digits that nobody wrote: random pixels in IDX files, as many as MNIST has."""

import struct
from pathlib import Path

import numpy as np


def write_digits(folder: Path, training: int = 60_000, test: int = 10_000) -> None:
    """Write the four IDX files of a set of random 28×28 images with labels 0 … 9.

    Half of the pixels are background, as in MNIST most are.
    """
    rng = np.random.default_rng(0)
    for name, count in (("train", training), ("t10k", test)):
        images = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        images[rng.random((count, 28, 28), dtype=np.float32) < 0.5] = 0
        labels = rng.integers(0, 10, count, dtype=np.uint8)
        for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
            header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
            (folder / f"{name}-{kind}-ubyte").write_bytes(header + array.tobytes())
