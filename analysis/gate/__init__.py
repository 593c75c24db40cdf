"""The gate: may a change be kept? Two studies, or a study and a threshold, and one verdict."""
