"""Block: b samples a run on their way through the network, forward and backward.

Owns the work buffers. They are allocated once, so that a training step of a small network is little
more than its BLAS calls; every step of an epoch reuses them.
"""

from itertools import groupby

import numpy as np

from src.arrays import Array, Indices
from src.model import layers
from src.model.activations import Act
from src.model.arena import Arena
from src.model.blas import Outer
from src.model.parameters import Network


class Block:
    """Work buffers for b samples a run, bound to one network's arrays.

    Parameters
    ----------
    network
        Its parameters are read, and changed in place.
    images : (N, H, V)
        The pixels that samples are gathered from.
    targets : (N, C)
        Their classes, one-hot.
    shared
        Whether all runs see the same samples: S = 1, else S = R.
    b
        Samples a run.
    """

    def __init__(
        self, network: Network, images: Array, targets: Array, shared: bool, b: int
    ) -> None:
        p, g = network.parameters, network.gradients
        R, L, rows = p.filters.shape
        C, K = p.weights.shape[1:]
        S = 1 if shared else R
        (I, J), positions = network.kernel, K // L

        arena = Arena(
            images.dtype,
            *[(S, b, *images.shape[1:]), (S, b, rows, positions), (S, b, C)],
            *[(R, b, K)] * 3,
            *[(R, b, C)] * 5,
        )
        buffer = arena.array

        self.network, self.images, self.targets, self.b = network, images, targets, b
        self.gathered = buffer(S, b, *images.shape[1:])
        self.patches = buffer(S, b, rows, positions)
        self.patches[:, :, -1] = 1  # the bias is the weight of this row
        windows = layers.patch_view(self.gathered, I, J, network.stride)
        self._windows, self._columns = windows, self.patches[:, :, :-1].reshape(windows.shape)
        self.target = buffer(S, b, C)
        self.x1 = buffer(R, b, K)
        self.slope1, self.delta1 = buffer(R, b, K), buffer(R, b, K)
        self.x2 = buffer(R, b, C)
        self.errors, self.slope2 = buffer(R, b, C), buffer(R, b, C)
        self.delta2, self.scaled2 = buffer(R, b, C), buffer(R, b, C)
        self._maps = self.x1.reshape(R, b, L, positions)
        self._delta_maps = self.delta1.reshape(R, b, L, positions)
        self._hidden = _by_act(network.acts, self.x1, self.slope1)
        acts_out = (Act.none,) * R if network.loss.of_z else network.acts_out
        self._outputs = _by_act(acts_out, self.x2, self.slope2)
        self._lrA = network.lrA.reshape(R, 1, 1)
        self._lrW = network.lrW.reshape(R, 1, 1)
        self._whole = positions == 1
        """The filters are as large as the image: their gradient is an outer product too."""
        if self._whole:
            pixels = self.patches.reshape(S, b, rows)
            self._add_filters = Outer(g.filters, pixels, self.delta1)
            self._subtract_filters = Outer(p.filters, pixels, self.delta1)
        self._add_weights = Outer(g.weights, self.x1, self.delta2)
        self._subtract_weights = Outer(p.weights, self.x1, self.scaled2)

    def gather(self, samples: Indices) -> None:
        """Fetch patches and targets of the samples (S, b)."""
        np.take(self.images, samples, axis=0, out=self.gathered, mode="clip")
        np.copyto(self._columns, self._windows)
        np.take(self.targets, samples, axis=0, out=self.target, mode="clip")

    def forward(self) -> None:
        """Compute the activations x1 (R, b, K), x2 (R, b, C), and the errors ∂E/∂x2.

        Where the loss is one of pre-activations, x2 holds these.
        """
        p = self.network.parameters
        layers.convolve(p.filters, self.patches, self._maps)
        for act, x, _ in self._hidden:
            act.apply(x)
        layers.perceive(p.weights, p.biases, self.x1, self.x2)
        for act, x, _ in self._outputs:
            act.apply(x)
        self.network.loss.gradient(self.x2, self.target, self.errors)

    def total_loss(self) -> Array:
        """Return Σ E over the samples that went forward: (R,)."""
        return self.network.loss.total(self.x2, self.target, self.errors)

    def backward(self, through: bool = True) -> None:
        """Compute δ¹ in `delta2` (R, b, C) and, if `through`, δ⁰ in `delta1` (R, b, K)."""
        for act, x, slope in self._outputs:
            act.slope(x, slope)
        np.multiply(self.errors, self.slope2, out=self.delta2)
        if through:
            layers.perceptron_back(self.network.parameters.weights, self.delta2, self.delta1)
            for act, x, slope in self._hidden:
                act.slope(x, slope)
            np.multiply(self.delta1, self.slope1, out=self.delta1)

    def accumulate(self, convolution: bool = True, perceptron: bool = True) -> None:
        """Add the block's gradients to the network's sums."""
        g = self.network.gradients
        if convolution and self._whole:
            self._add_filters.add(1)
        elif convolution:
            g.filters += layers.convolution_gradient(self._delta_maps, self.patches)
        if perceptron:
            self._add_weights.add(1)
            g.biases += self.delta2.sum(axis=1)

    def descend(self) -> None:
        """Step plainly down the gradient of a single sample (b = 1), never forming a large one.

        The gradients of weights and whole-image filters are outer products: one pass over the
        parameters subtracts them.
        """
        p = self.network.parameters
        if self.network.trains_convolution and self._whole:
            np.multiply(self.delta1, self._lrA, out=self.delta1)
            self._subtract_filters.add(-1)
        elif self.network.trains_convolution:
            step = layers.convolution_gradient(self._delta_maps, self.patches)
            np.multiply(step, self._lrA, out=step)
            np.subtract(p.filters, step, out=p.filters)
        if self.network.trains_perceptron:
            np.multiply(self.delta2, self._lrW, out=self.scaled2)
            self._subtract_weights.add(-1)
            np.subtract(p.biases, self.scaled2[:, 0], out=p.biases)


def _by_act(acts: tuple[Act, ...], x: Array, slope: Array) -> list[tuple[Act, Array, Array]]:
    """Cut activations and slopes (R, …) into the runs of consecutive rows with one activation."""
    cuts, start = [], 0
    for act, same in groupby(acts):
        end = start + len(list(same))
        cuts.append((act, x[start:end], slope[start:end]))
        start = end
    return cuts
