"""The launcher `stacks` and the sweeper `grid`: thin classes; their work is in `src.launch`."""
