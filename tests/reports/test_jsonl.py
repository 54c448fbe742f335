"""JSON lines survive kills, full disks and hostile text."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.errors import StorageError
from reports.jsonl import Jsonl
from reports.records.run import Event, MetricPoint


def event(message: str) -> Event:
    """Return an event that says `message`."""
    return Event(at="2026-11-20T21:45:00Z", kind="note", message=message)


def messages(log: Jsonl[Event]) -> list[str]:
    """Return the messages of all whole records."""
    return [found.message for found in log.read()]


@pytest.fixture
def log(tmp_path: Path) -> Jsonl[Event]:
    """Return a log that does not exist yet."""
    return Jsonl(tmp_path / "deep" / "events.jsonl", Event)


def test_an_absent_file_is_empty(log: Jsonl[Event]) -> None:
    assert log.tail(0) == ([], 0, 0)


def test_what_is_appended_is_read_in_order(log: Jsonl[Event]) -> None:
    log.append(event("one"))
    log.append(event("two"), event("three"))

    assert messages(log) == ["one", "two", "three"]


def test_a_reader_goes_on_from_its_offset(log: Jsonl[Event]) -> None:
    log.append(event("one"))
    first = log.tail(0)
    log.append(event("two"))
    second = log.tail(first.offset)

    assert [found.message for found in second.records] == ["two"]
    assert log.tail(second.offset) == ([], log.path.stat().st_size, 0)


def test_a_torn_last_line_is_left_for_the_next_read(log: Jsonl[Event]) -> None:
    log.append(event("one"), event("two"))
    whole = log.path.read_bytes()
    log.path.write_bytes(whole[:-5])
    torn = log.tail(0)
    log.path.write_bytes(whole)
    rest = log.tail(torn.offset)

    assert ([found.message for found in torn.records], torn.damaged) == (["one"], 0)
    assert ([found.message for found in rest.records], rest.offset) == (["two"], len(whole))


def test_the_next_append_closes_a_torn_line_which_then_counts_as_damaged(log: Jsonl[Event]) -> None:
    log.append(event("one"), event("two"))
    log.path.write_bytes(log.path.read_bytes()[:-5])
    log.append(event("three"))
    found = log.tail(0)

    assert [record.message for record in found.records] == ["one", "three"]
    assert (found.damaged, found.offset) == (1, log.path.stat().st_size)


def test_a_last_record_that_lacks_only_its_line_break_is_read_once(log: Jsonl[Event]) -> None:
    log.append(event("one"), event("two"))
    log.path.write_bytes(log.path.read_bytes()[:-1])
    before, live = messages(log), log.tail(0)
    log.append(event("three"))
    rest = log.tail(live.offset)

    assert before == ["one", "two"]
    assert [found.message for found in live.records] == ["one"]
    assert [found.message for found in rest.records] == ["two", "three"]
    assert messages(log) == ["one", "two", "three"]


def test_no_torn_part_of_a_record_is_read_as_one(log: Jsonl[Event]) -> None:
    log.append(event("one"))
    start = log.path.stat().st_size
    log.append(event('"two" {é}'))
    whole = log.path.read_bytes()
    for end in range(start, len(whole) - 1):
        log.path.write_bytes(whole[:end])

        assert log.whole() == ([event("one")], start, 0), whole[start:end]


@pytest.mark.parametrize(
    "line", [b"{", b"[1]", b'{"at": 1}', b'{"at":"x","kind":"no such kind"}', b"\xff\xfe", b'"\xed\xa0\x80"', b'{"x":' * 20_000]
)
def test_a_damaged_line_is_counted_and_skipped(log: Jsonl[Event], line: bytes) -> None:
    log.append(event("one"))
    with log.path.open("ab") as file:
        file.write(line + b"\n")
    log.append(event("two"))

    assert messages(log) == ["one", "two"]
    assert log.tail(0).damaged == 1


def test_an_empty_line_is_no_damage(log: Jsonl[Event]) -> None:
    log.append(event("one"))
    with log.path.open("ab") as file:
        file.write(b"\n")

    assert log.tail(0) == ([event("one")], log.path.stat().st_size, 0)


@given(texts=st.lists(st.text(st.characters(), max_size=60), max_size=8))
def test_any_text_keeps_one_record_on_one_line(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    log = Jsonl(tmp_path_factory.mktemp("any") / "events.jsonl", Event)
    log.append(*(event(text) for text in texts))

    assert messages(log) == [re.sub("[\ud800-\udfff]", "\ufffd", text) for text in texts]


def test_a_lone_surrogate_is_replaced_and_the_rest_is_kept(log: Jsonl[Event]) -> None:
    log.append(Event(at="", kind="note", message="a\ud800b", data={"k\udfff": "\udc00", "n": 1}))

    assert log.read() == [Event(at="", kind="note", message="a\ufffdb", data={"k\ufffd": "\ufffd", "n": 1})]


def test_a_value_that_is_no_number_is_null(tmp_path: Path) -> None:
    log = Jsonl(tmp_path / "metrics.jsonl", MetricPoint)
    log.append(MetricPoint(step=1, epoch=None, seconds=0.5, values={"loss": float("nan"), "kl": float("inf")}))

    assert log.read()[0].values == {"loss": None, "kl": None}


def test_a_full_disk_is_a_storage_error_that_names_the_file(log: Jsonl[Event]) -> None:
    log.path.parent.mkdir()
    log.path.symlink_to("/dev/full")

    with pytest.raises(StorageError, match=r"events\.jsonl: a line could not be written \(No space left on device\)"):
        log.append(event("one"))


def test_a_half_written_line_is_a_storage_error_and_the_lines_before_stay(
    log: Jsonl[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    log.append(event("one"))
    whole_disk = Path.open
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda path, mode, **more: HalfDisk(path) if "a" in mode else whole_disk(path, mode, **more))
        with pytest.raises(StorageError):
            log.append(event("two"))
    log.append(event("three"))

    assert messages(log) == ["one", "three"]
    assert log.tail(0).damaged == 1


class HalfDisk:
    """A file on a disk that takes half of what is written."""

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)

    def __enter__(self) -> "HalfDisk":
        return self

    def __exit__(self, *reason: object) -> None:
        os.close(self.descriptor)

    def write(self, data: bytes) -> int:
        return os.write(self.descriptor, data[: len(data) // 2])
