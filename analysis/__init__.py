"""From timelines to answers: what differs, by how much, how sure we are, and why runs failed.

    from analysis import load_sweep
    sweep = load_sweep("latest")
    sweep.runs, sweep.timelines, sweep.factors

Reads what `src.store` wrote, and nothing else of the engine.
"""

from analysis.sweep import Sweep, load_sweep

__all__ = ["Sweep", "load_sweep"]
