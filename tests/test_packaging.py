"""A wheel holds everything: every package and every config group is listed in pyproject.toml."""

import tomllib
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
LISTED = set(tomllib.loads((HOME / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])


def test_every_folder_with_code_is_a_listed_package() -> None:
    folders = {
        path.parent.relative_to(HOME).as_posix().replace("/", ".")
        for root in ("src", "analysis")
        for path in (HOME / root).rglob("*.py")
    }
    assert folders <= LISTED


def test_every_config_group_is_a_listed_package() -> None:
    folders = {path.parent.relative_to(HOME).as_posix() for path in HOME.glob("conf/**/*.yaml")}
    assert {f"src.{folder.replace('/', '.')}" for folder in folders} <= LISTED


def test_no_package_is_listed_that_is_not_there() -> None:
    places = {
        name: name.removeprefix("src.") if f"{name}.".startswith("src.conf.") else name
        for name in LISTED
    }
    assert all((HOME / place.replace(".", "/")).is_dir() for place in places.values())
