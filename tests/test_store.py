"""Law 7: a file is old or new, never torn; and whatever lies in a folder is read or refused."""

import builtins
import errno
import gc
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.errors import StoreError
from src.model.activations import Act
from src.storage import files
from src.storage.files import replace, to_json
from src.storage.identity import run_id
from src.storage.record import FORMAT, Record
from src.storage.store import (
    damage,
    read_curves,
    read_filters,
    read_parameters,
    read_record,
    write_run,
)
from src.timeline import CURVES, Ending, Outcome, Timeline
from src.training.trainer import train
from tests.support.strategies import make_dataset, make_run
from tests.support.study_folders import unsealed

DIGITS = make_dataset(6, 6, 3)
KEYS: dict[str, Any] = {"I": 6, "J": 6, "classes": (0, 1, 2), "T": 9, "TT": 6, "epochs": 3}
RUNS = {
    "finished": make_run(**KEYS, lrA=0.1, lrW=0.1),
    "diverged": make_run(**KEYS, act=Act.none, lrA=1e3, lrW=1e3, init_scale=10.0),
}
TIMELINES = {name: train([run], DIGITS)[0] for name, run in RUNS.items()}
ARRAYS = ("filters.npz", "parameters.npz", "timeline.npz")
FILES = (*ARRAYS, "run.json")
READERS: dict[str, Callable[[Path], object]] = {
    "run.json": read_record,
    "timeline.npz": read_curves,
    "filters.npz": read_filters,
    "parameters.npz": read_parameters,
}


def make_record(name: str = "finished", **changes: Any) -> Record:
    """Return the record of one of the runs, as a task hands it over."""
    choices = dict.fromkeys(("act", "order", "init", "lr", "data", "net"), "x")
    fields = {
        "id": run_id(RUNS[name].record(), DIGITS.digest, 1),
        "config": RUNS[name].record(),
        "choices": choices,
        "data_digest": DIGITS.digest,
        "engine_version": 1,
        "outcome": TIMELINES[name].outcome,
        "execution": {"seconds": 0.25},
    }
    return Record(**{**fields, **changes})


def write(folder: Path, name: str = "finished") -> Record:
    """Write one of the runs and return its record."""
    return write_run(folder, make_record(name), TIMELINES[name])


def contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file that has its proper name."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name[0] != "."}


def arrays(path: Path) -> dict[str, Any]:
    """Return the arrays of an npz by name."""
    with np.load(path) as file:
        return dict(file)


# --- what is written is read


@pytest.mark.parametrize("name", RUNS)
def test_a_record_reads_as_it_was_written(tmp_path: Path, name: str) -> None:
    assert TIMELINES[name].outcome.ending.name == name
    record = write(tmp_path / "new" / "folder", name)
    assert read_record(tmp_path / "new" / "folder") == record
    assert sorted(contents(tmp_path / "new" / "folder")) == sorted(FILES)


@pytest.mark.parametrize("name", RUNS)
def test_arrays_read_as_they_were_written_to_the_last_bit(tmp_path: Path, name: str) -> None:
    write(tmp_path, name)
    timeline = TIMELINES[name]
    curves = read_curves(tmp_path)
    assert list(curves) == list(CURVES)
    epochs, filters = read_filters(tmp_path)
    pairs = [(curves[key], timeline.curves[key]) for key in CURVES]
    pairs += [(epochs, timeline.filter_epochs), (filters, timeline.filters)]
    parameters = read_parameters(tmp_path)
    assert parameters.keys() == timeline.parameters.keys()
    pairs += [(parameters[key], timeline.parameters[key]) for key in parameters]
    for one, other in pairs:
        assert (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())


def test_a_failed_run_leaves_its_traceback_and_no_arrays(tmp_path: Path) -> None:
    outcome = Outcome(Ending.failed, None, message="Traceback …\nValueError: ½ \x00 'no'")
    write_run(tmp_path, make_record(outcome=outcome), None)
    assert read_record(tmp_path).outcome == outcome
    assert sorted(contents(tmp_path)) == ["unfinished.json"]


def test_a_failure_leaves_an_older_result_whole(tmp_path: Path) -> None:
    record = write(tmp_path)
    before = contents(tmp_path)
    write_run(tmp_path, make_record(outcome=Outcome(Ending.failed, None, message="no")), None)
    assert {name: contents(tmp_path)[name] for name in before} == before
    assert read_record(tmp_path) == record


