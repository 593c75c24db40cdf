"""Run: one configuration, typed, and its random streams.

Owns what determines a result, and the identity that this gives. Knows nothing of Hydra
(`build_run.py` makes a Run of a DictConfig) nor of arrays
(`stack.py` makes arrays of runs). The rules that its values must keep stand in `rules.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum, EnumType
from typing import Any

import numpy as np

from src import ENGINE_VERSION
from src.data.datasets import Dataset, load
from src.data.orders import Order
from src.errors import ConfigError
from src.model.activations import Act
from src.model.inits import Init
from src.model.layers import positions
from src.model.losses import Loss
from src.model.optimizers import Opt, Optimizer, Settings
from src.model.schedules import Schedule
from src.storage.identity import filled, folder_name, run_id


class Dtype(Enum):
    """The precision of all arrays of a run."""

    float32 = "float32"
    float64 = "float64"


class Source(Enum):
    """Where the digits come from."""

    embedded = "embedded"
    idx = "idx"
    npz = "npz"


class Stream(Enum):
    """The independent random streams of a run; each is seeded by the key of its value."""

    subset = "subset_seed"
    init = "init_seed"
    order = "order_seed"
    noise = "noise_seed"


@dataclass(frozen=True, kw_only=True)
class Run:
    """Everything that determines a result, and the labels `seed` and `folder`, which do not.

    The fields are the keys of the configuration; `conf/` holds their defaults and `--help` their
    meaning. T and TT are numbers here: "all there are" has been counted. A key that is added later
    has its value as before in `identity.AS_BEFORE`.
    """

    act: Act
    act_out: Act
    order: Order
    init: Init
    init_scale: float
    lrA: float
    lrW: float
    L: int
    I: int
    J: int
    source: Source
    folder: str | None
    transpose: bool
    classes: tuple[int, ...]
    T: int
    TT: int
    batch: int
    epochs: int
    dtype: Dtype
    seed: int
    subset_seed: int
    init_seed: int
    order_seed: int
    loss: Loss
    opt: Opt
    momentum: float
    beta2: float
    epsilon: float
    weight_decay: float
    schedule: Schedule
    decay_epochs: int
    decay_factor: float
    warmup: int
    stride: int
    padding: int
    label_noise: float
    noise_seed: int

    def rng(self, stream: Stream) -> np.random.Generator:
        """Return a fresh generator at the start of one of the run's streams (law 3)."""
        key = list(Stream).index(stream)
        seed = np.random.SeedSequence(getattr(self, stream.value), spawn_key=(key,))
        return np.random.Generator(np.random.PCG64(seed))

    def dataset(self) -> Dataset:
        """Return the digits that the run names.

        Raises
        ------
        DataError
            They cannot be read.
        """
        return load(self.source.name, self.folder, self.transpose)

    def id(self) -> str:
        """Return the hash of all that determines the result: config, digits, engine (law 6)."""
        return run_id(self.record(), self.dataset().digest, ENGINE_VERSION)

    def folder_name(self) -> str:
        """Return the name of the run's folder: a readable slug, the id."""
        return folder_name(self.record(), self.id())

    def positions(self, dataset: Dataset) -> tuple[int, int]:
        """Return (M, N), the positions of a filter in an image."""
        H, V = dataset.images.shape[1:]
        return self.positions_in((H, V))

    def positions_in(self, image: tuple[int, int]) -> tuple[int, int]:
        """Return (M, N), the positions of a filter in an image of (H, V) pixels."""
        H, V = image
        M = positions(H, self.I, self.stride, self.padding)
        return M, positions(V, self.J, self.stride, self.padding)

    @property
    def optimizer(self) -> Optimizer:
        """How the run's gradients become steps."""
        numbers = Settings(self.momentum, self.beta2, self.epsilon, self.weight_decay)
        return Optimizer(self.opt, numbers)

    @property
    def constant_rates(self) -> bool:
        """Whether the learning rates are the same in every epoch."""
        return self.schedule is Schedule.constant and not self.warmup

    def rate_factor(self, epoch: int) -> float:
        """Return the factor on both learning rates in an epoch, 1 … epochs."""
        return self.schedule.factor(
            epoch, self.epochs, self.warmup, self.decay_epochs, self.decay_factor
        )

    @property
    def noise(self) -> tuple[float, int] | None:
        """What decides which labels are wrong; None where all are right."""
        return (self.label_noise, self.noise_seed) if self.label_noise else None

    @property
    def plain(self) -> bool:
        """Whether the run is of plain gradient descent on the squared error, as the report's are.

        Then a filter moves along its digits by what each of them said, and by nothing else.
        """
        return (
            self.loss is Loss.squared_error
            and self.opt is Opt.sgd
            and self.constant_rates
            and not (self.weight_decay or self.label_noise or self.padding)
            and self.stride == 1
        )

    def features(self, dataset: Dataset) -> int:
        """Return K = L·M·N."""
        M, N = self.positions(dataset)
        return self.L * M * N

    def record(self) -> dict[str, Any]:
        """Return the flat record: plain JSON values under the names of the keys."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> "Run":
        """Make a run of its flat record, without checking it.

        Raises
        ------
        ConfigError
            The record is not that of a run.
        """
        kinds = {f.name: f.type for f in fields(cls) if isinstance(f.type, EnumType)}
        try:
            values = {k: kinds[k][v] if k in kinds else v for k, v in filled(record).items()}
            return cls(**values | {"classes": tuple(record["classes"])})
        except (KeyError, TypeError) as error:
            raise ConfigError(f"a record must be that of a run, it has {error}") from error


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.name
    return list(value) if isinstance(value, tuple) else value
