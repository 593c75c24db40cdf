"""The report's network in plain loops: an oracle that shares no arithmetic with the engine.

Owns its own forward and backward pass, update and evaluation, on Python floats, position by
position. It starts where the engine starts (subset, initial weights, orders), and that is all they
have in common.
"""

import math
from dataclasses import dataclass

import numpy as np

from src.data.datasets import Dataset
from src.data.subsets import subset
from src.model.activations import Act
from src.run import Run, Stream
from tests.support.formulas import phi, slope

Image = list[list[float]]


@dataclass
class Net:
    """The four parameter groups, or their gradients, of one network."""

    filters: list[list[list[float]]]  # [l][i][j]
    filter_biases: list[float]
    weights: list[list[float]]  # [c][k]
    biases: list[float]


@dataclass
class Pass:
    """What one sample leaves behind on its way forward."""

    z0: list[float]  # k = l·MN + m·N + n
    x1: list[float]
    z1: list[float]
    x2: list[float]


@dataclass
class Learned:
    """What one run leaves behind."""

    curves: dict[str, list[float]]
    net: Net
    confusion: list[list[int]]


def forward(run: Run, net: Net, image: Image) -> Pass:
    """Present one image."""
    M, N = len(image) - run.I + 1, len(image[0]) - run.J + 1
    z0 = []
    for f in range(run.L):
        for m in range(M):
            for n in range(N):
                z = net.filter_biases[f]
                for i in range(run.I):
                    for j in range(run.J):
                        z += net.filters[f][i][j] * image[m + i][n + j]
                z0.append(z)
    x1 = [phi(run.act, z) for z in z0]
    z1 = []
    for c in range(len(net.biases)):
        z = net.biases[c]
        for k in range(len(x1)):
            z += net.weights[c][k] * x1[k]
        z1.append(z)
    return Pass(z0, x1, z1, [phi(run.act_out, z) for z in z1])


def backward(run: Run, net: Net, image: Image, seen: Pass, answer: int, sums: Net) -> None:
    """Add the gradient of one sample's loss to the sums."""
    M, N = len(image) - run.I + 1, len(image[0]) - run.J + 1
    deltas = []
    for c in range(len(net.biases)):
        target = 1.0 if c == answer else 0.0
        deltas.append((seen.x2[c] - target) * slope(run.act_out, seen.z1[c]))
        sums.biases[c] += deltas[c]
        for k in range(len(seen.x1)):
            sums.weights[c][k] += deltas[c] * seen.x1[k]
    for f in range(run.L):
        for m in range(M):
            for n in range(N):
                k = f * M * N + m * N + n
                back = 0.0
                for c in range(len(deltas)):
                    back += deltas[c] * net.weights[c][k]
                back *= slope(run.act, seen.z0[k])
                sums.filter_biases[f] += back
                for i in range(run.I):
                    for j in range(run.J):
                        sums.filters[f][i][j] += back * image[m + i][n + j]


def zeros_like(net: Net) -> Net:
    """Return a network of the same shape, all zero."""
    return Net(
        [[[0.0] * len(row) for row in one] for one in net.filters],
        [0.0] * len(net.filter_biases),
        [[0.0] * len(row) for row in net.weights],
        [0.0] * len(net.biases),
    )


def descend(run: Run, net: Net, sums: Net, samples: int) -> None:
    """Step down the mean of gradients that were summed over some samples."""
    for f in range(run.L):
        net.filter_biases[f] -= run.lrA * sums.filter_biases[f] / samples
        for i in range(run.I):
            for j in range(run.J):
                net.filters[f][i][j] -= run.lrA * sums.filters[f][i][j] / samples
    for c in range(len(net.biases)):
        net.biases[c] -= run.lrW * sums.biases[c] / samples
        for k in range(len(net.weights[c])):
            net.weights[c][k] -= run.lrW * sums.weights[c][k] / samples


def decide(x2: list[float]) -> int:
    """Return the first of the largest outputs."""
    best = 0
    for c in range(len(x2)):
        if x2[c] > x2[best]:
            best = c
    return best


def measure(run: Run, net: Net, digits: list[tuple[Image, int]]) -> tuple[float, float]:
    """Return the mean loss and the accuracy."""
    loss, right = 0.0, 0
    for image, answer in digits:
        x2 = forward(run, net, image).x2
        for c in range(len(x2)):
            loss += 0.5 * (x2[c] - (1.0 if c == answer else 0.0)) ** 2
        right += decide(x2) == answer
    return loss / len(digits), right / len(digits)


