"""Completion in Bash, Zsh and Fish: what a shell runs to be told a program's words.

A shell asks for them at every press of Tab, so nothing slow is imported here. Which words there are
is the affair of `config/completion.py` and of `analysis/completion.py`.
"""

import re
import sys

from src.errors import ConfigError
from src.storage.study_name import results

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
