"""The command line of `python -m analysis`: its parser, verbs and commands."""
