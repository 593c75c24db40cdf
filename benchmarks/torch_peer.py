"""PyTorch eager as a contestant, written as its users write it. It trains the first run alone."""

import numpy as np
import torch
from torch import nn

from benchmarks.problem import Problem, Weights
from src.model.activations import Act

ACTS = {Act.tanh: nn.Tanh, Act.sigmoid: nn.Sigmoid, Act.relu: nn.ReLU, Act.none: nn.Identity}


class Torch:
    """nn.Conv2d, nn.Flatten, nn.Linear and optim.SGD; the digits are tensors beforehand."""

    def __init__(self, problem: Problem) -> None:
        torch.set_num_threads(1)
        run, start = problem.runs[0], problem.start
        C, K = start.weights.shape[1:]
        convolution, perceptron = nn.Conv2d(1, run.L, (run.I, run.J)), nn.Linear(K, C)
        self.model = nn.Sequential(
            convolution, ACTS[run.act](), nn.Flatten(), perceptron, ACTS[run.act_out]()
        )
        groups = start.filters[:, :, np.newaxis], start.filter_biases, start.weights, start.biases
        with torch.no_grad():
            for parameter, values in zip(self.model.parameters(), groups, strict=True):
                parameter.copy_(torch.from_numpy(values[0]))
        self.optimizer = torch.optim.SGD(
            [
                {"params": convolution.parameters(), "lr": run.lrA},
                {"params": perceptron.parameters(), "lr": run.lrW},
            ]
        )
        images = torch.from_numpy(problem.images[0][:, np.newaxis])
        targets = torch.from_numpy(problem.targets[0])
        self.minibatches = list(zip(images.split(run.batch), targets.split(run.batch), strict=True))
        self.passes = problem.passes

    def turn(self) -> None:
        """Present the digits `passes` times over."""
        for _ in range(self.passes):
            for images, targets in self.minibatches:
                self.optimizer.zero_grad()
                loss = 0.5 * ((self.model(images) - targets) ** 2).sum() / len(images)
                loss.backward()
                self.optimizer.step()

    def weights(self) -> Weights:
        """Return the parameters as they are."""
        a, b, w, c = (p.detach().numpy()[np.newaxis].copy() for p in self.model.parameters())
        return Weights(a[:, :, 0], b, w, c)
