"""What Hydra and OmegaConf raise, as one sentence for a user."""

import traceback

from hydra.errors import MissingConfigException

from src.errors import ConfigError, SweepscopeError


def is_hydras(error: BaseException) -> bool:
    """Return whether Hydra or OmegaConf raised an error, which nobody has worded for a user.

    Who called last decides: of the frames from the innermost outwards the first that is theirs or
    ours, since what either calls may raise in a package of its own.
    """
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    packages = (str(frame.f_globals.get("__name__")).partition(".")[0] for frame in frames[::-1])
    last = next((name for name in packages if name in {"hydra", "omegaconf", "src"}), None)
    return last in {"hydra", "omegaconf"}


def sentence(error: BaseException) -> str:
    """Return the one clear sentence in an error, however deeply Hydra has wrapped it."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, SweepscopeError):
            return str(inner)
        if isinstance(inner, MissingConfigException) and inner.options:
            group, _, choice = str(inner.missing_cfg_file).rpartition("/")
            return str(ConfigError.one_of(group, inner.options, choice))
        inner = inner.__cause__ or inner.__context__
    return " ".join(str(error).split())
