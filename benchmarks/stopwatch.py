"""How long things take, when other people's work shares the machine.

Owns the interleaving: contestants take turns, so that a slow minute of the machine hits all of
them, and each keeps its quickest turn. What is reported are ratios within one such race.

Contestants have one core each, and the clock is the processor time of this process with all its
threads: on an idle machine it is the time on the wall, on a busy one it leaves out the waiting.
"""

import time
from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)

HOPELESS = 3
"""Contestants so many times slower than the quickest get two turns and no more."""


def race(
    contestants: Mapping[Name, Callable[[], object]], turns: int = 7, seconds: float = 4.0
) -> dict[Name, float]:
    """Return each contestant's quickest turn in seconds.

    Parameters
    ----------
    contestants
        Already warm: compiled, and their buffers allocated.
    turns
        At most so many each, two at least.
    seconds
        No new round begins after so many seconds.
    """
    best: dict[Name, float] = dict.fromkeys(contestants, float("inf"))
    start = time.perf_counter()
    for turn in range(turns):
        if turn >= 2 and time.perf_counter() - start > seconds:
            break
        for name, contestant in contestants.items():
            if turn < 2 or best[name] <= HOPELESS * min(best.values()):
                best[name] = min(best[name], clock(contestant))
    return best


def clock(call: Callable[[], object]) -> float:
    """Return how many seconds of processor time one call takes."""
    start = time.process_time()
    call()
    return time.process_time() - start
