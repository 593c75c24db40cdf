"""From a study's folders to frames: reading, index, selection, and the design of a study."""
