"""The labels that a diagnosis can give a run, with their meanings."""

LABELS = {
    "converged": "its training loss no longer falls, and nothing below applies",
    "not converged yet": "its training loss was still falling at the end",
    "overfit": "its test loss has risen while its training loss fell",
    "oscillating": "its training loss jumps up and down at the end",
    "stuck at chance": "it decides its training digits no better than by guessing",
    "vanished": "next to none of the error reaches a layer that should learn",
    "saturated": "its units sit on the flat part of their activation",
    "dead": "its units are off for every digit",
    "exploding": "its training loss grew to many times its first value, still within range",
    "frozen": "a rate of zero kept a layer as it was, and the rest did not learn",
    "diverged": "its numbers left the range of its dtype",
    "interrupted": "it was stopped before its last epoch",
    "failed": "an exception or a killed worker ended it",
}
"""Every label with its meaning, from good to bad."""
