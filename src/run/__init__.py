"""Run: everything that determines a result, and the rules that its values must keep."""

from src.run.run import Dtype, Run, Source, Stream

__all__ = ["Dtype", "Run", "Source", "Stream"]