@settings(max_examples=60, deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])).filter(lambda name: name != "checksum"),
        st.integers() | st.none(),
    ),  # the record's own checksum stands beside what the execution says
    st.sampled_from([Ending.failed, Ending.interrupted]),
    st.none() | st.integers(0, 10**6),
    st.floats(allow_nan=False, allow_infinity=False),
)
def test_any_record_survives_the_round_trip(
    tmp_path_factory: pytest.TempPathFactory,
    text: str,
    execution: dict[str, Any],
    ending: Ending,
    epoch: int | None,
    rate: float,
) -> None:
    folder = tmp_path_factory.mktemp("run")
    outcome = Outcome(ending, epoch, place=text, message=text)
    record = make_record(outcome=outcome, execution=execution)
    record.config |= {"folder": text, "lrA": rate}
    record.id = run_id(record.config, record.data_digest, record.engine_version)
    write_run(folder, deepcopy(record), None)
    assert read_record(folder) == record


@pytest.mark.parametrize("name", RUNS)
def test_final_values_are_the_last_of_the_curves_and_null_where_there_is_none(
    tmp_path: Path, name: str
) -> None:
    write(tmp_path, name)
    final, curves = read_record(tmp_path).final, read_curves(tmp_path)
    assert final == {
        key: float(curve[-1]) if np.isfinite(curve[-1]) else None for key, curve in curves.items()
    }
    assert (final["test_loss"] is None) == (name == "diverged")


def test_accuracies_by_class_come_from_the_confusion_matrix(tmp_path: Path) -> None:
    timeline = deepcopy(TIMELINES["finished"])
    timeline.confusion = np.array([[3, 1, 0], [0, 0, 0], [2, 0, 0]])
    write_run(tmp_path, make_record(), timeline)
    record = read_record(tmp_path)
    assert record.confusion == [[3, 1, 0], [0, 0, 0], [2, 0, 0]]
    assert record.class_accuracy == {"0": 0.75, "1": None, "2": 0.0}


def test_checksums_are_those_of_the_files(tmp_path: Path) -> None:
    record = write(tmp_path)
    files = contents(tmp_path)
    assert record.files == {name: hashlib.sha256(files[name]).hexdigest() for name in ARRAYS}


def test_the_same_run_gives_the_same_bytes_at_any_time(tmp_path: Path) -> None:
    write(tmp_path / "now")
    with patch("time.time", lambda: 1e9), patch("time.localtime", lambda *_: (2001, *[9] * 8)):
        write(tmp_path / "then")
    assert contents(tmp_path / "now") == contents(tmp_path / "then")


@pytest.mark.parametrize("name", RUNS)
def test_a_record_is_strict_json(tmp_path: Path, name: str) -> None:
    def refuse(token: str) -> None:
        raise AssertionError(f"{token} is not JSON")

    write(tmp_path, name)
    assert not np.isfinite(list(TIMELINES["diverged"].curves.values())).all()
    json.loads((tmp_path / "run.json").read_text("utf-8"), parse_constant=refuse)


