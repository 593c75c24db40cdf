"""Jobs from words: composed once for each distinct set of group choices, then values are set.

Hydra takes 65 ms to compose a config, and a grid needs few distinct ones: within a set of choices
the jobs differ in plain values. Owns that shortcut; a test holds it to Hydra's own result.
"""

import json
from collections.abc import Sequence
from dataclasses import fields
from enum import Enum
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, OverrideType
from omegaconf import DictConfig, OmegaConf

from src.config import GROUPS, Schema, identify, plain, to_run
from src.identity import folder_name
from src.task import Job

_KEYS = frozenset(field.name for field in fields(Schema))


class Composer:
    """Composes the jobs of one multirun.

    Parameters
    ----------
    loader
        Hydra's.
    master
        The config of the multirun, composed without the swept words.
    """

    def __init__(self, loader: ConfigLoader, master: DictConfig) -> None:
        self.loader, self.master = loader, master
        self.folder = Path(str(master.hydra.sweep.dir))
        self._parser = OverridesParser.create()
        self._words: dict[str, Override] = {}
        self._composed: dict[tuple[str, ...], DictConfig] = {}
        self._jobs: dict[tuple[str, ...], Job] = {}

    def config(self, words: Sequence[str]) -> tuple[DictConfig, DictConfig]:
        """Return a job's own config, and the whole that was composed for its group choices."""
        overrides = [self._parse(word) for word in words]
        plain = [_is_value(override) for override in overrides]
        choices = tuple(word for word, is_plain in zip(words, plain, strict=True) if not is_plain)
        if choices not in self._composed:
            self._composed[choices] = self.loader.load_sweep_config(self.master, list(choices))
        composed = self._composed[choices]
        config = OmegaConf.masked_copy(composed, [str(key) for key in composed if key != "hydra"])
        for override, is_plain in zip(overrides, plain, strict=True):
            if is_plain:
                config[override.key_or_group] = override.value()
        return config, composed

    def job(self, words: Sequence[str]) -> Job:
        """Return the job that the words describe, checked."""
        key = tuple(words)
        if key not in self._jobs:
            config, composed = self.config(words)
            values = plain(config)
            run = to_run(values)
            chosen: dict[str, Any] = dict(composed.hydra.runtime.choices)
            choices = tuple((group, str(chosen[group])) for group in GROUPS)
            run_id = identify(run)
            folder = self.folder / folder_name(run.record(), run_id)
            self._jobs[key] = Job(run, run_id, folder, choices, key, _yaml(values))
        return self._jobs[key]

    def _parse(self, word: str) -> Override:
        if word not in self._words:
            self._words[word] = self._parser.parse_override(word)
        return self._words[word]


def _is_value(override: Override) -> bool:
    """Whether an override sets a plain value of the schema, and does not choose from a group."""
    key = override.key_or_group
    changes = override.type is OverrideType.CHANGE and override.package is None
    return changes and key in _KEYS and key not in GROUPS


def _yaml(values: dict[str, Any]) -> str:
    """Return a flat config as YAML, of which JSON's scalars and lists are a part."""
    names = {key: v.name if isinstance(v, Enum) else v for key, v in values.items()}
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in names.items())
