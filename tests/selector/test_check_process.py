"""The child process that checks data: its errors, its death, and the set it cleans."""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reports.errors import DataError, InterruptedRunError, MissingError, StageError, StorageError, UsageError
from selector import check_process
from selector.check_process import CheckOrder, Cleaned, keep_cleaned, prepare_cleaned, reasons, run_check
from selector.tui.check_rows import layouts_to_choose
from tests.evals.data.rows import demonstration, pair, write_lines


@pytest.fixture(autouse=True)
def _own_folder_for_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))


def ignore(step: str, done: int, total: int) -> None:
    """Hear of a step."""


def test_the_child_finds_what_the_command_finds_and_tells_its_steps(tmp_path: Path) -> None:
    train = write_lines(tmp_path / "train.jsonl", [demonstration(n) for n in range(10)])
    test = write_lines(tmp_path / "test.jsonl", [demonstration(9)])
    told: list[tuple[str, int, int]] = []
    found = run_check(CheckOrder((str(train),), (str(test),)), lambda *step: told.append(step))
    assert [check.code for check in found.checks if check.state == "fail"] == ["LEAK001"]
    assert told[0] == ("Starting", 0, 0)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_an_ambiguous_file_keeps_its_kind_of_error_and_is_read_once_its_layout_is_named(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "both.jsonl", [{**pair(n), **demonstration(n)} for n in range(4)])
    order = CheckOrder((str(path),))
    with pytest.raises(DataError) as refused:
        run_check(order, ignore)
    assert layouts_to_choose(refused.value) == ("preference", "prompt-completion")
    found = run_check(order._replace(layout="prompt-completion"), ignore)
    assert found.profile.sources[0].layout == "prompt-completion (text)"


def test_a_missing_file_is_missing_here_too(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="does not exist"):
        run_check(CheckOrder((str(tmp_path / "absent.jsonl"),)), ignore)


def test_a_killed_child_is_a_paragraph_with_what_it_said_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import os, sys; print('last words', file=sys.stderr, flush=True); os.kill(os.getpid(), 9)"
    monkeypatch.setattr(check_process, "COMMAND", (sys.executable, "-c", code))
    with pytest.raises(StageError, match=r"(?s)exit code -9, which often means that memory ran out.*last words"):
        run_check(CheckOrder(("any.jsonl",)), ignore)


def test_nobody_waiting_ends_the_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_process, "COMMAND", (sys.executable, "-c", "import threading; threading.Event().wait()"))
    started: list[subprocess.Popen[bytes]] = []
    popen: Callable[..., subprocess.Popen[bytes]] = subprocess.Popen

    def watch(*words: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(popen(*words, **options))
        return started[-1]

    def leave(step: str, done: int, total: int) -> None:
        raise InterruptedRunError("Cancelled.")

    monkeypatch.setattr(subprocess, "Popen", watch)
    with pytest.raises(InterruptedRunError):
        prepare_cleaned(CheckOrder(("any.jsonl",)), leave)
    assert started[0].poll() is not None
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_cleaned_set_waits_until_it_is_kept(tmp_path: Path) -> None:
    rows = [demonstration(n) for n in (0, 1, 2, 3, 4, 5, 0, 1)]
    rows.append({"prompt": "x", "completion": " "})
    path = write_lines(tmp_path / "train.jsonl", rows)
    cleaned = prepare_cleaned(CheckOrder((str(path),)), ignore)
    assert (cleaned.rows, dict(cleaned.removed)) == (9, {"repeats an earlier row": 2, "the prompt or an answer is blank": 1})
    files = keep_cleaned(cleaned, tmp_path / "out")
    assert [file.name for file in files] == ["removed.diff", "train.jsonl"]
    assert len((tmp_path / "out" / "train.jsonl").read_text().splitlines()) == 6
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_cleaned_set_mixes_with_nothing(tmp_path: Path) -> None:
    waiting = tmp_path / "tmp" / "one" / "cleaned"
    waiting.mkdir(parents=True)
    (waiting / "train.jsonl").write_text("{}\n")
    cleaned = Cleaned(waiting, 1, {})
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="something is there already"):
        keep_cleaned(cleaned, tmp_path / "full")
    with pytest.raises(StorageError, match="could not be written there"):
        keep_cleaned(cleaned, tmp_path / "full" / "mine.txt" / "below")
    cleaned.discard()
    assert list((tmp_path / "tmp").iterdir()) == []


def test_reasons_are_counted_whatever_the_rows_say() -> None:
    lines = [
        "- a.jsonl:3  repeats an earlier row: SEC001: a text: with colons",
        "- a.jsonl:9  SEC001: holds a key, token or password: AKIA…",
        "- b:2.jsonl:10  repeats an earlier row: x",
    ]
    assert reasons(lines) == {"repeats an earlier row": 2, "SEC001: holds a key, token or password": 1}