def test_a_record_that_is_not_json_is_not_written_at_all(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_run(tmp_path, make_record(execution={"seconds": float("nan")}), None)
    assert contents(tmp_path) == {}


# --- old or new, never torn


class Killed(BaseException):
    """The process is gone: nothing of it catches this."""


class Death:
    """Ends the process at its k-th operation on a file; a write is cut in half."""

    def __init__(self, k: int, error: BaseException) -> None:
        self.left, self.error, self.done = k, error, 0

    def strike(self) -> bool:
        self.left -= 1
        self.done += 1
        return self.left == 0

    def calling(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*words: Any, **named: Any) -> Any:
            if self.strike():
                raise self.error
            return function(*words, **named)

        return call

    def open(self, path: Path, mode: str) -> "_Writer":
        file: Any = self.calling(builtins.open)(path, mode, buffering=0)
        write = file.write

        def cut(data: bytes) -> int:
            if self.strike():
                write(data[: len(data) // 2])
                file.close()
                raise self.error
            return int(write(data))

        return _Writer(file, cut)


class _Writer:
    """A file whose write is another."""

    def __init__(self, file: Any, write: Callable[[bytes], int]) -> None:
        self.file, self.write = file, write
        self.flush, self.fileno = file.flush, file.fileno

    def __enter__(self) -> "_Writer":
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()


@contextmanager
def dying(k: int, error: BaseException) -> Iterator[Death]:
    """Let the k-th operation of the store on a file raise an error."""
    death = Death(k, error)
    with (
        patch.object(files, "open", death.open, create=True),
        patch.object(os, "fsync", death.calling(os.fsync)),
        patch.object(os, "replace", death.calling(os.replace)),
    ):
        yield death


OPERATIONS = 4 * len(FILES)
"""Open, write, fsync and replace each file; what follows is cleaning."""


@pytest.mark.parametrize("k", range(1, OPERATIONS + 1))
def test_a_death_at_any_operation_leaves_old_files_or_new_ones(tmp_path: Path, k: int) -> None:
    old, new, torn = tmp_path / "old", tmp_path / "new", tmp_path / "torn"
    write(old, "diverged")
    write(new, "finished")
    write(torn, "diverged")
    with dying(k, Killed()), pytest.raises(Killed):
        write(torn, "finished")
    found = contents(torn)
    assert sorted(found) == sorted(FILES)
    for name, content in found.items():
        assert content in (contents(old)[name], contents(new)[name])
    for name in FILES:
        READERS[name](torn)
    write(torn, "finished")  # the study goes on
    assert contents(torn) == contents(new)


@pytest.mark.parametrize("k", range(1, OPERATIONS + 1))
def test_a_record_in_a_new_folder_means_that_all_of_the_run_is_there(
    tmp_path: Path, k: int
) -> None:
    with dying(k, Killed()), pytest.raises(Killed):
        write(tmp_path)
    found = contents(tmp_path)
    assert "run.json" not in found
    for name in found:
        READERS[name](tmp_path)


def test_no_operation_is_left_out(tmp_path: Path) -> None:
    with dying(0, Killed()) as death:
        write(tmp_path)
    assert death.done >= OPERATIONS
    assert sorted(contents(tmp_path)) == sorted(FILES)


@pytest.mark.parametrize("k", range(1, OPERATIONS + 1))
def test_a_full_disk_is_one_sentence_with_the_folder_and_old_data_stay_whole(
    tmp_path: Path, k: int
) -> None:
    write(tmp_path, "diverged")
    record = read_record(tmp_path)
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with dying(k, full), pytest.raises(StoreError) as error:
        write(tmp_path, "finished")
    assert str(error.value) == f"{tmp_path} cannot be written: No space left on device"
    assert read_record(tmp_path) == record


def test_the_contents_are_on_the_disk_before_the_name_is(tmp_path: Path) -> None:
    calls: list[str] = []
    fsync, rename = os.fsync, os.replace

    def synced(number: int) -> None:
        calls.append(f"fsync {os.fstat(number).st_size}")
        fsync(number)

    def renamed(one: Path, other: Path) -> None:
        calls.append(f"replace {os.stat(one).st_size}")
        rename(one, other)

    with patch.object(os, "fsync", synced), patch.object(os, "replace", renamed):
        replace(tmp_path / "file", b"four")
    assert calls == ["fsync 4", "replace 4"]


def test_a_folder_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreError, match=r"/file cannot be written: (File exists|Not a directory)"):
        write(tmp_path / "file")


# --- whatever lies in a folder is read or refused


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_refused_by_its_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError) as error:
        READERS[name](tmp_path)
    assert str(error.value) == f"{tmp_path / name} is missing"


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "zeros": lambda data: bytes(len(data)),
    "half": lambda data: data[: len(data) // 2],
    "all but one byte": lambda data: data[:-2],  # the last byte of JSON is a newline
    "a page of HTML": lambda data: b"<!DOCTYPE html><html>404</html>",
    "a pickle": lambda data: b"\x80\x04\x95\x0e\x00\x00\x00\x00\x00\x00\x00\x8c\x02os.",
    "not UTF-8": lambda data: b"\xff\xfe" + data,
    "nested too deeply": lambda data: b"[" * 100_000,
    "a list": lambda data: b"[1, 2]",
    "a number": lambda data: b"3",
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_refused_by_its_path(tmp_path: Path, name: str, damage: str) -> None:
    write(tmp_path)
    path = tmp_path / name
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    with pytest.raises(StoreError) as error:
        READERS[name](tmp_path)
    assert str(error.value).startswith(f"{path} is ")
    del error
    gc.collect()  # a file that was left open would warn here


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ARRAYS), st.floats(0, 1, exclude_max=True), st.integers(0, 7))
def test_a_flipped_bit_is_refused_or_changes_no_number(
    tmp_path_factory: pytest.TempPathFactory, name: str, place: float, bit: int
) -> None:
    folder = tmp_path_factory.mktemp("run")
    write(folder)
    before = arrays(folder / name)
    data = bytearray((folder / name).read_bytes())
    data[int(place * len(data))] ^= 1 << bit
    (folder / name).write_bytes(data)
    try:
        READERS[name](folder)
    except StoreError as error:
        refused = str(error)
    else:
        after = arrays(folder / name)
        for key, array in before.items():
            assert array.tobytes() == after[key].tobytes()
        return
    assert refused.startswith(str(folder / name))


