"""Numbers as text for a page: rounded, shuffled, compressed, base64.

Owns the precision that a page promises, and how its script finds the numbers again
(`script/data.js` undoes what stands here).
"""

import base64
import gzip
import json
from typing import Any

import numpy as np

from analysis.arrays import Floats

KEPT_BITS = 12
"""Of a number's 24 significant bits in float32."""

PRECISION = 2.0**-KEPT_BITS
"""How far a number on the page may lie from the study's, relative to its size."""


def rounded(values: Floats) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Round to `KEPT_BITS` significant bits, in float32; NaN and infinities stay."""
    narrow = values.astype(np.float32)
    bits = narrow.view(np.uint32)
    drop = 24 - KEPT_BITS
    nearest = ((bits + np.uint32(1 << (drop - 1))) >> np.uint32(drop)) << np.uint32(drop)
    return np.where(np.isfinite(narrow), nearest.view(np.float32), narrow)


def packed(values: Floats) -> dict[str, Any]:
    """Return an array's shape and its numbers as base64 of gzip.

    The bytes of equal weight stand together, little end first, which halves the size.
    """
    planes = rounded(values).astype("<f4").reshape(-1, 1).view(np.uint8).T
    return {"shape": list(values.shape), "data": _text(planes.tobytes())}


def packed_images(images: Floats) -> dict[str, Any]:
    """Return images as bytes from 0 to 254 on one symmetric scale, 127 is 0; 255 is not finite."""
    finite = np.isfinite(images)
    scale = float(np.abs(images[finite]).max(initial=0.0)) or 1.0
    levels = np.where(finite, np.rint(images / scale * 127.0) + 127.0, 255.0)
    return {
        "shape": list(images.shape),
        "scale": scale,
        "data": _text(levels.astype(np.uint8).tobytes()),
    }


def in_script(value: Any) -> str:
    """Return JSON that can stand inside a script element: no markup, no line ends of JavaScript."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _text(data: bytes) -> str:
    return base64.b64encode(gzip.compress(data, 9, mtime=0)).decode("ascii")
