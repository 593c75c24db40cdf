"""Completion in Bash, Zsh and Fish: the words that may stand where the cursor is.

A shell asks `python -m src.completion LINE` at every press of Tab, so nothing slow is imported
here: groups, choices and keys are read off the files of `conf/`.
"""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from src.errors import ConfigError
from src.storage.study import results

_here = Path(__file__).resolve().parent
CONF = _here / "conf" if (_here / "conf").is_dir() else _here.parent / "conf"

FLAGS = ("--multirun", "--cfg", "--config-dir", "--from", "--completion", "--help", "--version")

_KEY = re.compile(r"^(\w+): *(\S*)", re.M)

_SCRIPTS = {
    "bash": """\
_{name}() {{
    local line="${{COMP_LINE:0:COMP_POINT}}" word kept
    word="${{line##*[[:space:]]}}"
    mapfile -t COMPREPLY < <("{python}" -P -m {module} "$line" 2>/dev/null)
    kept="${{word%"${{word##*[=:]}}"}}"  # Bash completes what follows the last = or :
    COMPREPLY=("${{COMPREPLY[@]#"$kept"}}")
    if [[ ${{COMPREPLY[0]}} == *= ]]; then compopt -o nospace; fi
}}
complete -F _{name} {program}
""",
    "zsh": """\
_{name}() {{
    local -a found
    found=("${{(@f)$("{python}" -P -m {module} "${{(j: :)words[1,CURRENT]}}" 2>/dev/null)}}")
    compadd -S '' -- ${{(M)found:#*=}}
    compadd -- ${{found:#*=}}
}}
compdef _{name} {program}
""",
    "fish": """\
complete -c {program} -f -a '("{python}" -P -m {module} (commandline -cp) 2>/dev/null)'
""",
}


def script(shell: str, program: str, module: str) -> str:
    """Return what a shell runs to complete a program's words.

    Parameters
    ----------
    shell : bash, zsh or fish
    program : the name of a command
    module : what answers `python -m MODULE LINE` with a word a line

    Raises
    ------
    ConfigError
        It is another shell.
    """
    if shell not in _SCRIPTS:
        raise ConfigError.one_of("--completion", list(_SCRIPTS), shell)
    name = re.sub(r"\W", "_", program)
    return _SCRIPTS[shell].format(name=name, program=program, module=module, python=sys.executable)


def last_word(line: str) -> str:
    """Return the word that a line ends with, empty after a space."""
    return re.split(r"\s", line)[-1]


def studies() -> list[str]:
    """Return the names of the studies that there are."""
    folder = results()
    return (
        sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    )


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
