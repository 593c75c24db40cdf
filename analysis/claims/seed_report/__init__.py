"""The seed report in one command: training, figures, verdicts, publication."""
