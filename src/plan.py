"""The vocabulary of an experiment's card: which words each entry takes, and what they must be.

    question, again   what is asked; words of a second setting
    figures           {name, verb, where, and what the verb takes}
    comparisons       {name, vary, metric, by, tune, delta, where, …}
    claims            {name, quote, reading, figure, all or any: parts, which may be nested}

A part of a claim is one test, or one exact check:

    measure          what is measured of every run: test_acc, epochs_to(train_loss, 0.05), own, …
    where            which runs; values of keys, and quicker, quick, slow, ratio of the rates
    vary, level, against       a factor, and the levels that are compared (lists: each with each)
    bar              instead of a level: the number that the mean over seeds is held against
    is               higher, lower, different, equal, not higher or not lower
    margin           differences within ±margin count as none, named before looking
    tune             keys that each level chooses on half of the seeds, scored on the other
    study            the study that answers, where it is not the claim's own
    exact            instead of all that: a check without chance, with where and study

Owns what can be said of a card without a run, so that it is said before any is trained. What the
words mean is the affair of `analysis`.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from src.errors import ConfigError, nearest

_FILE_NAME = re.compile(r"[^\x00-\x1f\x7f/\\:*?\"<>|.][^\x00-\x1f\x7f/\\:*?\"<>|]{0,79}")

LISTS = ("figures", "comparisons", "claims")
"""The parts of a card that are lists of entries."""
FIGURES = {
    "curves": ("metric", "vary", "by", "title", "singles"),
    "heatmap": ("metric", "vary", "by", "title"),
    "filters": ("vary", "seed", "epoch", "title"),
    "strip": ("by", "title"),
    "likeness": ("title",),
}
"""What each verb of a figure takes."""
COMPARISON = ("vary", "metric", "by", "against", "delta", "tune", "test", "alpha", "needed")
TEXTS = ("name", "quote", "reading", "figure")
PART = (
    "measure", "where", "vary", "level", "against", "bar", "is", "margin", "tune", "study", "exact"
)  # fmt: skip
DIRECTIONS = ("higher", "lower", "different", "equal", "not higher", "not lower")
RELATIONS = ("quicker", "quick", "slow", "ratio")
"""Of the two rates of a run, which a claim may name beside keys."""


def check(card: Mapping[str, Any], keys: Collection[str] = ()) -> None:
    """Check a card without looking at a run.

    Parameters
    ----------
    keys : what may be varied and selected by, in a file; of a card that a study keeps, which has
        words of the study beside its own, the runs will tell

    Raises
    ------
    ConfigError
        An entry lacks a word, has one that nobody knows, or one that cannot be meant.
    """
    if keys:
        _known("the card", card, ("question", "again", *LISTS))
    for kind in LISTS:
        listed = card.get(kind) or []
        if not isinstance(listed, list) or not all(isinstance(entry, Mapping) for entry in listed):
            raise ConfigError(f"{kind} of the card must be a list of entries, each with its words")
    for given in card.get("figures") or []:
        what = _named("figure", given)
        if (verb := given.get("verb")) not in FIGURES:
            raise ConfigError.one_of(f"{what}: verb", FIGURES, verb)
        _known(what, given, ("name", "verb", "where", *FIGURES[verb]))
        _keys(what, given, keys)
    for given in card.get("comparisons") or []:
        what = _named("comparison", given)
        _known(what, given, ("name", "where", *COMPARISON))
        for word in ("vary", "metric"):
            if not given.get(word):
                raise ConfigError(f"{what} must have a {word}")
        _keys(what, given, keys)
    figures = [str(given["name"]) for given in card.get("figures") or []]
    for given in card.get("claims") or []:
        what = _named("claim", given)
        _known(what, given, (*TEXTS, "all", "any"))
        for word in ("quote", "reading"):
            if not str(given.get(word) or "").split():
                raise ConfigError(f"{what} must have a {word}")
        if figures and given.get("figure") and given["figure"] not in figures:
            raise ConfigError.one_of(f"{what}: figure", figures, given["figure"])
        _check_parts(what, given, {*keys, *RELATIONS} if keys else ())


def _check_parts(what: str, given: Mapping[str, Any], keys: Collection[str]) -> None:
    kinds = [kind for kind in ("all", "any") if given.get(kind)]
    if len(kinds) != 1:
        raise ConfigError(f"{what} must have parts under either 'all' or 'any'")
    parts = given[kinds[0]]
    if not isinstance(parts, list) or not all(isinstance(part, Mapping) for part in parts):
        raise ConfigError(f"{what}: {kinds[0]!r} must be a list of parts, each with its words")
    for part in parts:
        if "all" in part or "any" in part:
            _known(what, part, ("all", "any"))
            _check_parts(what, part, keys)
        else:
            _known(what, part, PART)
            _keys(what, part, keys)
            if not part.get("exact"):
                _check_test(what, part)


def _check_test(what: str, part: Mapping[str, Any]) -> None:
    direction = part.get("is", "")
    if direction not in DIRECTIONS:
        raise ConfigError.one_of(f"{what}: is", DIRECTIONS, direction)
    if not part.get("measure"):
        raise ConfigError(f"{what} must say a measure, or what is exact")
    if ("bar" in part) == ("vary" in part):
        raise ConfigError(f"{what} must hold {part['measure']} against a level or a bar")
    for word in ("bar", "margin"):
        value = part.get(word, 0)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise ConfigError.of(f"{what}: {word}", "a number", value)
    margin = part.get("margin")
    if margin is None and direction not in ("higher", "lower", "different"):
        raise ConfigError(f"{what}: {direction!r} must have a margin")
    if margin is not None and not margin > 0:
        raise ConfigError.of(f"{what}: margin", "above 0", margin)
    if part.get("tune") and margin is not None:
        raise ConfigError(f"{what}: levels at their own best have no margin")
    if "vary" in part and not {"level", "against"} <= part.keys():
        raise ConfigError(f"{what} must say which level of {part['vary']}, against which")


def check_file_name(what: str, name: Any) -> None:
    """Check a name that becomes part of a file's name: a plan may come from anybody.

    Raises
    ------
    ConfigError
        It could lead out of its folder, or be no file's name everywhere.
    """
    if not isinstance(name, str | int | float) or not _FILE_NAME.fullmatch(str(name)):
        rule = '1 to 80 characters of a file name, without / \\ : * ? " < > | and no leading dot'
        raise ConfigError.of(what, rule, name)


def _named(kind: str, given: Mapping[str, Any]) -> str:
    if not given.get("name"):
        raise ConfigError(f"a {kind} of the card must have a name")
    check_file_name(f"name of a {kind} of the card", given["name"])
    return f"{kind} {given['name']}"


def _known(what: str, given: Mapping[str, Any], words: Collection[str]) -> None:
    for word in given:
        if word not in words:
            raise ConfigError(f"{what}: no word is called {word!r}{_nearest(word, list(words))}")


def _keys(what: str, given: Mapping[str, Any], keys: Collection[str]) -> None:
    where = given.get("where") or {}
    if not isinstance(where, Mapping):
        raise ConfigError.of(f"{what}: where", "keys with their values, as in {act: tanh}", where)
    asked = [("where", key) for key in where]
    for word in ("vary", "by", "tune"):
        several = given.get(word) or []
        asked += [(word, key) for key in (several if isinstance(several, list) else [several])]
    for word, key in asked:
        if keys and key not in keys:
            hint = _nearest(key, sorted(keys))
            raise ConfigError(f"{what}: {word} names {key!r}, which is no key of a run{hint}")


def _nearest(word: Any, options: list[str]) -> str:
    return nearest(str(word), options) or f": there are {', '.join(options)}"