def conv_numbers(net: Net) -> list[float]:
    """Return all numbers of the convolution."""
    return [a for one in net.filters for row in one for a in row] + net.filter_biases


def perceptron_numbers(net: Net) -> list[float]:
    """Return all numbers of the perceptron."""
    return [w for row in net.weights for w in row] + net.biases


def similarity(net: Net) -> float:
    """Return the mean cosine between two different filters; NaN where there is none."""
    flat = [[a for row in one for a in row] for one in net.filters]
    cosines = []
    for f in range(len(flat)):
        for g in range(f):
            lengths = math.hypot(*flat[f]) * math.hypot(*flat[g])
            if lengths == 0:
                return math.nan
            cosines.append(sum(a * b for a, b in zip(flat[f], flat[g], strict=True)) / lengths)
    return sum(cosines) / len(cosines) if cosines else math.nan


def flat_shares(act: Act, z: list[list[float]]) -> tuple[float, float]:
    """Return the shares of saturated (unit, digit) pairs and of dead units; z is [digit][unit]."""
    flat = [[slope(act, value) < 0.05 * act.steepest for value in of_digit] for of_digit in z]
    units = len(z[0])
    dead = sum(all(of_digit[unit] for of_digit in flat) for unit in range(units))
    return sum(map(sum, flat)) / (units * len(z)), dead / units


def evaluate(
    run: Run, net: Net, train: list[tuple[Image, int]], test: list[tuple[Image, int]]
) -> dict[str, float]:
    """Return every curve's value; there are at most 1,000 training digits."""
    values = dict(zip(("train_loss", "train_acc"), measure(run, net, train), strict=True))
    values |= zip(("test_loss", "test_acc"), measure(run, net, test), strict=True)
    sums, z0, z1 = zeros_like(net), [], []
    for image, answer in train:
        seen = forward(run, net, image)
        backward(run, net, image, seen, answer, sums)
        z0.append(seen.z0)
        z1.append(seen.z1)
    values["conv_norm"] = math.hypot(*conv_numbers(net))
    values["perceptron_norm"] = math.hypot(*perceptron_numbers(net))
    values["conv_grad_norm"] = math.hypot(*conv_numbers(sums)) / len(train)
    values["perceptron_grad_norm"] = math.hypot(*perceptron_numbers(sums)) / len(train)
    values["conv_saturated"], values["conv_dead"] = flat_shares(run.act, z0)
    values["perceptron_saturated"], values["perceptron_dead"] = flat_shares(run.act_out, z1)
    values["filter_similarity"] = similarity(net)
    return values


def start(run: Run, dataset: Dataset) -> Net:
    """Return the network before training."""
    M, N = run.positions(dataset)
    a, w = run.init.draw(
        (run.L, run.I * run.J),
        (len(run.classes), run.L * M * N),
        M * N,
        run.init_scale,
        run.rng(Stream.init),
    )
    filters = a.reshape(run.L, run.I, run.J).tolist()
    return Net(filters, [0.0] * run.L, w.tolist(), [0.0] * len(run.classes))


def draw_digits(
    run: Run, dataset: Dataset
) -> tuple[list[tuple[Image, int]], list[tuple[Image, int]]]:
    """Return the training and the test digits, each an image of 0..1 and its output."""
    drawn = subset(dataset, run.classes, run.T, run.TT, run.rng(Stream.subset))

    def digit(at: int) -> tuple[Image, int]:
        image = [[int(pixel) / 255 for pixel in row] for row in dataset.images[at]]
        return image, run.classes.index(int(dataset.labels[at]))

    train, test = ([digit(int(at)) for at in indices] for indices in drawn)
    return train, test


def learn(run: Run, dataset: Dataset) -> Learned:
    """Train one run."""
    train, test = draw_digits(run, dataset)
    net = start(run, dataset)
    orders = run.order.epochs(np.array([answer for _, answer in train]), run.rng(Stream.order))
    rows = [evaluate(run, net, train, test)]
    for _ in range(run.epochs):
        order = next(orders).tolist()
        for first in range(0, len(order), run.batch):
            minibatch = [train[at] for at in order[first : first + run.batch]]
            sums = zeros_like(net)
            for image, answer in minibatch:
                backward(run, net, image, forward(run, net, image), answer, sums)
            descend(run, net, sums, len(minibatch))
        rows.append(evaluate(run, net, train, test))
    confusion = [[0] * len(run.classes) for _ in run.classes]
    for image, answer in test:
        confusion[answer][decide(forward(run, net, image).x2)] += 1
    return Learned({name: [row[name] for row in rows] for name in rows[0]}, net, confusion)
