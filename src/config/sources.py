"""Config files as Hydra reads them: each is looked at first, and what is wrong is our sentence.

Owns which files are looked at: those that a command loads, whatever led to them, and no others. An
unfinished experiment stops only who asks for it.
"""

from pathlib import Path
from typing import Any

import yaml
from hydra._internal.core_plugins import file_config_source
from hydra._internal.sources_registry import SourcesRegistry
from hydra.plugins.config_source import ConfigResult
from omegaconf import OmegaConf

from src import plan as card
from src.config.build_run import GROUPS
from src.config.keys import KEYS, RUN_KEYS, typed
from src.config.yaml_files import check_file, unreadable
from src.errors import ConfigError, nearest

_OURS = (*GROUPS, "experiment")

_BESIDE = ("defaults", "hydra")
"""What a file may set that is no key of ours."""
_OF_RUNS = frozenset((*RUN_KEYS, *GROUPS, "outcome", "place"))
"""What runs can be told apart by, in a card."""
_SETS_KEYS = "must set keys, as in epochs: 100"


class FileConfigSource(file_config_source.FileConfigSource):
    """Hydra's source of config files in a folder, which checks a file before it is loaded.

    It has the name of Hydra's: a worker process of another launcher, which is handed this one,
    registers Hydra's plugins after it, and leaves alone what is there under the same name.
    """

    def load_config(self, config_path: str) -> ConfigResult:
        """Load a file.

        Raises
        ------
        ConfigError
            It is no file of settings, or sets what nobody knows; the sentence names its path.
        """
        path = Path(self.path, self._normalize_file_name(config_path))
        if path.exists():  # else Hydra says what there is
            check_file(path)
        try:
            result = super().load_config(config_path)
        except yaml.YAMLError as error:  # a tag, a second document: what OmegaConf does not take
            raise unreadable(path, error) from error
        except OSError as error:  # OmegaConf's, of a file that is one word
            raise ConfigError(f"{path} {_SETS_KEYS}") from error
        if config_path.startswith("hydra/"):  # those are Hydra's own keys
            return result
        group, slash, _ = config_path.rpartition("/")
        package = result.header["package"]
        if slash and package != "_global_" and (package is None or group in _OURS):
            raise ConfigError(f"{path} must begin with the line '# @package _global_'")
        if not slash or package == "_global_":
            _check_settings(path, result)
        return result


def check_what_is_read() -> None:
    """Have Hydra read files as `FileConfigSource` of this module does."""
    SourcesRegistry.instance().types[FileConfigSource.scheme()] = FileConfigSource


def _check_settings(path: Path, result: ConfigResult) -> None:
    values: Any = OmegaConf.to_container(result.config)
    if not isinstance(values, dict):
        raise ConfigError(f"{path} {_SETS_KEYS}")
    for key, value in values.items():
        if key in _BESIDE:
            continue
        if key not in KEYS:
            hint = nearest(str(key), sorted(KEYS.union(_BESIDE)))
            raise ConfigError(f"{path}: {key} is not a key of Sweepscope{hint}")
        try:
            if value != "???":
                typed(key, value)
            if key == "card" and value:
                card.check(value, _OF_RUNS)
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from error
