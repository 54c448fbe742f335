"""Judging rows by keyboard, at the smallest size."""

from pathlib import Path

import pytest
from textual.containers import VerticalScroll
from textual.pilot import Pilot
from textual.widgets import Input

from evals.audit import stored_judgements
from selector.tui.auditing import AuditDesk
from selector.tui.checking import Visit, form_of
from selector.tui.screens.audit import AuditScreen
from selector.tui.screens.data import DataScreen
from selector.tui.screens.scorecard import ScorecardScreen
from tests.evals.data.rows import demonstration, pair, write_lines
from tests.selector.tui.driving import NARROW, WIDE, app_on, card_of, text_of, until, until_screen
from tests.selector.tui.fakes import FakeVerbs


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> str:
    return str(write_lines(tmp_path / "pairs.jsonl", [pair(number) for number in range(200)]))


async def open_audit(pilot: Pilot[None], path: str, judged: int = 0) -> None:
    pilot.app.push_screen(AuditScreen(AuditDesk(path)))
    await until(pilot, lambda: f"{judged} of 29 judged" in text_of(pilot.app, "#audit-progress"))


def judge_all_but_one(path: str) -> None:
    desk = AuditDesk(path)
    for _ in range(28):
        desk.judge("right")


def keys_offered(pilot: Pilot[None]) -> set[str]:
    return {found.binding.id or "" for found in pilot.app.screen.active_bindings.values()}


async def test_every_key_does_what_it_says_and_is_stored(verbs: FakeVerbs, path: str) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_audit(pilot, path)
        await pilot.press("y", "n", "s", "u", "x")
        await until(pilot, lambda: "2 of 29 judged, 1 wrong, 0 skipped" in text_of(pilot.app, "#audit-progress"))
        assert [found.verdict for found in stored_judgements(path).read()] == ["right", "wrong", "skip", "undo"]
        await pilot.press("q")
        await until_screen(pilot, "HomeScreen")


async def test_a_complete_audit_shows_its_result_and_takes_no_more_verdicts(verbs: FakeVerbs, path: str) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        judge_all_but_one(path)
        await open_audit(pilot, path, judged=28)
        await pilot.press("y")
        await until(pilot, lambda: "✓ PASS" in text_of(pilot.app, "#card"))
        assert "spot_audit_accuracy = 1.000 (0.902 to 1.000" in text_of(pilot.app, "#card")
        assert "audit.right" not in keys_offered(pilot)
        await pilot.press("n")
        assert len(stored_judgements(path).read()) == 29
        await pilot.press("u")
        await until(pilot, lambda: "28 of 29 judged" in text_of(pilot.app, "#audit-progress"))
        assert "audit.right" in keys_offered(pilot)


async def test_an_open_audit_is_extended_once_to_what_would_decide(verbs: FakeVerbs, path: str) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        judge_all_but_one(path)
        await open_audit(pilot, path, judged=28)
        assert "audit.more" not in keys_offered(pilot)
        await pilot.press("n")
        await until(pilot, lambda: "? INCONCLUSIVE" in text_of(pilot.app, "#card"))
        await pilot.press("m")
        await until(pilot, lambda: "29 of 46 judged" in text_of(pilot.app, "#audit-progress"))


async def test_the_bound_changes_only_before_the_first_verdict(verbs: FakeVerbs, path: str) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_audit(pilot, path)
        await pilot.press("b")
        await until(pilot, lambda: "0 of 59 judged" in text_of(pilot.app, "#audit-progress"))
        await pilot.press("y", "b")
        await until(pilot, lambda: "1 of 59 judged" in text_of(pilot.app, "#audit-progress"))


async def test_answers_stand_side_by_side_on_a_wide_terminal(verbs: FakeVerbs, path: str) -> None:
    for size, beside in ((NARROW, False), (WIDE, True)):
        async with app_on(verbs.root, verbs).run_test(size=size) as pilot:
            await open_audit(pilot, path)
            lines = text_of(pilot.app, "#card").splitlines()
            assert any("Chosen" in line and "Rejected" in line for line in lines) is beside


async def test_a_long_row_scrolls_and_the_next_one_begins_at_its_top(verbs: FakeVerbs, tmp_path: Path) -> None:
    rows = [{**demonstration(number), "completion": "a line\n" * 90} for number in range(60)]
    path = str(write_lines(tmp_path / "long.jsonl", rows))
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_audit(pilot, path)
        scroll = pilot.app.screen.query_one("#card-scroll", VerticalScroll)
        await pilot.press("pagedown")
        await until(pilot, lambda: scroll.scroll_y > 0)
        await pilot.press("y")
        await until(pilot, lambda: scroll.scroll_y == 0)


async def test_of_several_files_one_is_chosen(verbs: FakeVerbs, path: str, tmp_path: Path) -> None:
    other = str(write_lines(tmp_path / "more.jsonl", [demonstration(number) for number in range(60)]))
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        pilot.app.push_screen(DataScreen(form_of((path, other), ""), Visit()))
        await until_screen(pilot, "DataScreen")
        await pilot.press("ctrl+t")
        await until_screen(pilot, "ChoiceScreen")
        await pilot.press("down", "enter")
        await until_screen(pilot, "AuditScreen")
        await until(pilot, lambda: "calm" in text_of(pilot.app, "#card") or "quiet cup" in text_of(pilot.app, "#card"))


async def test_a_file_that_cannot_be_audited_says_why(verbs: FakeVerbs, tmp_path: Path) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        pilot.app.push_screen(DataScreen(form_of((str(tmp_path / "absent.jsonl"),), ""), Visit()))
        await until_screen(pilot, "DataScreen")
        await pilot.press("ctrl+t")
        await until_screen(pilot, "FailureScreen")
        assert "does not exist" in text_of(pilot.app)


async def test_from_the_scorecard_a_complete_audit_answers_its_question(verbs: FakeVerbs, path: str) -> None:
    card = card_of(verbs)
    card.data_text = path
    judge_all_but_one(path)
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        pilot.app.push_screen(ScorecardScreen(card, "data"))
        await until(pilot, lambda: bool(pilot.app.screen.query("#q-spot_audit_accuracy")))
        await pilot.press("ctrl+t")
        await until_screen(pilot, "DataScreen")
        assert pilot.app.screen.query(Input).first().value == path
        await pilot.press("ctrl+t")
        await until_screen(pilot, "AuditScreen")
        assert "spot_audit_accuracy" not in card.measured
        await pilot.press("y")
        await until(pilot, lambda: "scorecard now" in text_of(pilot.app, "#card"))
        await pilot.press("q", "escape")
        await until_screen(pilot, "ScorecardScreen")
        note = text_of(pilot.app, "#q-spot_audit_accuracy .question-note")
        assert note.startswith("measured: 100 %")
        assert card.intake().facts["spot_audit_accuracy"].low == pytest.approx(0.9018, abs=1e-4)
