"""Jobs and who runs them: partition into stacks, local workers, progress, interruption, estimates.

Nothing here sees Hydra.
"""
