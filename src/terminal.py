"""Text on any terminal or pipe, whatever its encoding, and whatever the text holds.

Both command lines print through `show` and `say`. A sign that a terminal cannot encode becomes
ASCII; a control character that a name brought along is shown as its escape, not obeyed.
"""

import codecs
import io
import os
import sys
import unicodedata
from typing import TextIO

ASCII = {
    "─": "-",
    "│": "|",
    "├": "+",
    "└": "+",
    "—": "-",
    "–": "-",
    "−": "-",
    "×": "x",
    "·": "*",
    "±": "+-",
    "½": "1/2",
    "‖": "||",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "→": "->",
    "…": "...",
    "√": "sqrt ",
    "∂": "d",
    "″": '"',
    "′": "'",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "✕": "x",
    "°": " deg",
    "α": "alpha",
    "β": "beta",
    "δ": "delta",
    "ε": "epsilon",
    "λ": "lambda",
    "µ": "u",
    "ρ": "rho",
    "σ": "sigma",
    "φ": "phi",
    "Σ": "sum ",
}
"""How our own signs read in ASCII; of any other letter, what is left without its accents."""


def prepare() -> None:
    """Let standard output and error replace what their encoding lacks, not end in an error."""
    codecs.register_error("sweepscope", _in_ascii)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="sweepscope")


def show(text: str) -> None:
    """Print to standard output."""
    _print(text, sys.stdout)


def say(text: str) -> None:
    """Print to standard error."""
    _print(text, sys.stderr)


def _print(text: str, stream: TextIO | None) -> None:
    if stream is None:  # closed before Python began
        return
    try:
        print(harmless(text), file=stream, flush=True)
    except BrokenPipeError:  # its reader has had enough, as `| head`: what follows goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def harmless(text: str) -> str:
    r"""Return text whose control characters, but for line breaks, are escapes such as `\x1b`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        sign if sign == "\n" or sign.isprintable() else sign.encode("unicode_escape").decode()
        for sign in text
    )


def one_line(text: str) -> str:
    r"""Return text as `harmless` does, with its line breaks as `\n` too."""
    return harmless(text).replace("\n", "\\n")


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    """Answer Python's question what to write instead, in an encoding that need not be ASCII."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end]
    return "".join(map(_plain, signs)), error.end


def _plain(sign: str) -> str:
    if (known := ASCII.get(sign)) is not None:
        return known
    letters = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
    return letters or sign.encode("unicode_escape").decode()
