"""An IDX file is read exactly, and every lie that it or its set can tell is one sentence."""

import gzip
import os
import re
import struct
import tracemalloc
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.data import idx
from src.data.idx import read_idx
from src.data.idx_set import find_set, read_set
from src.errors import DataError

IMAGES = np.arange(3 * 4 * 4, dtype=np.uint8).reshape(3, 4, 4)
LABELS = np.array([3, 1, 3], np.uint8)


def header(*sizes: int, magic: bytes = b"\0\0\x08") -> bytes:
    return magic + bytes([len(sizes)]) + struct.pack(f">{len(sizes)}I", *sizes)


def encode(array: np.ndarray) -> bytes:
    return header(*array.shape) + array.tobytes()


def saved(folder: Path, content: bytes) -> Path:
    path = folder / "images"
    path.write_bytes(content)
    return path


def refuse(path: Path, words: str, ndim: int = 3) -> None:
    with pytest.raises(DataError, match=words) as caught:
        read_idx(path, ndim)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("array", [IMAGES, LABELS])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_file_is_read_exactly_raw_or_gzipped(tmp_path, array, pack):
    read = read_idx(saved(tmp_path, pack(encode(array))), array.ndim)
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, array)


def test_a_file_longer_than_one_chunk_is_read_exactly(tmp_path, monkeypatch):
    monkeypatch.setattr(idx, "_CHUNK", 7)
    np.testing.assert_array_equal(read_idx(saved(tmp_path, encode(IMAGES)), 3), IMAGES)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", r" is truncated: 0 bytes are no IDX header"),
        (b"\0\0", r" is truncated: 2 bytes are no IDX header"),
        (b"<!DOCTYPE html><html>404</html>", r" is an HTML page, not an IDX file"),
        (b"\n\n <html>", r" is an HTML page, not an IDX file"),
        (b"PK\3\4" + bytes(99), r" is not an IDX file: it begins with 0x504b0304"),
        (
            header(3, 4, 4, magic=b"\0\0\x0d"),
            r" must hold unsigned bytes \(IDX type 0x08\), got 0x0d",
        ),
        (encode(LABELS), r" must have 3 dimensions, got 1$"),
        (header(3, 4, 4, 1), r" must have 3 dimensions, got 4$"),
        (header(3, 4, 4)[:-1], r" is truncated: it ends within its header"),
        (header(0, 4, 4), r" is empty: its header says 0×4×4 elements"),
        (header(3, 4, 0), r" is empty: its header says 3×4×0 elements"),
        (header(2**31, 2**31, 4), r" is too large: 2147483648×2147483648×4 bytes, .* 1073741824$"),
        (encode(IMAGES)[:-1], r" is truncated: its header says 3×4×4 = 48 bytes, 47 follow"),
        (
            header(2**20, 28, 28),
            r" is t.*: .* = 822083584 bytes, (0 follow|more)",
        ),
        (encode(IMAGES) + b"\0", r" has bytes left over: .* 3×4×4 = 48 bytes, more follow"),
    ],
)
def test_a_file_that_lies_is_one_sentence_with_its_path(tmp_path, content, words, pack):
    refuse(saved(tmp_path, pack(content)), words)


def test_images_under_the_name_of_labels_are_refused(tmp_path):
    refuse(saved(tmp_path, encode(IMAGES)), " must have 1 dimension, got 3$", ndim=1)


def test_a_gzip_stream_that_stops_is_refused_wherever_it_stops(tmp_path):
    packed = gzip.compress(encode(IMAGES))
    for length in range(2, len(packed)):
        refuse(saved(tmp_path, packed[:length]), "damaged: its gzip stream is truncated|truncated")


def test_a_wrong_gzip_checksum_is_refused(tmp_path):
    packed = bytearray(gzip.compress(encode(IMAGES)))
    packed[-8] ^= 1
    refuse(saved(tmp_path, bytes(packed)), r" is damaged: its gzip stream is corrupt \(CRC")


