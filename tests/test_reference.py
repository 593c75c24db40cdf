"""A reference trajectory in float64: it catches results that changed without a new ENGINE_VERSION.

The numbers are those of the naive loops (`tests/support/naive.py`), not of the engine. Where
results are meant to change, raise `ENGINE_VERSION` and print the numbers anew with

    python -m tests.test_reference
"""

from typing import Any

import numpy as np
import pytest

from src import ENGINE_VERSION
from src.data.datasets import load
from src.data.orders import Order
from src.model.activations import Act
from src.model.inits import Init
from src.run import Dtype, Run
from src.training.trainer import train
from tests.support.strategies import make_run

DIGITS = load("embedded")
THREE = {"I": 26, "J": 27, "classes": (7, 0, 4), "T": 10, "TT": 5, "batch": 4}
RUNS: dict[str, Run] = {
    name: make_run(**{"dtype": Dtype.float64, "epochs": 3, "lrA": 0.02, "lrW": 0.03, **keys})
    for name, keys in {
        "the report's": {"lrA": 0.001, "lrW": 0.001},
        "sigmoid, fixed, normal": {"act": Act.sigmoid, "order": Order.fixed, "init": Init.normal},
        "relu, alternate, he": {
            "act": Act.relu,
            "order": Order.alternate,
            "init": Init.he,
            **THREE,
        },
        "none, random, glorot": {"act": Act.none, "init": Init.glorot, "seed": 8, **THREE},
        "tanh, fixed, identity": {"init": Init.identity, "order": Order.fixed, "batch": 31},
        "zeros, streams": {
            "init": Init.zeros,
            "order_seed": 1,
            "subset_seed": 2,
            "act": Act.sigmoid,
        },
    }.items()
}
CURVES = ("train_loss", "test_loss", "conv_norm", "conv_grad_norm", "perceptron_grad_norm")