@settings(max_examples=300, deadline=None)
@given(st.floats(0, 1, exclude_max=True), st.integers(0, 7))
def test_a_flipped_bit_of_a_record_is_refused_or_changes_nothing(place: float, bit: int) -> None:
    """Whole-record checksum: no other file would tell that a final value was changed."""
    record = make_record(final={"test_acc": 0.875}, confusion=[[4, 0], [1, 3]])
    data = bytearray(to_json(record.to_fields()))
    data[int(place * len(data))] ^= 1 << bit
    try:
        read = Record.of_fields(json.loads(data))
    except (ValueError, KeyError, TypeError, AttributeError):
        return
    assert read.to_fields() == record.to_fields()


@pytest.mark.parametrize("number", [0, 1, 3, -2, 1.5])
def test_a_changed_format_cannot_take_the_checksum_away(number: float) -> None:
    fields = make_record().to_fields() | {"format": number}
    with pytest.raises(ValueError, match="its checksum does not hold"):
        Record.of_fields(fields)


def without(key: str) -> Callable[[dict[str, Any]], None]:
    """Return what takes a key away."""
    return lambda fields: fields.pop(key)


FOREIGN: dict[str, Callable[[dict[str, Any]], Any]] = {
    **{f"no {key}": without(key) for key in ("format", "id", "config", "outcome", "choices")},
    "another key": lambda fields: fields.update(surprise=1),
    "an unknown ending": lambda fields: fields["outcome"].update(ending="exploded"),
    "an ending that is no word": lambda fields: fields["outcome"].update(ending=[1]),
    "an outcome without an epoch": lambda fields: fields["outcome"].pop("epoch"),
    "a format that is no number": lambda fields: fields.update(format="new"),
    "a config that is a list": lambda fields: fields.update(config=[]),
    "choices that are text": lambda fields: fields.update(choices="tanh"),
    "an id that is a number": lambda fields: fields.update(id=7),
    "an epoch that is text": lambda fields: fields["outcome"].update(epoch="last"),
    "final values that are text": lambda fields: fields.update(final="good"),
}


@pytest.mark.parametrize("change", FOREIGN)
def test_json_that_is_no_record_is_refused_by_its_path(tmp_path: Path, change: str) -> None:
    write(tmp_path)
    path = tmp_path / "run.json"
    fields = unsealed(tmp_path)
    FOREIGN[change](fields)
    path.write_text(json.dumps(fields))
    with pytest.raises(StoreError) as error:
        read_record(tmp_path)
    assert str(error.value).startswith(f"{path} is not the record of a run: ")


def test_a_record_of_a_later_format_is_refused_with_both_numbers(tmp_path: Path) -> None:
    write(tmp_path)
    path = tmp_path / "run.json"
    path.write_text(path.read_text().replace(f'"format": {FORMAT}', '"format": 99'))
    with pytest.raises(StoreError) as error:
        read_record(tmp_path)
    assert str(error.value) == f"{path} has format 99, this version reads {FORMAT}"


def test_a_config_that_is_another_runs_is_refused_with_both_ids(tmp_path: Path) -> None:
    record = write(tmp_path)
    fields = unsealed(tmp_path)
    fields["config"]["lrA"] = 0.5
    (tmp_path / "run.json").write_bytes(to_json(fields))
    with pytest.raises(StoreError) as error:
        read_record(tmp_path)
    other = run_id(fields["config"], record.data_digest, 1)
    assert str(error.value).endswith(f"its id is {record.id}, and that of its config {other}")


