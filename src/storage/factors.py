"""Factors: what varies between the runs of a study, with its levels.

Owns which keys merely follow others, and are no factors of their own.
"""

from collections.abc import Mapping, Sequence
from typing import Any

FOLLOWS = {
    "act_out": "act",
    "subset_seed": "seed",
    "init_seed": "seed",
    "order_seed": "seed",
    "noise_seed": "seed",
}
"""Keys that take the value of another unless they are given one of their own."""


def factors(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return every key that varies between runs, with its levels in order.

    A key that merely follows another, as `act_out` follows `act`, is left out.

    Parameters
    ----------
    rows
        A run's keys and values each; a key that a run lacks is None there.
    """
    keys = dict.fromkeys(key for row in rows for key in row)
    columns = {key: [_level(row.get(key)) for row in rows] for key in keys}
    varying = {key: values for key, values in columns.items() if len(set(values)) > 1}
    return {
        key: sorted(set(values), key=lambda v: (isinstance(v, str), v if v is not None else -1))
        for key, values in varying.items()
        if values != varying.get(FOLLOWS.get(key, ""))
    }


def _level(value: Any) -> Any:
    return str(value) if isinstance(value, list) else value
