"""Where and with what a run was executed: versions, machine, commit.

Owns what differs between two executions of one run, apart from the clock. No environment variable
and no path of the machine enters a record.
"""

import hashlib
import os
import platform
import subprocess
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from src import ENGINE_VERSION
from src.storage.record import FORMAT

PACKAGES = ("numpy", "scipy", "hydra-core", "omegaconf")


@lru_cache(maxsize=1)
def provenance() -> dict[str, Any]:
    """Return versions, machine, commit and dirty flag of this process; the same dict every time."""
    commit, dirty = _commit()
    return {
        "python": platform.python_version(),
        "packages": {package: version(package) for package in PACKAGES},
        "machine": {
            "system": platform.system(),
            "processor": _processor(),
            "cores": os.cpu_count(),
        },
        "commit": commit,
        "dirty": dirty,
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.machine()


def _commit() -> tuple[str | None, bool | None]:
    """Return the commit of this source tree and whether it was changed; None for a wheel."""
    home = Path(__file__).resolve().parents[2]
    if not (home / ".git").exists():
        return None, None
    try:
        commit = _git(home, "rev-parse", "HEAD").decode()
        return commit, bool(_git(home, "status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.SubprocessError):
        return None, None


@lru_cache(maxsize=1)
def diff_digest() -> str | None:
    """Return the SHA-256 of the source tree's uncommitted changes, None where there are none."""
    if not provenance()["dirty"]:
        return None
    home = Path(__file__).resolve().parents[2]
    try:
        return hashlib.sha256(_git(home, "diff", "HEAD")).hexdigest()
    except (OSError, subprocess.SubprocessError):
        return None


def _git(home: Path, *words: str) -> bytes:
    """Return what git says, as bytes: a diff holds whatever was typed."""
    command = ["git", "-C", str(home), *words]
    result = subprocess.run(command, capture_output=True, check=True, timeout=10)
    return result.stdout.strip()


def version_line() -> str:
    """Return what `--version` says: this program's version, and those that decide its results."""
    try:
        ours = version("sweepscope")
    except PackageNotFoundError:
        ours = "from a folder that is not installed"
    others = f"Hydra {version('hydra-core')}, NumPy {version('numpy')}"
    formats = f"engine {ENGINE_VERSION}, format {FORMAT}"
    return f"Sweepscope {ours} ({formats}), {others}, Python {platform.python_version()}"
