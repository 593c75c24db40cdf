"""From timelines to answers: what differs, by how much, how sure we are, and why runs failed.

    from analysis import load_sweep
    sweep = load_sweep("latest")
    sweep.runs, sweep.timelines, sweep.factors
    sweep.table(), sweep.compare("act"), sweep.curves(vary="act"), sweep.diagnose()

Reads what `src.storage.store` wrote, and nothing else of the engine.
"""

from typing import TYPE_CHECKING, Any

from analysis.errors import AnalysisError

if TYPE_CHECKING:
    from analysis.sweep import Sweep, from_frames, load_sweep

__all__ = ["AnalysisError", "Sweep", "from_frames", "load_sweep"]


def __getattr__(name: str) -> Any:
    if name in ("Sweep", "from_frames", "load_sweep"):  # pandas is loaded when it is needed
        from analysis import sweep

        return getattr(sweep, name)
    raise AttributeError(f"module 'analysis' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
