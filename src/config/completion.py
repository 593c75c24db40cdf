"""The words that may stand where the cursor is, in a training command.

A shell asks `python -m src.config.completion LINE` at every press of Tab: groups, choices and keys
are read off the files of `conf/`, without Hydra.
"""

import re
import sys
from collections.abc import Iterable

from src.completion import last_word, studies
from src.config import CONF

FLAGS = ("--multirun", "--cfg", "--config-dir", "--from", "--completion", "--help", "--version")

_KEY = re.compile(r"^(\w+): *(\S*)", re.M)


def candidates(line: str) -> list[str]:
    """Return the words that a training command's last, unfinished word may become."""
    word = last_word(line)
    if word.startswith("-"):
        return _beginning(word, FLAGS)
    if "=" not in word:
        return _beginning(word, [f"{key}=" for key in [*_groups(), *_keys(), "results"]])
    key, value = word.split("=", 1)
    head = value[: value.rfind(",") + 1]
    return _beginning(word, [f"{key}={head}{choice}" for choice in _choices(key)])


def _beginning(word: str, words: Iterable[str]) -> list[str]:
    return sorted(each for each in set(words) if each.startswith(word))


def _groups() -> list[str]:
    return [path.name for path in CONF.iterdir() if path.is_dir() and path.name != "hydra"]


def _keys() -> dict[str, str]:
    """Return every key that a config file sets, with a value that it has in one of them."""
    found: dict[str, str] = {}
    for path in [CONF / "config.yaml", *CONF.glob("*/*.yaml")]:
        package = "executor." if path.parent.name == "executor" else ""
        pairs = _KEY.findall(path.read_text("utf-8"))
        found |= {f"{package}{key}": value for key, value in pairs}
    no_keys = ("defaults", "hydra", "executor.name")
    return {key: value for key, value in found.items() if key not in no_keys}


def _choices(key: str) -> list[str]:
    if key == "study":
        return studies()
    group = CONF / ("act" if key == "act_out" else key)
    if group.is_dir():
        return [path.stem for path in group.glob("*.yaml")]
    return ["true", "false"] if _keys().get(key) in ("true", "false") else []


if __name__ == "__main__":
    print("\n".join(candidates(sys.argv[1])))
