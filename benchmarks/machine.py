"""The machine that a benchmark ran on: one core of it, and what it says about itself.

Owns the pinning to one core, and the lines that stand under every table.
"""

import os
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from threadpoolctl import threadpool_info

from src.storage.provenance import provenance

PACKAGES = ("numpy", "scipy", "torch", "jax", "hydra-core")


def pin() -> None:
    """Keep this process, and what it starts, on one core where the system lets us."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def has(package: str) -> bool:
    """Tell whether a peer is installed."""
    return find_spec(package) is not None


def missing(*packages: str) -> list[str]:
    """Return one sentence for every peer that is not installed."""
    return [
        f"{package} is not installed: its column is empty (`pip install -e '.[bench]'` brings it)."
        for package in packages
        if not has(package)
    ]


def describe() -> str:
    """Return processor, cores, versions and BLAS in one sentence."""
    facts = provenance()
    packages = ", ".join(f"{p} {v}" for p in PACKAGES if (v := _version(p)))
    blas = {info.get("architecture") for info in threadpool_info() if info["user_api"] == "blas"}
    kernels = ", ".join(sorted(str(kernel) for kernel in blas if kernel))
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "?"
    return (
        f"{facts['machine']['processor']}, {facts['machine']['cores']} cores, "
        f"{facts['machine']['system']}; Python {facts['python']}, {packages}; "
        f"OpenBLAS kernels: {kernels or 'unknown'}; load at the end {load}."
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
