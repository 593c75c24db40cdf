"""Hydra's launcher and sweeper for stacks.

Hydra 1.3 accepts plugins only from the namespace `hydra_plugins`. This folder holds one, and stands
on `sys.path` from here on, so that a checkout, an editable install and a wheel all find it.
"""

import sys
from pathlib import Path

_HERE = str(Path(__file__).resolve().parent)
if _HERE not in sys.path:
    sys.path.append(_HERE)
