"""MNIST's relatives under their own names, and npz files: found, read exactly, or refused."""

import gzip
import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.data.datasets import load
from src.errors import ConfigError, DataError
from src.storage.store import read_record
from tests.test_train import command, runs

RNG = np.random.default_rng(0)
TRAIN, TEST = (RNG.integers(0, 256, (n, 16, 16), dtype=np.uint8) for n in (40, 20))
LABELS = (np.arange(40, dtype=np.uint8) % 2 + 1, np.arange(20, dtype=np.uint8) % 2 + 1)
FEW = ("classes=[1,2]", "T=10", "TT=6", "epochs=2", "I=16", "J=16")


def idx(array: np.ndarray, kind: int = 0x08) -> bytes:
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, kind, array.ndim]) + sizes + array.tobytes()


def columns(labels: np.ndarray) -> bytes:
    """Return QMNIST's labels: eight columns of 32-bit integers, the class first."""
    table = np.full((len(labels), 8), 70_000, ">i4")
    table[:, 0] = labels
    return idx(table, 0x0C)


def emnist(folder: Path, name: str = "letters") -> None:
    for part, images, labels in (("train", TRAIN, LABELS[0]), ("test", TEST, LABELS[1])):
        of = f"emnist-{name}-{part}"
        (folder / f"{of}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
        (folder / f"{of}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(labels)))
    (folder / f"emnist-{name}-mapping.txt").write_text("1 65 97\n")


def qmnist(folder: Path) -> None:
    for part, images, labels in (("train", TRAIN, LABELS[0]), ("test", TEST, LABELS[1])):
        (folder / f"qmnist-{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
        (folder / f"qmnist-{part}-labels-idx2-int.gz").write_bytes(gzip.compress(columns(labels)))


def keras(path: Path, save: object = np.savez_compressed, **change: np.ndarray) -> Path:
    arrays = {"x_train": TRAIN, "y_train": LABELS[0], "x_test": TEST, "y_test": LABELS[1]}
    save(path, **{**arrays, **change})  # type: ignore[operator]
    return path


@pytest.mark.parametrize("write", [emnist, qmnist])
def test_relatives_are_found_under_their_own_names(tmp_path: Path, write: object) -> None:
    write(tmp_path)  # type: ignore[operator]
    dataset = load("idx", str(tmp_path))
    np.testing.assert_array_equal(dataset.images, np.concatenate([TRAIN, TEST]))
    np.testing.assert_array_equal(dataset.labels, np.concatenate(LABELS))
    assert dataset.test_from == len(TRAIN)


def test_several_sets_in_a_folder_are_refused_by_name(tmp_path: Path) -> None:
    emnist(tmp_path)
    emnist(tmp_path, "digits")
    with pytest.raises(DataError, match=r"holds several: emnist-digits-\*, emnist-letters-\*"):
        load("idx", str(tmp_path))


def test_the_file_that_a_set_lacks_is_named_as_its_others_are(tmp_path: Path) -> None:
    emnist(tmp_path)
    (tmp_path / "emnist-letters-test-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match="must hold emnist-letters-t10k-labels-idx1-ubyte or"):
        load("idx", str(tmp_path))


@pytest.mark.parametrize(
    ("value", "words"), [(62, "labels of 0..61, got 62"), (-1, "labels of 0..61, got -1")]
)
def test_labels_beyond_all_relatives_are_refused(tmp_path: Path, value: int, words: str) -> None:
    qmnist(tmp_path)
    odd = LABELS[0].astype(int)
    odd[3] = value
    (tmp_path / "qmnist-train-labels-idx2-int.gz").write_bytes(gzip.compress(columns(odd)))
    with pytest.raises(DataError, match=words):
        load("idx", str(tmp_path))


def test_transposed_images_are_those_with_rows_for_columns(tmp_path: Path) -> None:
    emnist(tmp_path)
    plain, turned = (load("idx", str(tmp_path), turn) for turn in (False, True))
    np.testing.assert_array_equal(turned.images, np.swapaxes(plain.images, 1, 2))
    assert turned.digest != plain.digest
    with pytest.raises(ConfigError, match="transpose must be false with the embedded digits"):
        load("embedded", None, True)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_npz_file_is_the_set_of_its_idx_files(tmp_path: Path, save: object) -> None:
    path = keras(tmp_path / "set.npz", save, names=np.array(["a", "b"]))
    emnist(tmp_path)
    assert load("npz", str(path)).digest == load("idx", str(tmp_path)).digest
    column = keras(tmp_path / "column.npz", y_train=LABELS[0][:, np.newaxis].astype(np.int64))
    assert load("npz", str(column)).digest == load("npz", str(path)).digest


REFUSED = {
    "no file": (lambda path: path.unlink(), "is not a file"),
    "no npz": (lambda path: path.write_bytes(b"no zip"), "is not an npz file"),
    "other names": (lambda path: np.savez(path, images=TRAIN), "must hold x_train, y_train"),
    "floats": (lambda path: keras(path, x_test=TEST / 255), "must hold x_test of bytes 0..255"),
    "colours": (
        lambda path: keras(path, x_train=np.zeros((40, 16, 16, 3), np.uint8)),
        "must hold x_train of bytes",
    ),
    "other sizes": (lambda path: keras(path, x_test=TEST[:, :8]), "images of one size"),
    "too few labels": (lambda path: keras(path, y_test=LABELS[1][:-1]), "must hold y_test of a"),
    "large labels": (lambda path: keras(path, y_test=LABELS[1] + 99), "labels of 0..61 in y_test"),
    "objects": (lambda path: keras(path, y_test=LABELS[1].astype(object)), "is not an npz file"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_an_npz_file_that_is_no_such_set_is_one_sentence(tmp_path: Path, kind: str) -> None:
    path = keras(tmp_path / "set.npz")
    change, words = REFUSED[kind]
    change(path)
    with pytest.raises(DataError, match=words) as error:
        load("npz", str(path))
    assert "\n" not in str(error.value)


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = keras(tmp_path / "set.npz")
    buffer = io.BytesIO()
    np.save(buffer, np.zeros((200_000, 16, 16), np.uint8))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x_train.npy", buffer.getvalue())
    with pytest.raises(DataError, match="is too large: x_train says"):
        load("npz", str(path))


@given(st.integers(0, 3000), st.integers(0, 255))
@settings(max_examples=60, deadline=None)
def test_a_flipped_byte_is_read_or_refused_in_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, place: int, byte: int
) -> None:
    path = keras(tmp_path_factory.mktemp("d") / "set.npz")
    data = bytearray(path.read_bytes())
    data[place % len(data)] = byte
    path.write_bytes(data)
    try:
        dataset = load("npz", str(path))
    except DataError as error:
        assert "\n" not in str(error)  # noqa: PT017  either is right
    else:
        assert dataset.images.shape[1:] == (16, 16)


def test_runs_on_other_data_train_and_say_what_they_were_trained_on(tmp_path: Path) -> None:
    digits = tmp_path / "letters"
    digits.mkdir()
    emnist(digits)
    said = command(tmp_path, "data=idx", f"folder={digits}", "transpose=true", *FEW)
    assert said.code == 0, said.err
    (run,) = runs(tmp_path)
    record = read_record(run)
    assert record.config["transpose"] is True
    again = command(tmp_path, f"--from={run}")
    assert again.code == 0
    assert "byte-identical" in again.out
    keras(tmp_path / "set.npz")
    said = command(tmp_path / "letters", "data=npz", "folder=../set.npz", *FEW)
    assert said.code == 0, said.err
