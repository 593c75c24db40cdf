"""YAML files, looked at before anything is built from them.

Owns what a config file may not be: huge, deeply nested, full of aliases (a few hundred bytes of
them can unfold to gigabytes), or with a key twice. It reads events only, which is linear in the
file.
"""

from pathlib import Path

import yaml

from src.errors import ConfigError

MOST_BYTES = 1 << 20
MOST_DEPTH = 32

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def check_file(path: Path) -> None:
    """Check one YAML file.

    Raises
    ------
    ConfigError
        It is not a file of settings; the sentence names its path.
    """
    if not path.is_file():
        raise ConfigError(f"{path} must be a file")
    if path.stat().st_size > MOST_BYTES:
        raise ConfigError(f"{path} must have at most {MOST_BYTES:,} bytes")
    open_keys: list[set[str] | None] = []  # of every open mapping; None for a sequence
    turn: list[bool] = []  # whether the next scalar of a mapping is a key
    try:
        for event in yaml.parse(path.read_text(encoding="utf-8"), Loader=_Loader):
            if isinstance(event, yaml.AliasEvent):
                raise ConfigError(f"{path} must not have aliases, got *{event.anchor}")
            if isinstance(event, yaml.CollectionEndEvent):
                open_keys.pop()
                turn.pop()
            elif isinstance(event, yaml.NodeEvent):
                if open_keys and (keys := open_keys[-1]) is not None:
                    if turn[-1] and isinstance(event, yaml.ScalarEvent):
                        if event.value in keys:
                            twice = repr(event.value)
                            raise ConfigError(f"{path} must have every key once, got {twice} twice")
                        keys.add(event.value)
                    turn[-1] = not turn[-1]
                if isinstance(event, yaml.CollectionStartEvent):
                    open_keys.append(set() if isinstance(event, yaml.MappingStartEvent) else None)
                    turn.append(True)
                    if len(open_keys) > MOST_DEPTH:
                        raise ConfigError(f"{path} must be nested at most {MOST_DEPTH} deep")
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: Exception) -> ConfigError:
    """Return the sentence for a file that cannot be read, with the line if it is known."""
    if "nesting depth" in str(error):  # of which libyaml has a limit too, since PyYAML 6.0.4
        return ConfigError(f"{path} must be nested at most {MOST_DEPTH} deep")
    if not isinstance(error, yaml.MarkedYAMLError):
        return ConfigError(f"{path} must be YAML: it has what is no text in UTF-8")
    where = [
        f"line {mark.line + 1}, column {mark.column + 1}"
        for mark in (error.problem_mark, error.context_mark)
        if mark
    ]
    words = ", in what begins at ".join(where)
    return ConfigError(f"{path} must be YAML: it cannot be read at {words}")
