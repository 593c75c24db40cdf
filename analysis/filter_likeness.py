"""What filters look like: the numbers behind "it resembles a 3".

Owns how like whole filters are to the mean images of digits (Pearson's correlation over the pixels,
as in `analysis.resemblance`, for many filters at once), which digit a filter seeks, and how like
two filters are. Pure functions on arrays.

Shapes: L filters of H×V pixels, D digits with a mean image each.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ALIKE = 0.7
"""Two filters look very similar from this cosine on: they are less than 45° apart."""
EXPLICIT = 0.5
"""A filter shows a digit by itself from this correlation with its mean image on."""
NOISE = 0.2
"""A filter looks like noise below this correlation; white noise stays below 0.12."""


def correlations(filters: Floats, images: Floats) -> Floats:
    """Return Pearson's correlation of every filter (…, L, H, V) with every image (D, H, V).

    Returns
    -------
    (…, L, D), 0 for a filter of one grey.
    """
    return np.asarray(_unit(filters) @ _unit(images).T)


def cosine(filters: Floats) -> Floats:
    """Return the cosine between the first two filters (…, L, H, V), without centring: (…,)."""
    flat = filters[..., :2, :, :].reshape(*filters.shape[:-3], 2, -1).astype(np.float64)
    size = np.linalg.norm(flat, axis=-1).prod(axis=-1)
    product = np.einsum("...p,...p->...", flat[..., 0, :], flat[..., 1, :])
    return np.asarray(np.divide(product, size, out=np.zeros_like(product), where=size > 0))


def sought(filters: Floats, images: Floats) -> NDArray[np.intp]:
    """Return the place of the image that every filter answers most strongly, (…, L).

    A filter's answer is its product with the image, as in the network.
    """
    flat = filters.reshape(*filters.shape[:-2], -1).astype(np.float64)
    return np.asarray((flat @ images.reshape(len(images), -1).astype(np.float64).T).argmax(axis=-1))


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


def _unit(images: Floats) -> Floats:
    flat = images.reshape(*images.shape[:-2], -1).astype(np.float64)
    whole = np.linalg.norm(flat, axis=-1, keepdims=True)
    flat = flat - flat.mean(axis=-1, keepdims=True)
    size = np.linalg.norm(flat, axis=-1, keepdims=True)
    there = size > 1e-12 * whole  # what is left of one grey is rounding
    return np.asarray(np.divide(flat, size, out=np.zeros_like(flat), where=there))
