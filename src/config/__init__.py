"""From words to a Run: keys, overrides, options, config files and their checks.

Hydra and OmegaConf are seen here, in `launch` and in `train`, and nowhere else.
"""

from pathlib import Path

_src = Path(__file__).resolve().parents[1]
CONF = _src / "conf" if (_src / "conf").is_dir() else _src.parent / "conf"
"""The config groups: inside the package in a wheel, beside it in a checkout."""
