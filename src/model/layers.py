"""The two layers as pure functions on stacked arrays, forward and backward.

Convolution with stride s, on images that have their padding already, with a bias a filter:

    z⁰_{l,m,n} = b⁰_l + Σ_{i,j} a_{l,i,j} · x_{s·m+i, s·n+j}

    M = ⌊(H + 2·padding − I) / s⌋ + 1,   N = ⌊(V + 2·padding − J) / s⌋ + 1

(the report prints a_{i,j} without the filter's index, and no bias; its M = (C−I+1+2·padding)/stride
and its N hold for stride 1 only: on 28 pixels a filter of 7 with stride 3 has 8 positions, not
22/3.) The patches of an image are laid out as a matrix, im2col, with a last row of ones: the bias
is the weight of that row, and one matrix product does both. Where a filter is as large as the image
(M·N = 1) the layer is a perceptron on the pixels, and is computed as one.

Perceptron, on the features k = l·M·N + m·N + n:

    z¹_c = b¹_c + Σ_k w_{c,k} · x¹_k

Backward, from δ¹_c = ∂E/∂x²_c φ′(z¹_c), with ∂E/∂x² as in `losses.py`, and
δ⁰_{l,m,n} = φ′(z⁰_{l,m,n}) Σ_c δ¹_c w_{c,k}:

    ∂E/∂w_{c,k} = δ¹_c x¹_k       ∂E/∂a_{l,i,j} = Σ_{m,n} δ⁰_{l,m,n} x_{s·m+i, s·n+j}
    ∂E/∂b¹_c   = δ¹_c             ∂E/∂b⁰_l     = Σ_{m,n} δ⁰_{l,m,n}

(the report omits δ's own layer and prints quotients Z/X for these products; its δx = Σ_l x sums
activations where the deltas over the positions are summed. Both are corrected here.)

Why these calls: `matmul` over a leading axis of runs makes one BLAS call a run, so a row's bits do
not depend on its neighbours; the layouts are the quickest of those that keep them.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from src.arrays import Array


def positions(pixels: int, filter_pixels: int, stride: int, padding: int) -> int:
    """Return M or N, how many positions a filter has along one side of an image."""
    return (pixels + 2 * padding - filter_pixels) // stride + 1


def patch_view(images: Array, I: int, J: int, stride: int = 1) -> Array:
    """View images (…, H, V), padded, as their patches (…, I, J, M, N), without a copy."""
    H, V = images.shape[-2:]
    M, N = (H - I) // stride + 1, (V - J) // stride + 1
    windows = ((M - 1) * stride + 1, (N - 1) * stride + 1)
    view: Array = sliding_window_view(images, windows, axis=(-2, -1))
    return view[..., :I, :J, ::stride, ::stride]


def convolve(filters: Array, patches: Array, out: Array) -> None:
    """Write z⁰ into `out`.

    Parameters
    ----------
    filters : (R, L, I·J+1), the bias in the last column
    patches : (S, b, I·J+1, M·N), ones in the last row
    out : (R, b, L, M·N)
    """
    if patches.shape[-1] > 1:
        np.matmul(filters[:, np.newaxis], patches, out=out)
    elif patches.shape[1] == 1:
        np.vecdot(filters, patches[:, :, :, 0], out=out[:, 0, :, 0])
    else:
        np.matmul(patches[..., 0], filters.mT, out=out[..., 0])


def convolution_gradient(delta: Array, patches: Array) -> Array:
    """Return Σ over the block of ∂E/∂a and, in the last column, ∂E/∂b⁰.

    Parameters
    ----------
    delta : (R, b, L, M·N), δ⁰
    patches : (S, b, I·J+1, M·N)

    Returns
    -------
    (R, L, I·J+1)
    """
    gradients: Array = np.matmul(delta, patches.mT)  # (R, b, L, I·J+1)
    total: Array = gradients[:, 0] if gradients.shape[1] == 1 else gradients.sum(axis=1)
    return total


def perceive(weights: Array, biases: Array, features: Array, out: Array) -> None:
    """Write z¹ (R, b, C) into `out`, from weights (R, C, K), biases (R, C), features (R, b, K)."""
    np.matmul(features, weights.mT, out=out)
    np.add(out, biases[:, np.newaxis], out=out)


def perceptron_back(weights: Array, delta: Array, out: Array) -> None:
    """Write ∂E/∂x¹ (R, b, K) into `out`, from weights (R, C, K) and δ¹ (R, b, C)."""
    np.matmul(delta, weights, out=out)
