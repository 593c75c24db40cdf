"""Logs of other tools become two frames: a row a run, and a row a run and epoch."""
