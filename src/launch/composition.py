"""Jobs from words: composed once, then what a choice or a value sets is laid over it.

Hydra takes 65 ms to compose a config, and asks for it twice a job. A group file that sets plain
keys and nothing else, as those of this project do, needs no composing: its keys replace those of
the default. Owns that shortcut; whatever is not so plain is composed by Hydra, and a test holds
both ways to the same result.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, OverrideType
from omegaconf import DictConfig, OmegaConf

from src.config.build_run import GROUPS, resolved, to_run
from src.config.keys import KEYS, typed
from src.execution.job import Job
from src.run import Run
from src.storage.job_files import to_yaml
from src.storage.study import Homes

Values = dict[str, Any]


def build_job(
    run: Run, values: Values, choices: Mapping[str, str], words: Sequence[str], folder: Path
) -> Job:
    """Return the job of a run, for a single run and for a grid alike.

    Parameters
    ----------
    run
        What `to_run` makes of the values.
    values
        The config's values by key, references resolved.
    choices
        The chosen option of every config group.
    words
        The overrides that led to it.
    folder
        Where its result goes.
    """
    return Job(
        run=run,
        digest=run.dataset().digest,
        id=run.id(),
        folder=folder,
        choices=tuple((group, str(choices[group])) for group in GROUPS),
        words=tuple(words),
        config=to_yaml(values),
        checkpoint_seconds=values["checkpoint_seconds"],
    )


@dataclass
class Composed:
    """A config that Hydra composed, as a plain dict with its references open."""

    config: DictConfig
    values: Values
    choices: dict[str, str]
    firm: frozenset[str] | None
    """Keys that an experiment sets, which no choice replaces; None where that is not plain."""


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
        self.homes = Homes(self.folder)
        self._parser = OverridesParser.create()
        self._words: dict[str, Override] = {}
        self._typed: Values = {}
        self._composed: dict[tuple[str, ...], Composed] = {}
        self._files: dict[str, Values | None] = {}
        self._jobs: dict[tuple[str, ...], Job] = {}

    def job(self, words: Sequence[str]) -> Job:
        """Return the job that the words describe, checked."""
        key = tuple(words)
        if key not in self._jobs:
            values, choices = self.values(words)
            run = to_run(values)
            folder = self.homes[run.folder_name()]
            self._jobs[key] = build_job(run, values, choices, key, folder)
        return self._jobs[key]

    def values(self, words: Sequence[str]) -> tuple[Values, dict[str, str]]:
        """Return a job's values by key, references resolved, and its choice for every group."""
        overrides = {word: self._parse(word) for word in words}
        plain = {word for word, override in overrides.items() if _may_be_plain(override)}
        composed = self.composed([word for word in words if word not in plain])
        odd = {word for word in plain if not self._fits(overrides[word], composed)}
        if odd:
            plain -= odd
            composed = self.composed([word for word in words if word not in plain])
        values, choices = dict(composed.values), dict(composed.choices)
        laid = [overrides[word] for word in words if word in plain]
        for override in laid:
            group = override.key_or_group
            if group in GROUPS:
                choices[group] = str(override.value())
                file = self._file(f"{group}/{choices[group]}") or {}
                firm = composed.firm or frozenset()
                values |= {key: file[key] for key in file if key not in firm}
        for word in words:
            key = overrides[word].key_or_group
            if word in plain and key not in GROUPS:
                if word not in self._typed:
                    self._typed[word] = typed(key, overrides[word].value())
                values[key] = self._typed[word]
        return resolved(values), choices

    def config(self, words: Sequence[str]) -> DictConfig:
        """Return a job's values as Hydra hands them to a task."""
        return OmegaConf.create(self.values(words)[0], flags={"struct": True})

    def composed(self, words: Sequence[str]) -> Composed:
        """Let Hydra compose words."""
        key = tuple(words)
        if key not in self._composed:
            config = self.loader.load_sweep_config(self.master, list(words))
            choices = {str(k): str(v) for k, v in config.hydra.runtime.choices.items()}
            values: Any = OmegaConf.to_container(
                OmegaConf.masked_copy(config, [str(k) for k in config if k != "hydra"])
            )
            firm: frozenset[str] | None = frozenset()
            if choices.get("experiment", "None") != "None":
                file = self._file(f"experiment/{choices['experiment']}")
                firm = None if file is None else frozenset(file)
            self._composed[key] = Composed(config, values, choices, firm)
        return self._composed[key]

    def settle(self, jobs: Sequence[Job]) -> list[Job]:
        """Look again where the jobs' folders lie: another sweep may have made some meanwhile."""
        self.homes = Homes(self.folder, (job.id for job in jobs))
        for job in jobs:
            self._jobs[job.words] = replace(job, folder=self.homes[job.folder.name])
        return [self._jobs[job.words] for job in jobs]

    def _parse(self, word: str) -> Override:
        if word not in self._words:
            self._words[word] = self._parser.parse_override(word)
        return self._words[word]

    def _fits(self, override: Override, composed: Composed) -> bool:
        """Whether laying an override over a composed config gives what composing it would."""
        group = override.key_or_group
        if group not in GROUPS:
            return True
        default = self._file(f"{group}/{composed.choices[group]}")
        chosen = self._file(f"{group}/{override.value()}")
        if composed.firm is None or default is None or chosen is None:
            return False
        return default.keys() <= chosen.keys()

    def _file(self, path: str) -> Values | None:
        """Return what a global group file sets, None where it is not as plain as that."""
        if path not in self._files:
            result = self.loader.repository.load_config(path)  # type: ignore[attr-defined]
            plain = result is not None and result.header["package"] == "_global_"
            plain = plain and all(item.is_override() for item in result.defaults_list)
            values: Any = OmegaConf.to_container(result.config) if plain else {}
            plain = plain and KEYS.issuperset(values.keys() - {"hydra"})
            self._files[path] = {k: _typed(k, v) for k, v in values.items()} if plain else None
        return self._files[path]


def _typed(key: str, value: Any) -> Any:
    return typed(key, value) if key in KEYS and value != "???" else value


def _may_be_plain(override: Override) -> bool:
    change = override.type is OverrideType.CHANGE and override.package is None
    return change and override.key_or_group in KEYS | set(GROUPS)
