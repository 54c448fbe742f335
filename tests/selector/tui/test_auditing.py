"""An audit at work: cards, verdicts, and the file that the command line shares."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

import click
import pytest

from evals.audit import Audit, stored_judgements
from reports.errors import StorageError, UsageError
from reports.jsonl import Jsonl
from selector.cli import main
from selector.tui.audit_rows import card, outcome, progress
from selector.tui.auditing import AuditDesk
from tests.evals.data.rows import demonstration, pair, transcript, write_lines
from tests.selector.tui.sample_checks import HOSTILE


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> str:
    return str(write_lines(tmp_path / "pairs.jsonl", [pair(number) for number in range(200)]))


def judge(desk: AuditDesk, keys: str) -> None:
    for key in keys:
        if key == "u":
            desk.undo()
        else:
            desk.judge({"y": "right", "n": "wrong", "s": "skip"}[key])  # type: ignore[arg-type]


def press(monkeypatch: pytest.MonkeyPatch, keys: Iterable[str]) -> None:
    left = iter(keys)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(click, "getchar", lambda: next(left))


def test_the_command_line_continues_what_the_app_began(
    path: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    judge(AuditDesk(path), "yysuy")
    press(monkeypatch, "y" * 26)
    with pytest.raises(SystemExit) as stop:
        main(("audit", path, "--resume", "--json"))
    found = json.loads(capsys.readouterr().out)
    assert (stop.value.code, found["state"], found["judged"], found["skipped"]) == (0, "pass", 29, 0)


def test_the_app_continues_what_the_command_line_began_with_its_seed(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    press(monkeypatch, "yns" + "q")
    with pytest.raises(SystemExit):
        main(("audit", path, "--seed", "5"))
    desk = AuditDesk(path)
    assert (desk.seed, desk.result.judged, desk.result.wrong, desk.result.skipped) == (5, 2, 1, 1)
    shown = desk.card()
    assert shown is not None
    assert shown.row == Audit(range(1, 201), 29, 5).upcoming()[3]


def test_judgements_of_another_version_of_the_file_are_refused(path: str) -> None:
    judge(AuditDesk(path), "y")
    with Path(path).open("a") as file:
        file.write(json.dumps(pair(999)) + "\n")
    with pytest.raises(UsageError, match="another version of the file"):
        AuditDesk(path)


def test_a_complete_audit_takes_no_more_verdicts_and_undo_opens_it_again(path: str) -> None:
    desk = AuditDesk(path)
    judge(desk, "y" * 29)
    desk.judge("wrong")
    assert (desk.card(), desk.result.judged, desk.result.state) == (None, 29, "pass")
    assert desk.undo()
    assert [one.is_complete for one in (desk, AuditDesk(path))] == [False, False]


def test_nothing_can_be_undone_before_the_first_verdict(path: str) -> None:
    assert not AuditDesk(path).undo()
    assert not stored_judgements(path).path.exists()


def test_a_verdict_that_the_disk_refuses_is_not_taken(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = AuditDesk(path)
    before = desk.card()

    def refuse(self: object, *records: object) -> None:
        raise StorageError("pairs.jsonl.audit.jsonl: a line could not be written.")

    monkeypatch.setattr(Jsonl, "append", refuse)
    with pytest.raises(StorageError):
        desk.judge("right")
    assert desk.card() == before


def test_the_bound_is_chosen_before_the_first_verdict_and_never_after(path: str) -> None:
    desk = AuditDesk(path)
    assert desk.next_bound()
    assert (desk.bound, desk.result.planned) == (0.95, 59)
    judge(desk, "y")
    assert not desk.next_bound()
    assert desk.bound == 0.95


def test_a_wrong_row_asks_for_more_and_an_open_audit_can_be_extended(path: str) -> None:
    desk = AuditDesk(path)
    judge(desk, "n")
    assert "46 judged rows" in progress(desk.result).plain
    judge(desk, "y" * 28)
    assert "Press m to judge 46 rows" in outcome(desk.result, 76, goes_into_scorecard=False).plain
    assert desk.extend()
    judge(desk, "y" * 17)
    assert (desk.result.state, desk.extend()) == ("pass", False)


def test_before_the_end_no_lower_limit_is_called_a_result(path: str) -> None:
    desk = AuditDesk(path)
    assert "Lower limit" not in progress(desk.result).plain
    judge(desk, "y" * 28)
    assert "Lower limit so far 89.9 %; it decides when complete" in progress(desk.result).plain


def test_a_bad_file_says_what_to_do(path: str) -> None:
    desk = AuditDesk(path)
    judge(desk, "n" * 12 + "y" * 17)
    text = outcome(desk.result, 116, goes_into_scorecard=True).plain
    assert "✗ FAIL" in text
    assert "Mend the data" in text
    assert "it is in the scorecard now" in text


def test_a_pair_stands_side_by_side_where_there_is_room_and_below_each_other_where_not(path: str) -> None:
    shown = AuditDesk(path).card()
    assert shown is not None
    assert [title for title, _ in shown.answers] == ["Chosen", "Rejected"]
    wide, narrow = (card(shown, width).plain.splitlines() for width in (116, 76))
    assert any("Chosen" in line and "Rejected" in line for line in wide)
    assert not any("Chosen" in line and "Rejected" in line for line in narrow)


def test_messages_and_transcripts_show_who_speaks(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}, {"role": "user", "content": "Tea?"}]
    rows = [{"prompt": turns, "completion": [{"role": "assistant", "content": "Oolong"}]}]
    shown = AuditDesk(str(write_lines(tmp_path / "chat.jsonl", rows))).card()
    assert shown is not None
    assert (shown.prompt, shown.answers) == ("user: Hi\n\nassistant: Hello\n\nuser: Tea?", (("Completion", "Oolong"),))
    shown = AuditDesk(str(write_lines(tmp_path / "hh.jsonl", [transcript(1)]))).card()
    assert shown is not None
    assert shown.answers == (("Chosen", "Steep it slowly, 1."), ("Rejected", "BUY BUY BUY 1!"))


def test_a_row_without_a_known_layout_shows_its_columns_and_no_identifiers(tmp_path: Path) -> None:
    shown = AuditDesk(str(write_lines(tmp_path / "odd.jsonl", [{"id": 3, "left": "a", "right": 2}]))).card()
    assert shown is not None
    assert (shown.prompt, shown.answers, shown.others) == ("", (), (("left", "a"), ("right", "2")))
    assert card(shown, 76).plain.splitlines() == ["left: a", "right: 2"]


def test_a_row_that_fits_two_layouts_is_read_as_the_one_that_was_named(tmp_path: Path) -> None:
    path = str(write_lines(tmp_path / "both.jsonl", [{**pair(1), **demonstration(1)}]))
    shown = [AuditDesk(path, layout=layout).card() for layout in ("", "prompt-completion")]
    assert [[title for title, _ in one.answers] for one in shown if one] == [["Chosen", "Rejected"], ["Completion"]]


def test_columns_beside_the_answers_are_shown_and_hostile_text_is_text(tmp_path: Path) -> None:
    row = {**demonstration(1), "completion": HOSTILE, "rater[red]": HOSTILE}
    shown = AuditDesk(str(write_lines(tmp_path / "rows.jsonl", [row]))).card()
    assert shown is not None
    text = card(shown, 76).plain
    assert text.count("[bold]loud[/bold] [U+001B][31mred [U+202E]txet") == 2
    assert "rater[red]: " in text
    assert "\x1b" not in text


def test_a_file_that_was_judged_whole_ends_the_audit(tmp_path: Path) -> None:
    desk = AuditDesk(str(write_lines(tmp_path / "few.jsonl", [demonstration(number) for number in range(5)])))
    judge(desk, "yynyy")
    assert desk.result.state == "fail"
    assert not desk.extend()
