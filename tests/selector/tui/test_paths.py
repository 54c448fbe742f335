"""Completing names of files, and taking a file whose name holds spaces."""

from pathlib import Path

import pytest

from reports.errors import UsageError
from selector.tui.scorecard import read_sources
from selector.tui.widgets.paths import completed


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "voice.jsonl").touch()
    (tmp_path / "shop replies.csv").touch()
    (tmp_path / "data" / "pairs").mkdir(parents=True)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("voi", "voice.jsonl"),
        ("voice.jsonl da", "voice.jsonl data"),
        ("data/pa", "data/pairs"),
        ("shop", "shop replies.csv"),
        ("voice.jsonl", None),
        ("none/x", None),
        ("voice.jsonl ", None),
        ("", None),
    ],
)
def test_the_last_name_is_completed(typed: str, found: str | None) -> None:
    assert completed(typed) == found


def test_a_file_with_spaces_needs_no_quotation_marks_where_it_stands_alone() -> None:
    assert read_sources("shop replies.csv", "").data == ("shop replies.csv",)
    assert read_sources("voice.jsonl 'shop replies.csv'", "").data == ("voice.jsonl", "shop replies.csv")
    with pytest.raises(UsageError):
        read_sources("voice.jsonl 'shop", "")
