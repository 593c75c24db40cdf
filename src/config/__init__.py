"""From words to a Run: keys, overrides, options, config files and their checks.

Hydra and OmegaConf are seen here, in `launch` and in `train`, and nowhere else.
"""