@pytest.mark.parametrize("name", FILES)
def test_a_pipe_in_the_place_of_a_file_keeps_nobody_waiting(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(StoreError) as error:
        READERS[name](tmp_path)
    assert str(error.value) == f"{tmp_path / name} is not a file"


@pytest.mark.parametrize("files", [{}, {"timeline.npz": "0" * 64}])
def test_a_record_without_the_checksums_of_its_files_is_damaged(
    tmp_path: Path, files: dict[str, str]
) -> None:
    record = write(tmp_path)
    (tmp_path / "run.json").write_bytes(to_json(unsealed(tmp_path) | {"files": files}))
    assert (
        damage(tmp_path, record.id)
        == f"{tmp_path / 'timeline.npz'} is not the file that was written"
    )


@pytest.mark.parametrize("name", FILES)
def test_a_file_larger_than_any_of_a_run_is_not_even_opened(tmp_path: Path, name: str) -> None:
    write(tmp_path)
    with open(tmp_path / name, "r+b") as file:
        file.truncate(files.MOST_BYTES + 1)  # sparse: it takes no room
    opened = AssertionError("opened")
    with (
        patch.object(Path, "read_bytes", side_effect=opened),
        patch.object(np, "load", side_effect=opened),
        pytest.raises(StoreError) as error,
    ):
        READERS[name](tmp_path)
    assert str(error.value).startswith(f"{tmp_path / name} is larger than any ")


@pytest.mark.parametrize("name", ARRAYS)
def test_a_small_file_that_unpacks_to_a_huge_one_is_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path)
    members = arrays(tmp_path / name)
    with patch.object(files, "MOST_BYTES", 1 << 20):
        np.savez_compressed(tmp_path / name, **{m: np.zeros(1 << 18) for m in members})
        assert (tmp_path / name).stat().st_size < 1 << 20
        with pytest.raises(StoreError) as error:
            READERS[name](tmp_path)
    assert str(error.value).startswith(str(tmp_path / name))


@pytest.mark.parametrize("name", ARRAYS)
def test_a_header_that_claims_a_huge_array_is_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path)
    with zipfile.ZipFile(tmp_path / name) as file:
        members = {member: file.read(member) for member in file.namelist()}
    with zipfile.ZipFile(tmp_path / name, "w") as file:
        for member in members:
            header = io.BytesIO()
            lie = {"descr": "<f8", "fortran_order": False, "shape": (1 << 50,)}
            np.lib.format.write_array_header_1_0(header, lie)
            file.writestr(member, header.getvalue())
    with pytest.raises(StoreError) as error:
        READERS[name](tmp_path)
    assert str(error.value).startswith(f"{tmp_path / name} is ")


class Trap:
    """What a pickle would run."""

    sprung = False

    def __reduce__(self) -> tuple[Callable[[], None], tuple[()]]:
        return _spring, ()


def _spring() -> None:
    Trap.sprung = True


@pytest.mark.parametrize("name", ARRAYS)
def test_no_pickle_is_ever_read(tmp_path: Path, name: str) -> None:
    write(tmp_path)
    members = arrays(tmp_path / name)
    np.savez(tmp_path / name, **{member: np.array([Trap()]) for member in members})
    with pytest.raises(StoreError) as error:
        READERS[name](tmp_path)
    assert str(error.value).startswith(f"{tmp_path / name} is damaged: ")
    assert not Trap.sprung


def test_no_pickle_is_ever_written(tmp_path: Path) -> None:
    timeline: Timeline = deepcopy(TIMELINES["finished"])
    timeline.parameters["weights"] = np.array([Trap()])
    with pytest.raises(ValueError, match="allow_pickle=False"):
        write_run(tmp_path, make_record(), timeline)
    assert contents(tmp_path) == {}


@pytest.mark.parametrize("name", ARRAYS)
def test_a_file_of_other_arrays_is_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path)
    np.savez(tmp_path / name, surprise=np.zeros(3))
    with pytest.raises(StoreError) as error:
        READERS[name](tmp_path)
    assert str(error.value).startswith(f"{tmp_path / name} is damaged: ")


def test_curves_without_names_of_their_own_are_refused(tmp_path: Path) -> None:
    write(tmp_path)
    path = tmp_path / "timeline.npz"
    np.savez(path, names=np.array(["train_loss"]), curves=np.zeros((2, 4)))
    with pytest.raises(StoreError) as error:
        read_curves(tmp_path)
    assert str(error.value).startswith(f"{path} is ")
