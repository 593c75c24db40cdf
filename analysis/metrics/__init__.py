"""From curves and filters to numbers, and from numbers to a diagnosis."""
