"""What several test modules share: studies, strategies, and independent oracles."""