def test_a_gzip_bomb_is_left_packed(tmp_path):
    bomb = header(1, 4, 4) + bytes(50_000_000)
    refuse(saved(tmp_path, gzip.compress(bomb, 1)), " has bytes left over")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_no_flipped_bit_raises_anything_but_a_data_error(tmp_path_factory, pack, data):
    content = bytearray(pack(encode(IMAGES)))
    position = data.draw(st.integers(0, 8 * len(content) - 1))
    content[position // 8] ^= 1 << position % 8
    path = saved(tmp_path_factory.getbasetemp(), bytes(content))
    with suppress(DataError):
        assert read_idx(path, 3).shape == IMAGES.shape


@given(content=st.binary(max_size=64))
@settings(max_examples=150, deadline=None)
def test_no_junk_raises_anything_but_a_data_error(tmp_path_factory, content):
    with pytest.raises(DataError):
        read_idx(saved(tmp_path_factory.getbasetemp(), b"\x1f\x8b" + content), 3)


def test_a_missing_file_a_folder_a_pipe_and_an_impossible_name_are_refused(tmp_path):
    refuse(tmp_path / "nothing", " cannot be read: No such file or directory")
    refuse(tmp_path, " is not a file")
    os.mkfifo(tmp_path / "pipe")
    refuse(tmp_path / "pipe", " is not a file")
    with pytest.raises(DataError, match=r"'a\\x00b' cannot be read: .*null"):
        read_idx(Path("a\0b"), 3)


# --- the four files of a set

SET = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
       "t10k-labels-idx1-ubyte")  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    for name, array in zip(SET, (IMAGES, LABELS, IMAGES[:2], LABELS[:2]), strict=True):
        (tmp_path / name).write_bytes(encode(array))
    return tmp_path


def read(folder: Path) -> tuple[np.ndarray, ...]:
    return read_set([path for path, _, _ in find_set(str(folder))])


def refuse_set(folder: Path, words: str) -> None:
    with pytest.raises(DataError, match=words):
        read(folder)


def test_a_set_is_read_in_the_order_of_its_parts(folder):
    for got, expected in zip(read(folder), (IMAGES, LABELS, IMAGES[:2], LABELS[:2]), strict=True):
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("name", SET)
def test_a_file_is_found_under_either_spelling_raw_or_gzipped(folder, name):
    raw = folder / name
    for other in (f"{name}.gz", name.replace("-idx", ".idx"), name.replace("-idx", ".idx") + ".gz"):
        raw = raw.rename(folder / other)
        assert raw in [path for path, _, _ in find_set(str(folder))]


@pytest.mark.parametrize("name", SET)
def test_a_missing_file_of_a_set_is_named_with_its_folder(folder, name):
    (folder / name).unlink()
    refuse_set(folder, f"^{re.escape(str(folder))} must hold {name} or {name}.gz, and .* neither$")


def test_a_folder_that_cannot_be_one_is_refused(tmp_path):
    refuse_set(tmp_path / "nothing", f"^{tmp_path}/nothing is not a folder: the IDX files must")
    for impossible in ("a\0b", "x" * 5000, "~nobody-of-this-name/x"):
        with pytest.raises(DataError, match=r"cannot be read: "):
            find_set(impossible)


@pytest.mark.parametrize(
    ("name", "array", "words"),
    [
        (2, IMAGES.reshape(12, 2, 2), r"t10k-.* of 4×4 pixels like train-images.*, got 2×2$"),
        (2, IMAGES.reshape(3, 2, 8), r"t10k-.* of 4×4 pixels like train-images.*, got 2×8$"),
        (1, LABELS[:2], r"train-labels.* a label for each of the 3 images of train-.*, got 2$"),
        (3, LABELS, r"t10k-labels.* a label for each of the 2 images of t10k-images.*, got 3$"),
        (1, LABELS + 59, r"train-labels-idx1-ubyte must hold labels of 0\.\.61, got 62$"),
        (3, np.array([3, 255], np.uint8), r"t10k-labels.* must hold labels of 0\.\.61, got 255$"),
    ],
)
def test_files_that_do_not_fit_each_other_are_refused(folder, name, array, words):
    (folder / SET[name]).write_bytes(encode(array))
    refuse_set(folder, f"^{re.escape(str(folder))}/{words}")


def test_a_gzip_that_promises_a_hundred_times_its_size_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    with gzip.open(path, "wb", compresslevel=9) as file:
        file.write(struct.pack(">IIII", 0x803, 40_000, 28, 28))
        for _ in range(40_000 * 28 * 28 // 2**20 + 1):
            file.write(bytes(2**20))
    tracemalloc.start()
    with pytest.raises(DataError, match=re.escape(str(path))):
        read_idx(path, 3)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def test_files_that_do_not_fit_together_are_not_unpacked(tmp_path: Path) -> None:
    # The images are cut off after their header: whoever reads on says so.
    (tmp_path / "images").write_bytes(struct.pack(">IIII", 0x803, 1000, 28, 28))
    (tmp_path / "labels").write_bytes(struct.pack(">II", 0x801, 999))
    paths = [tmp_path / name for name in ("images", "labels") * 2]
    with pytest.raises(DataError, match=r"1000 images.*got 999"):
        read_set(paths)
