"""Rows of files that people hand in: what is awkward is read, what is damaged is refused with its line."""

from pathlib import Path

import msgspec
import pytest

from reports.errors import DataError
from reports.rows import read_rows


class Row(msgspec.Struct, frozen=True):
    """A row with one column; others are left alone."""

    text: str


def texts(path: Path, data: bytes) -> list[tuple[int, str]]:
    """Return line numbers and texts of a file with these bytes."""
    path.write_bytes(data)
    return [(number, row.text) for number, row in read_rows(path, Row, "an answer", "A row needs `text`.")]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b'\xef\xbb\xbf{"text": "a"}\n', [(1, "a")]),
        (b'{"text": "a"}\r\n\r\n{"text": "b"}', [(1, "a"), (3, "b")]),
        ('{"text": "a\u2028b\u0085c"}\n'.encode(), [(1, "a\u2028b\u0085c")]),
        (b"", []),
    ],
)
def test_awkward_files_are_read(tmp_path: Path, data: bytes, found: list[tuple[int, str]]) -> None:
    assert texts(tmp_path / "rows.jsonl", data) == found


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b'{"other": "a"}', "A row needs `text`"),
        (b"[1]", "A row needs `text`"),
        (b'{"text": "caf\xe9"}', "in UTF-8"),
        ('{"text": "a"}'.encode("utf-16"), "in UTF-8"),
        (b'{"text": "a"', "one JSON object"),
        (b'{"text": "a", "more": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "one JSON object"),
        (bytes(20), "one JSON object"),
    ],
)
def test_a_damaged_line_is_refused_with_its_number_and_what_it_must_be(tmp_path: Path, line: bytes, says: str) -> None:
    with pytest.raises(DataError, match=r"rows\.jsonl:2: not an answer .*" + says):
        texts(tmp_path / "rows.jsonl", b'{"text": "a"}\n' + line + b"\n")
