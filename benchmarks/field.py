"""Who takes part in a race: ours, and every peer that is installed."""

from dataclasses import dataclass

from benchmarks.machine import has
from benchmarks.ours import Ours
from benchmarks.problem import Contestant, Problem, agree, pose
from benchmarks.stopwatch import race
from src.run import Run


@dataclass(frozen=True)
class Result:
    """Seconds per sample and run of one race."""

    ours: float
    torch: float
    """Of one run at a time; NaN where PyTorch is missing or was left out."""
    jax: dict[str, float]
    """By form; empty where JAX is missing."""
    apart: float
    """How far the contestants' parameters were apart after one turn."""

    @property
    def best_jax(self) -> float:
        """The quickest form's time."""
        return min(self.jax.values(), default=float("nan"))

    @property
    def best_form(self) -> str:
        """The quickest form."""
        return min(self.jax, key=lambda form: self.jax[form], default="")

    def others(self) -> str:
        """Return the other forms' times in words."""
        rest = {form: t for form, t in self.jax.items() if form != self.best_form}
        return ", ".join(f"{form} {micro(t)}" for form, t in rest.items())


@dataclass(frozen=True)
class Place:
    """One row of the plan with its result."""

    name: str
    batch: int
    R: int
    own: bool
    result: Result
    torch: float
    """PyTorch's time for one run of this network and batch, from the race at R = 1."""


def compete(runs: list[Run], passes: int, torch: bool = True, seconds: float = 3.0) -> Result:
    """Race all that are installed over the same runs and digits."""
    problem = pose(runs, passes)
    contestants = enter(problem, torch)
    apart = agree(problem, contestants)
    best = race({name: each.turn for name, each in contestants.items()}, seconds=seconds)
    samples = problem.presented
    jax = {name[4:]: t / samples / len(runs) for name, t in best.items() if name[:4] == "jax "}
    return Result(
        ours=best["ours"] / samples / len(runs),
        torch=best.get("torch", float("nan")) / samples,
        jax=jax,
        apart=apart,
    )


def enter(problem: Problem, torch: bool) -> dict[str, Contestant]:
    """Return the contestants by name, ours first."""
    contestants: dict[str, Contestant] = {"ours": Ours(problem)}
    if torch and has("torch"):
        from benchmarks.torch_peer import Torch

        contestants["torch"] = Torch(problem)
    if has("jax"):
        from benchmarks.jax_peer import Jax, forms

        for form in forms(problem):
            contestants[f"jax {form}"] = Jax(problem, form)
    return contestants


def micro(seconds: float) -> str:
    """Return a time in microseconds, three digits; empty for none."""
    return "" if seconds != seconds else f"{seconds * 1e6:.3g}"
