"""`tunegate audit`: sampling, judging, resuming and deciding."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
import pytest

from evals.audit import Audit, result, rows_to_audit
from reports.errors import UsageError
from selector.cli import main
from selector.intake import read_intake


def call(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """Run `tunegate audit` in this process; return exit code, stdout and stderr."""
    with pytest.raises(SystemExit) as stop:
        main(("audit", *map(str, words)))
    shown = capsys.readouterr()
    return int(stop.value.code or 0), shown.out, shown.err


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Five hundred rows."""
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({"prompt": f"tea {n}", "completion": f"calm {n}"}) + "\n" for n in range(1, 501)))
    return path


def press(monkeypatch: pytest.MonkeyPatch, keys: Iterable[str]) -> None:
    """Pretend a terminal on which these keys are pressed."""
    left = iter(keys)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(click, "getchar", lambda: next(left))


def judged(verdicts: str, rows: int = 500, planned: int | None = None) -> Audit:
    """Return an audit with verdicts: y, n or s."""
    audit = Audit(range(1, rows + 1), planned or len(verdicts), seed=0)
    for letter in verdicts:
        row = audit.next_row()
        assert row is not None
        audit.judge(row, {"y": "right", "n": "wrong", "s": "skip"}[letter])  # type: ignore[arg-type]
    return audit


@pytest.mark.parametrize(("wrong", "rows"), [(0, 29), (1, 46), (2, 61)])
def test_rows_to_audit_for_nine_in_ten(wrong: int, rows: int) -> None:
    assert rows_to_audit(0.9, wrong) == rows


@pytest.mark.parametrize(
    ("verdicts", "state"),
    [
        ("y" * 29, "pass"),
        ("y" * 28, "unresolved"),
        ("y" * 28 + "n", "unresolved"),
        ("y" * 45 + "n", "pass"),
        ("n" * 8 + "y" * 21, "fail"),
    ],
)
def test_the_exact_limit_decides(verdicts: str, state: str) -> None:
    assert result(judged(verdicts), "rows", 500, 0, 0.9).state == state


def test_an_unfinished_audit_decides_nothing_however_good_it_looks() -> None:
    found = result(judged("y" * 60, planned=61), "rows", 500, 0, 0.9)
    assert found.state == "unresolved"
    assert "60 of 61" in found.because


def test_a_file_that_was_judged_whole_needs_no_interval() -> None:
    found = result(judged("y" * 19 + "n", rows=20), "rows", 20, 0, 0.9)
    fact = found.facts["spot_audit_accuracy"]
    assert (found.state, fact.low, fact.value, fact.high) == ("pass", 0.95, 0.95, 0.95)


def test_skipped_rows_are_replaced_and_counted() -> None:
    audit = judged("ysy", planned=3)
    assert audit.next_row() is not None
    found = result(audit, "rows", 500, 0, 0.9)
    assert (found.judged, found.skipped) == (2, 1)


def test_a_larger_sample_extends_a_smaller_one_and_seeds_differ() -> None:
    small, large = (Audit(range(500), count, seed=3).upcoming() for count in (10, 40))
    assert large[:10] == small
    assert Audit(range(500), 10, seed=4).upcoming() != small


def test_a_row_of_ones_own_choice_is_refused() -> None:
    audit = Audit(range(500), 5, seed=0)
    with pytest.raises(UsageError, match="not the next one"):
        audit.judge(audit.upcoming()[1], "right")


def test_keys_judge_and_every_press_is_stored(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    press(monkeypatch, "yn" + "u" + "x" + "s" + "y" * 28)
    code, text, shown = call(capsys, file)
    stored = [json.loads(line)["verdict"] for line in (file.parent / "rows.jsonl.audit.jsonl").read_text().splitlines()]
    assert code == 0
    assert stored == ["right", "wrong", "undo", "skip", *["right"] * 28]
    assert "✓ pass" in text
    assert "29 judged, 0 wrong, 1 skipped" in text
    assert "completion: calm" in shown


def test_an_audit_continues_where_it_was_left(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    press(monkeypatch, "y" * 10 + "q")
    code, text, _ = call(capsys, file)
    assert (code, "10 of 29 planned" in text) == (5, True)
    code, _, error = call(capsys, file)
    assert (code, "holds 10 judgements" in error) == (2, True)
    code, _, error = call(capsys, file, "--resume", "--seed", 1)
    assert (code, "--seed 0" in error) == (2, True)
    press(monkeypatch, "y" * 19)
    assert call(capsys, file, "--resume")[0] == 0
    file.write_text(file.read_text() + '{"prompt": "new", "completion": "new"}\n')
    code, _, error = call(capsys, file, "--resume")
    assert (code, "another version of the file" in error) == (2, True)


def test_off_a_terminal_the_rows_to_judge_are_named(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, error = call(capsys, file, "--n", 3)
    rows = ", ".join(map(str, Audit(range(1, 501), 3, seed=0).upcoming()))
    assert code == 2
    assert f"`verdict` of rows {rows}" in error


def test_judgements_of_a_file_decide_and_make_a_fact_for_the_advice(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = from_file(capsys, file, tmp_path, ["right"] * 45 + ["wrong"], "--n", 46)
    assert (code, found["state"], found["wrong"]) == (0, "pass", 1)
    (tmp_path / "audit.json").write_text(json.dumps(found))
    fact = read_intake(tmp_path / "audit.json").facts["spot_audit_accuracy"]
    assert fact.value == pytest.approx(45 / 46)
    assert fact.low is not None and fact.high is not None
    assert 0.9 < fact.low < fact.high < 1


def test_a_bad_file_exits_with_no_go(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = from_file(capsys, file, tmp_path, ["no"] * 15 + ["yes"] * 14)
    assert (code, found["state"], len(found["wrong_rows"])) == (1, "fail", 15)


def test_judgements_of_picked_rows_are_refused(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picked = Audit(range(1, 501), 29, seed=0).upcoming()[7]
    (tmp_path / "own.csv").write_text(f"row,verdict\n{picked},right\n")
    code, _, error = call(capsys, file, "--judgements", tmp_path / "own.csv")
    assert code == 2
    assert f"row {picked} is judged, and the sample does not reach it" in error


def from_file(
    capsys: pytest.CaptureFixture[str], file: Path, folder: Path, verdicts: list[str], *words: object
) -> tuple[int, dict[str, Any]]:
    """Audit with these verdicts on the sample's rows, in a table; return exit code and JSON."""
    rows = Audit(range(1, 501), len(verdicts), seed=0).upcoming()
    lines = [f"{row},{verdict}" for row, verdict in zip(rows, verdicts, strict=True)]
    (folder / "own.csv").write_text("\n".join(["row,verdict", *lines]))
    code, text, _ = call(capsys, file, "--judgements", folder / "own.csv", "--json", *words)
    found: dict[str, Any] = json.loads(text)
    return code, found
