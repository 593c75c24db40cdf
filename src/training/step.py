"""One step of gradient descent, and one epoch of them.

Owns when parameters change: after each sample (`batch=1`), or after each minibatch, by the mean of
the gradients of its own samples, also where the last one of an epoch is smaller.
"""

from collections.abc import Iterator

from src.arrays import Indices
from src.model.parameters import Network
from src.training.evaluation import Blocks


def minibatches(samples: Indices, batch: int) -> Iterator[Indices]:
    """Cut an epoch's samples (S, T) into minibatches (S, B)."""
    for start in range(0, samples.shape[1], batch):
        yield samples[:, start : start + batch]


def descend(network: Network, blocks: Blocks, samples: Indices) -> None:
    """Take one step down the mean gradient of one minibatch (S, B)."""
    if samples.shape[1] == 1 and network.optimizer.is_plain:
        block = blocks.of(samples)
        block.forward()
        block.backward(through=network.trains_convolution)
        block.descend()
        return
    network.clear_gradients()
    for piece in blocks.cut(samples):
        block = blocks.of(piece)
        block.forward()
        block.backward(through=network.trains_convolution)
        block.accumulate(network.trains_convolution, network.trains_perceptron)
    network.descend(samples.shape[1])


def descend_epoch(network: Network, blocks: Blocks, samples: Indices, batch: int) -> None:
    """Present all samples (S, T) once, in their order; nothing happens where nothing learns."""
    if network.trains_convolution or network.trains_perceptron:
        for minibatch in minibatches(samples, batch):
            descend(network, blocks, minibatch)
