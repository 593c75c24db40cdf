"""What a config file may not be, refused in one sentence before anything is built from it."""

import time
from pathlib import Path

import pytest

from src.config.yaml_files import MOST_BYTES, MOST_DEPTH, check_file
from src.errors import ConfigError
from tests.test_train import SMALL, Said, command, studies

BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [{f'*a{i - 1}, ' * 9}]\n" for i in range(1, 10))
REFUSED = {
    "huge": ("#" * (MOST_BYTES + 1), "must have at most 1,048,576 bytes"),
    "a bomb": (BOMB, "must not have aliases, got *a0"),
    "an alias of a value": ("lrA: &a 1\nlrW: *a\n", "must not have aliases, got *a"),
    "too deep": ("act: " + "[" * MOST_DEPTH + "]" * MOST_DEPTH, "must be nested at most 32 deep"),
    "far too deep": ("act: " + "[" * 9000 + "]" * 9000, "must be nested at most 32 deep"),
    "too deep in blocks": (
        "".join(f"{'  ' * depth}a:\n" for depth in range(40)),
        "must be nested at most 32 deep",
    ),
    "a key twice": ("lrA: 1\nlrA: 2\n", "must have every key once, got 'lrA' twice"),
    "a key twice in a list": ("a: [{b: 1, c: {b: 2}, b: 3}]", "once, got 'b' twice"),
    "no YAML": (
        "order: fixed\nact: [tanh",
        "must be YAML: it cannot be read at line 3, column 1, in what begins at line 2, column 6",
    ),
    "no YAML from its beginning": (
        "lr: %\n",
        "must be YAML: it cannot be read at line 1, column 5",
    ),
    "no text": (b"act: \xff", "must be YAML: it has what is no text in UTF-8"),
}


def written(folder: Path, content: str | bytes) -> Path:
    """Write an option of the group act into a config folder, and return its path."""
    path = folder / "conf" / "act" / "mine.yaml"
    path.parent.mkdir(parents=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("kind", REFUSED)
def test_a_file_that_is_no_file_of_settings_is_refused_with_its_path_and_the_rule(
    tmp_path: Path, kind: str
) -> None:
    content, words = REFUSED[kind]
    path = written(tmp_path, content)
    start = time.process_time()
    with pytest.raises(ConfigError) as error:
        check_file(path)
    assert time.process_time() - start < 1  # linear in the file, whatever it would unfold to
    assert str(error.value).startswith(f"{path} ")
    assert words in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "act: tanh\n",
        "#" * MOST_BYTES,
        "act: " + "[" * (MOST_DEPTH - 1) + "]" * (MOST_DEPTH - 1),
        "a: {b: 1}\nc: {b: 1}\n",
        "a: [b, b, {b: b}, b]\n? [a, b]\n: {a: 1}\nb: 2\n",
    ],
    ids=["empty", "a value", "as large as can be", "as deep as can be", "b apart", "b in lists"],
)
def test_a_file_within_the_rules_is_taken(tmp_path: Path, content: str) -> None:
    check_file(written(tmp_path, content))


@pytest.mark.parametrize("mode", [(), ("-m",)], ids=["run", "sweep"])
def test_a_bomb_in_a_config_folder_ends_the_command_before_hydra_reads_it(
    tmp_path: Path, mode: tuple[str, ...]
) -> None:
    path = written(tmp_path, BOMB)
    said = command(tmp_path, *mode, f"--config-dir={tmp_path / 'conf'}", "act=mine", *SMALL)
    assert said == Said(1, "", f"error: {path} must not have aliases, got *a0\n")
    assert not studies(tmp_path)
