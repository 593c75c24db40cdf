"""What filters look like: the numbers behind "it resembles a 3".

Owns how like whole filters are to the mean images of digits, which digit a filter answers most
strongly, and how like two filters are, for claims and figures alike. Pure functions on arrays.

Shapes: L filters of H×V pixels, D digits with a mean image each.
"""

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError

Floats = NDArray[np.float64]

ALIKE = 0.7
"""Two filters look very similar from this cosine on: they are less than 45° apart."""
EXPLICIT = 0.5
"""A filter shows a digit by itself from this correlation with its mean image on."""
NOISE = 0.2
"""A filter looks like noise below this correlation; white noise stays below 0.12."""


def correlations(filters: Floats, images: Floats) -> Floats:
    """Return Pearson's correlation of every filter (…, L, H, V) with every image (D, H, V).

    Over the pixels: neither the brightness of a filter nor its scale makes it like a digit.

    Returns
    -------
    (…, L, D), 0 for a filter of one grey, NaN for one that is not finite.

    Raises
    ------
    AnalysisError
        Filters are not as large as the images.
    """
    _check_size(filters, images)
    return np.asarray(_unit(filters) @ _unit(images).T)


def cosine(filters: Floats) -> Floats:
    """Return the cosine between the first two filters (…, L, H, V), without centring.

    Returns
    -------
    (…,), 0 where a filter is zero, NaN where one is not finite.
    """
    flat = _flat(filters[..., :2, :, :])
    size = np.linalg.norm(flat, axis=-1).prod(axis=-1)
    product = np.einsum("...p,...p->...", flat[..., 0, :], flat[..., 1, :])
    return np.asarray(np.divide(product, size, out=np.zeros_like(product), where=size != 0))


def strongest(filters: Floats, images: Floats) -> NDArray[np.intp]:
    """Return the place of the image (D, H, V) that every filter answers most strongly, (…, L).

    A filter's answer is its product with the image, as in the network.

    Raises
    ------
    AnalysisError
        Filters are not as large as the images.
    """
    _check_size(filters, images)
    return np.asarray((_flat(filters) @ _flat(images).T).argmax(axis=-1))


def overlay(filters: Floats, first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Compare filters (…, L, H, V) with one mean image laid over another (H, V).

    Returns
    -------
    likeness : (…, L) the size of the correlation with first − second
    excess : (…, L) by how much it is above the larger size of those with either image alone
    """
    laid = correlations(filters, np.stack([first - second]))
    alone = correlations(filters, np.stack([first, second]))
    likeness: Floats = np.abs(laid[..., 0])
    return likeness, np.asarray(likeness - np.abs(alone).max(axis=-1))


def _check_size(filters: Floats, images: Floats) -> None:
    if filters.shape[-2:] != images.shape[-2:]:
        sizes = ["×".join(map(str, array.shape[-2:])) for array in (filters, images)]
        raise AnalysisError(
            f"filters must be as large as the images to be like them: {sizes[1]}, got {sizes[0]}"
        )


def _flat(images: Floats) -> Floats:
    """Return images (…, H, V) as rows of pixels; NaN throughout where one is not finite."""
    flat = images.reshape(*images.shape[:-2], -1).astype(np.float64)
    return np.where(np.isfinite(flat).all(axis=-1, keepdims=True), flat, np.nan)


def _unit(images: Floats) -> Floats:
    flat = _flat(images)
    whole = np.linalg.norm(flat, axis=-1, keepdims=True)
    flat = flat - flat.mean(axis=-1, keepdims=True)
    size = np.linalg.norm(flat, axis=-1, keepdims=True)
    grey = size <= 1e-12 * whole  # what is left of one grey is rounding
    return np.asarray(np.divide(flat, size, out=np.zeros_like(flat), where=~grey))