REFERENCE_VERSION = 2
REFERENCE: dict[str, Any] = {
    "the report's": {
        "train_loss": [
            0.504036833163282,
            0.4858951301459896,
            0.4690626618750169,
            0.45335874684018046,
        ],
        "test_loss": [
            0.5052745745961893,
            0.48773403311965574,
            0.47148372678748934,
            0.45635232267737513,
        ],
        "conv_norm": [
            2.265685179303937,
            2.2656563923459103,
            2.2656567620576413,
            2.265682680870335,
        ],
        "conv_grad_norm": [
            0.09602897120621487,
            0.07910550778473872,
            0.07156757466994072,
            0.07363993946697146,
        ],
        "perceptron_grad_norm": [
            0.7735860919458966,
            0.7458485615838496,
            0.7199964657786714,
            0.6957786796401514,
        ],
        "confusion": [[33, 16], [27, 22]],
    },
    "sigmoid, fixed, normal": {
        "train_loss": [
            0.24918804783990198,
            0.24890959138994867,
            0.2486136989982166,
            0.24829124635626984,
        ],
        "test_loss": [
            0.24943638185358194,
            0.2493100296123135,
            0.2491690886699888,
            0.24900759828495092,
        ],
        "conv_norm": [
            4.021672833256523,
            4.0217711634962745,
            4.0219003192309595,
            4.022064218261904,
        ],
        "conv_grad_norm": [
            0.00816879354862792,
            0.009443217450374195,
            0.010848378797107445,
            0.012348054907068124,
        ],
        "perceptron_grad_norm": [
            0.01608715834855861,
            0.016025242808906374,
            0.016148803314088748,
            0.016446775847319507,
        ],
        "confusion": [[49, 0], [49, 0]],
    },
    "relu, alternate, he": {
        "train_loss": [
            0.49606130005965426,
            0.45758200228435075,
            0.421813473561128,
            0.3924932466223462,
        ],
        "test_loss": [
            0.49564715743742205,
            0.4496368101674504,
            0.4016122756969652,
            0.3587923969303787,
        ],
        "conv_norm": [
            0.20100424949109258,
            0.20545332525557347,
            0.2174276218008721,
            0.23149158120214477,
        ],
        "conv_grad_norm": [
            0.40536519713655983,
            0.6647220291669603,
            0.5985027839555257,
            0.5540530811291565,
        ],
        "perceptron_grad_norm": [
            0.31425593024617926,
            0.40409844136655215,
            0.3906093172255851,
            0.3469900202948372,
        ],
        "confusion": [[0, 0, 1], [0, 0, 2], [0, 0, 2]],
    },
    "none, random, glorot": {
        "train_loss": [
            0.5009865271228711,
            0.44576214384481017,
            0.3940270900437216,
            0.351502123278831,
        ],
        "test_loss": [
            0.501598893314229,
            0.4547959291356941,
            0.41270503905906397,
            0.3672749207679612,
        ],
        "conv_norm": [
            0.1964573019992435,
            0.20007845862830775,
            0.21132804622299983,
            0.22449803643526015,
        ],
        "conv_grad_norm": [
            0.7368924754447524,
            0.6649745801635782,
            0.6416499574270044,
            0.6343205093270223,
        ],
        "perceptron_grad_norm": [
            0.5864590734926102,
            0.5535924278101544,
            0.5558521149260968,
            0.49157599811508207,
        ],
        "confusion": [[1, 0, 0], [2, 0, 0], [1, 1, 0]],
    },
    "tanh, fixed, identity": {
        "train_loss": [
            0.5096876428610972,
            0.4896193531837766,
            0.4709233469922927,
            0.4534742162543149,
        ],
        "test_loss": [
            0.497822179102918,
            0.47871935106779795,
            0.46092259303229594,
            0.4443116595279691,
        ],
        "conv_norm": [
            1.9795383322746407,
            1.979468545150471,
            1.9794415140510817,
            1.979454297205365,
        ],
        "conv_grad_norm": [
            0.4207426968535874,
            0.41124088753070204,
            0.4029558011502427,
            0.39550064234694915,
        ],
        "perceptron_grad_norm": [
            0.750338589033473,
            0.722074337106241,
            0.6952506202065476,
            0.6696626580253924,
        ],
        "confusion": [[10, 39], [21, 28]],
    },
    "zeros, streams": {
        "train_loss": [
            0.25,
            0.24996334533614262,
            0.24992297952470616,
            0.2498922727190978,
        ],
        "test_loss": [
            0.25,
            0.2500012786399867,
            0.2500066314064574,
            0.25001356426583554,
        ],
        "conv_norm": [
            0.0,
            0.0004398418185060794,
            0.0005749386127571796,
            0.0009670140114149352,
        ],
        "conv_grad_norm": [
            0.0,
            0.0003362085482294048,
            0.000740778208832707,
            0.0010727738610593525,
        ],
        "perceptron_grad_norm": [
            0.006984075836971279,
            0.006493230028740961,
            0.00586741510045831,
            0.0053849255245282945,
        ],
        "confusion": [[49, 0], [49, 0]],
    },
}


@pytest.mark.parametrize("name", RUNS)
def test_results_are_those_of_this_engine_version(name: str) -> None:
    assert ENGINE_VERSION == REFERENCE_VERSION, "print the numbers of the new version: see above"
    (timeline,) = train([RUNS[name]], DIGITS)
    for curve in CURVES:
        np.testing.assert_allclose(
            timeline.curves[curve],
            REFERENCE[name][curve],
            rtol=1e-10,
            atol=1e-14,
            err_msg=f"{curve} changed: raise ENGINE_VERSION, or mend the engine",
        )
    assert timeline.confusion.tolist() == REFERENCE[name]["confusion"]


def print_reference() -> None:
    """Print the numbers of the naive loops, to be put above."""
    from tests.support.naive import learn

    print(f"REFERENCE_VERSION = {ENGINE_VERSION}\nREFERENCE: dict[str, Any] = {{")
    for name, run in RUNS.items():
        learned = learn(run, DIGITS)
        print(f'    "{name}": {{')
        for curve in CURVES:
            print(f'        "{curve}": [')
            for value in learned.curves[curve]:
                print(f"            {value!r},")
            print("        ],")
        print(f'        "confusion": {learned.confusion},\n    }},')
    print("}")


if __name__ == "__main__":
    print_reference()
