"""Every activation and its slope, written out a second time and in terms of z: the tests' oracle.

Owns the formulas that the pairs of `src.model.activations` are held to, on Python floats, and
shares no arithmetic with them. A new member of `Act` has its line here.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from src.model.activations import Act

Formula = Callable[[float], float]

FORMULAS: dict[str, tuple[Formula, Formula]] = {
    "tanh": (lambda z: 1 - 2 / (math.exp(2 * z) + 1), lambda z: 1 / math.cosh(z) ** 2),
    "sigmoid": (lambda z: 1 / (1 + math.exp(-z)), lambda z: math.exp(-z) / (1 + math.exp(-z)) ** 2),
    "relu": (lambda z: z if z > 0 else 0.0, lambda z: 1.0 if z > 0 else 0.0),
    "none": (lambda z: z, lambda z: 1.0),
}


def phi(act: Act, z: float) -> float:
    """Return the activation of z."""
    return FORMULAS[act.name][0](z)


def slope(act: Act, z: float) -> float:
    """Return the activation's slope at z."""
    return FORMULAS[act.name][1](z)


def everywhere(formula: Callable[[Act, float], float], act: Act, z: Any) -> Any:
    """Return phi or slope at every number of an array."""
    return np.vectorize(lambda one: formula(act, one), otypes=[np.float64])(z)
