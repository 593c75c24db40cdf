"""Run: one configuration, typed; the rules that its values must keep; its random streams.

Owns what determines a result, and the identity that this gives. Knows nothing of Hydra
(`build_run.py` makes a Run of a DictConfig) nor of arrays (`stack.py` makes arrays of runs).
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
from src.storage.identity import folder_name, run_id

MOST_EPOCHS = 1_000_000
MOST_SEED = 2**63 - 1
MOST_PARAMETERS = 50_000_000
"""Bounds that no study of this network needs, so that a slip of the keyboard is a sentence."""


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
        return H - self.I + 1, V - self.J + 1

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
            values = {k: kinds[k][v] if k in kinds else v for k, v in record.items()}
            return cls(**values | {"classes": tuple(record["classes"])})
        except (KeyError, TypeError) as error:
            raise ConfigError(f"a record must be that of a run, it has {error}") from error


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.name
    return list(value) if isinstance(value, tuple) else value


def check(run: Run, dataset: Dataset) -> None:
    """Raise ConfigError with key, rule and value for the first rule that the run breaks.

    The numbers of digits are checked where the subsets are drawn (`datasets.subset`).
    """
    H, V = dataset.images.shape[1:]
    for key, most in (("L", 4096), ("I", H), ("J", V), ("batch", 1_000_000)):
        rule = f"at least 1 and at most {most}"
        if key in "IJ":
            rule += f" (a filter fits into the image of {H}×{V} pixels)"
        _check(key, 1 <= getattr(run, key) <= most, rule, getattr(run, key))
    _check("epochs", 0 <= run.epochs <= MOST_EPOCHS, f"0 to {MOST_EPOCHS:,}", run.epochs)
    numbers = np.finfo(run.dtype.name)
    least, most = float(numbers.smallest_normal), float(numbers.max)
    rule = f"0, or {least:.2g} to {most:.2g} ({run.dtype.name})"
    for key in ("lrA", "lrW", "init_scale"):
        value = getattr(run, key)
        _check(key, value == 0 or least <= value <= most, rule, value)
    for key in ("seed", *(stream.value for stream in Stream)):
        value = getattr(run, key)
        _check(key, 0 <= value <= MOST_SEED, f"0 to {MOST_SEED}", value)
    _check("classes", len(run.classes) >= 2, "two classes or more", list(run.classes))
    K, C = run.features(dataset), len(run.classes)
    size = run.L * run.I * run.J + K * C
    _check("L", size <= MOST_PARAMETERS, f"small enough for {MOST_PARAMETERS:,} weights", run.L)
    if run.init is Init.identity and K != C:
        rule = "another choice where the perceptron is not square"
        raise ConfigError(
            f"init must be {rule} (it has C={C} outputs and K=L·M·N={K} features), got 'identity'"
        )


def _check(key: str, holds: bool, rule: str, value: Any) -> None:
    if not holds:
        raise ConfigError.of(key, rule, value)
