"""`tunegate check` as its users and their scripts meet it."""

import json
import re
from pathlib import Path

import pytest

from tests.evals.data.rows import demonstration, pair, write_lines
from tests.selector.test_commands import call
from tests.test_import_hygiene import HEAVY, loaded_by

ROOT = Path(__file__).parents[2]


def test_clean_data_exit_zero_and_say_how_they_were_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = write_lines(tmp_path / "pairs.jsonl", [pair(n) for n in range(600)])
    code, out, err = call(capsys, "check", str(path))
    assert (code, err) == (0, "")
    assert out.startswith("pass: nothing stops a training")
    assert "pairs.jsonl: preference (text), 600 rows" in out
    assert "· skipped  TRUNC001" in out


def test_a_leak_exits_one_and_shows_the_row(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    train = write_lines(tmp_path / "train.jsonl", [demonstration(n) for n in range(10)])
    test = write_lines(tmp_path / "test.jsonl", [demonstration(9)])
    code, out, _ = call(capsys, "check", str(train), "--against", str(test))
    assert code == 1
    assert out.startswith("fail: LEAK001 must be mended before training")
    assert "row 10  train.jsonl: Write a caption" in out
    code, out, _ = call(capsys, "check", str(train), "--against", str(test), "--accept", "LEAK001", "--because", "x", "--json")
    assert code == 0
    assert json.loads(out)["passed"] is True


def test_an_accepted_failure_says_who_accepted_it_and_why(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    train = write_lines(tmp_path / "train.jsonl", [demonstration(n) for n in range(10)])
    words = ("check", str(train), "--against", str(train), "--accept", "LEAK001")
    code, out, _ = call(capsys, *words, "--because", "the test set is public", "--by", "Ada")
    assert code == 0
    assert "✗ fail     LEAK001" in out
    assert "accepted on the command line by Ada: the test set is public" in out


@pytest.mark.parametrize(("flags", "shown"), [((), "line by grace: known"), (("--by", ""), "line: known")])
def test_the_name_of_the_account_can_be_left_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flags: tuple[str, ...], shown: str
) -> None:
    monkeypatch.setenv("USER", "grace")
    train = write_lines(tmp_path / "train.jsonl", [demonstration(n) for n in range(10)])
    words = ("check", str(train), "--against", str(train), "--accept", "LEAK001", "--because", "known")
    _, out, _ = call(capsys, *words, *flags)
    assert f"accepted on the command {shown}" in out


def test_accepting_needs_a_reason_and_a_reason_needs_a_code(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = str(write_lines(tmp_path / "pairs.jsonl", [pair(n) for n in range(9)]))
    code, out, err = call(capsys, "check", path, "--accept", "LEAK001")
    assert (code, out) == (2, "")
    assert "--accept LEAK001: say why with --because" in err
    code, _, err = call(capsys, "check", path, "--because", "known")
    assert code == 2
    assert "Name the check with --accept CODE" in err


def test_json_holds_every_check_with_the_same_keys(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = write_lines(tmp_path / "pairs.jsonl", [pair(n) for n in range(9)])
    code, out, _ = call(capsys, "check", str(path), "--json")
    found = json.loads(out)
    assert code == 0
    assert str(tmp_path) not in out
    assert len({tuple(check) for check in found["checks"]}) == 1
    assert found["profile"]["sources"][0]["layout"] == "preference (text)"


def test_the_documentation_lists_every_code_in_order(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _, out, _ = call(capsys, "check", str(write_lines(tmp_path / "pairs.jsonl", [pair(1)])), "--json")
    documented = re.findall(r"^\| ([A-Z]+\d{3}) .*\| (yes)? ?\|$", (ROOT / "docs" / "data.md").read_text(), re.MULTILINE)
    assert documented == [(check["code"], "yes" if check["blocking"] else "") for check in json.loads(out)["checks"]]


@pytest.mark.parametrize(("name", "text", "code"), [("bad.jsonl", "{", 2), ("absent.jsonl", "", 3)])
def test_bad_input_and_missing_files_have_codes_of_their_own(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, text: str, code: int
) -> None:
    if text:
        (tmp_path / name).write_text(text)
    found, out, err = call(capsys, "check", str(tmp_path / name), "--json")
    assert found == code
    assert json.loads(out)["error"]["exit_code"] == code
    assert name in err


def test_fix_writes_the_cleaned_set_beside_the_report(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = write_lines(tmp_path / "pairs.jsonl", [*(pair(n) for n in range(9)), pair(0)])
    out = tmp_path / "clean"
    code, _, err = call(capsys, "check", str(path), "--fix", str(out))
    assert code == 0
    assert "note: 9 rows written" in err
    assert (out / "pairs.jsonl").read_text() == "".join(json.dumps(pair(n), separators=(",", ":")) + "\n" for n in range(9))
    assert call(capsys, "check", str(path), "--fix", str(out))[0] == 2


def test_an_unknown_layout_is_a_usage_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = write_lines(tmp_path / "pairs.jsonl", [pair(1)])
    code, _, err = call(capsys, "check", str(path), "--layout", "pairs")
    assert code == 2
    assert "Layouts: stepwise, preference, unpaired-preference" in err


def test_nothing_heavy_is_loaded_for_help() -> None:
    assert loaded_by("import selector.commands.check") & HEAVY == set()
