"""Stock Hydra as a contestant: a small app as its users write it, basic launcher and sweeper.

Owns the app's text. It trains network A in a PyTorch loop on the digits that our runs see, and
evaluates on training and test digits after every epoch.
"""

from pathlib import Path

import numpy as np

from benchmarks.networks import A
from src.data.datasets import load
from src.training.stack import Stack

CONFIG = """\
act: tanh
lrA: 0.001
lrW: 0.001
epochs: 200
seed: 0
"""

EMPTY = """\
import hydra


@hydra.main(version_base="1.3", config_path=".", config_name="config")
def main(config):
    return 0.0


main()
"""

TORCH = """\
from pathlib import Path

import hydra
import numpy as np
import torch
from torch import nn

ACTS = {"tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "relu": nn.ReLU, "none": nn.Identity}


def evaluate(model, images, targets):
    with torch.no_grad():
        outputs = model(images)
        loss = 0.5 * ((outputs - targets) ** 2).sum() / len(images)
        right = (outputs.argmax(1) == targets.argmax(1)).float().mean()
    return loss.item(), right.item()


@hydra.main(version_base="1.3", config_path=".", config_name="config")
def main(config):
    torch.set_num_threads(1)
    torch.manual_seed(config.seed)
    data = np.load(Path(__file__).with_name("digits.npz"))
    train, train_targets, test, test_targets = (torch.from_numpy(data[k]) for k in data.files)
    act = ACTS[config.act]
    convolution, perceptron = nn.Conv2d(1, 2, 28), nn.Linear(2, 2)
    model = nn.Sequential(convolution, act(), nn.Flatten(), perceptron, act())
    optimizer = torch.optim.SGD(
        [
            {"params": convolution.parameters(), "lr": config.lrA},
            {"params": perceptron.parameters(), "lr": config.lrW},
        ]
    )
    curves = []
    for epoch in range(config.epochs):
        for i in torch.randperm(len(train)):
            optimizer.zero_grad()
            error = model(train[i : i + 1]) - train_targets[i : i + 1]
            loss = 0.5 * (error**2).sum()
            loss.backward()
            optimizer.step()
        curves.append(evaluate(model, train, train_targets) + evaluate(model, test, test_targets))
    np.save("curves.npy", np.array(curves))
    return curves[-1][-1]


main()
"""


def write_app(folder: Path) -> None:
    """Write `config.yaml`, `empty.py`, `learn.py` and the digits of network A into a folder."""
    stack = Stack([A], load("embedded"))
    arrays = {}
    for part, digits in (("train", stack.train[0]), ("test", stack.test[0])):
        arrays[part] = stack.images[digits][:, np.newaxis]
        arrays[f"{part}_targets"] = stack.targets[digits]
    np.savez(folder / "digits.npz", **arrays)
    for name, text in (("config.yaml", CONFIG), ("empty.py", EMPTY), ("learn.py", TORCH)):
        (folder / name).write_text(text, encoding="utf-8")
