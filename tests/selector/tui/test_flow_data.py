"""Checking data by keyboard, at the smallest size."""

import json
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from reports.errors import DataError, StageError
from selector.check_process import CheckOrder
from selector.tui.checking import Visit, form_of
from selector.tui.screens.checks import ChecksScreen
from selector.tui.screens.data import DataScreen
from selector.tui.widgets.table import Table
from tests.reports.sample_decision import sample_plan
from tests.selector.tui.driving import NARROW, app_on, open_plan, text_of, until, until_screen
from tests.selector.tui.fakes import FakeVerbs
from tests.selector.tui.sample_checks import sample_checked

AMBIGUOUS = DataError("a.jsonl:1: fits both. Say which is meant with --layout preference or --layout prompt-completion.")


async def open_checks(pilot: Pilot[None], visit: Visit | None = None) -> None:
    pilot.app.push_screen(ChecksScreen(sample_checked(), CheckOrder(("voice.jsonl",)), visit or Visit()))
    await until(pilot, lambda: "LEAK001 must be mended" in text_of(pilot.app, "#check-verdict"))
    await until(pilot, lambda: "Delete these rows" in text_of(pilot.app, "#check-details"))


def keys_offered(pilot: Pilot[None]) -> set[str]:
    return {found.binding.action for found in pilot.app.screen.active_bindings.values()}


async def test_from_home_to_the_findings(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await pilot.press("c")
        await until_screen(pilot, "DataScreen")
        await pilot.press(*"a.jsonl", "enter", *"t.jsonl", "enter", *"base", "enter")
        await until_screen(pilot, "ChecksScreen")
        assert verbs.orders == [CheckOrder(("a.jsonl",), ("t.jsonl",), "base")]
        await until(pilot, lambda: "Delete these rows" in text_of(pilot.app, "#check-details"))
        await pilot.press("escape", "escape", "c")
        await until_screen(pilot, "DataScreen")
        assert [field.value for field in pilot.app.screen.query(Input)] == ["a.jsonl", "t.jsonl", "base"]


async def test_nothing_is_checked_until_a_file_is_named(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await pilot.press("c")
        await until_screen(pilot, "DataScreen")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "at least one file" in text_of(pilot.app, "#data-note"))
        await pilot.press("x")
        await until(pilot, lambda: text_of(pilot.app, "#data-note") == "")
        assert verbs.orders == []


async def test_an_ambiguous_file_asks_and_is_checked_as_what_was_chosen(verbs: FakeVerbs) -> None:
    verbs.failures["check"] = AMBIGUOUS
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        pilot.app.push_screen(DataScreen(form_of(("a.jsonl",), ""), Visit()))
        await until_screen(pilot, "DataScreen")
        await pilot.press("ctrl+n")
        await until_screen(pilot, "ChoiceScreen")
        assert "a.jsonl:1: fits both" in text_of(pilot.app)
        assert pilot.app.screen.query_one(OptionList).option_count == 2
        del verbs.failures["check"]
        await pilot.press("down", "enter")
        await until_screen(pilot, "ChecksScreen")
        await pilot.press("escape", "ctrl+n")
        await until(pilot, lambda: len(verbs.orders) == 3)
        await until_screen(pilot, "ChecksScreen")
        await pilot.press("escape", "x", "ctrl+n")
        await until(pilot, lambda: len(verbs.orders) == 4)
        assert [order.layout for order in verbs.orders] == ["", "prompt-completion", "prompt-completion", ""]


async def test_a_question_about_the_layout_may_stay_open(verbs: FakeVerbs) -> None:
    verbs.failures["check"] = AMBIGUOUS
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        pilot.app.push_screen(DataScreen(form_of(("a.jsonl",), ""), Visit()))
        await until_screen(pilot, "DataScreen")
        await pilot.press("ctrl+n")
        await until_screen(pilot, "ChoiceScreen")
        await pilot.press("escape")
        await until_screen(pilot, "DataScreen")
        assert len(verbs.orders) == 1


@pytest.mark.parametrize("error", [StageError("check: the process ended with exit code -9."), ValueError("odd")])
async def test_what_goes_wrong_is_a_dialog_and_the_fields_stay(verbs: FakeVerbs, error: Exception) -> None:
    verbs.failures["check"] = error
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        pilot.app.push_screen(DataScreen(form_of(("a.jsonl",), ""), Visit()))
        await until_screen(pilot, "DataScreen")
        await pilot.press("ctrl+n")
        await until_screen(pilot, "FailureScreen")
        assert str(error) in text_of(pilot.app)
        assert "Traceback" not in text_of(pilot.app)
        await pilot.press("escape")
        await until_screen(pilot, "DataScreen")
        assert pilot.app.screen.query(Input).first().value == "a.jsonl"


async def test_only_problems_are_shown_on_request(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_checks(pilot)
        table = pilot.app.screen.query_one(Table)
        assert table.list.option_count == 6
        await pilot.press("p")
        await until(pilot, lambda: table.list.option_count == 3)
        await pilot.press("p")
        await until(pilot, lambda: table.list.option_count == 6)


async def test_the_files_are_explained_on_the_last_row(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_checks(pilot)
        await pilot.press("end")
        await until(pilot, lambda: "columns prompt and completion hold strings" in text_of(pilot.app, "#check-details"))


async def test_a_check_is_accepted_with_a_reason_from_a_plan_and_taken_back(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_plan(pilot)
        await pilot.press("c")
        await until_screen(pilot, "DataScreen")
        await pilot.press("ctrl+n")
        await until_screen(pilot, "ChecksScreen")
        await until(pilot, lambda: "accept" in keys_offered(pilot))
        await pilot.press("a")
        await until_screen(pilot, "TextScreen")
        await pilot.press("enter", *"greetings", "enter")
        await until(pilot, lambda: "LEAK001 accepted" in text_of(pilot.app, "#check-verdict"))
        await pilot.press("escape", "escape")
        await until_screen(pilot, "PlanScreen")
        assert "LEAK001, because greetings" in text_of(pilot.app, "#plan-head")
        await pilot.press("r")
        await until(pilot, lambda: bool(verbs.started))
        before, now = sample_plan().accepted, verbs.started[0].accepted
        assert [taken.code for taken in now] == [*(taken.code for taken in before), "LEAK001"]
        assert now[-1].because == "greetings"


async def test_an_acceptance_can_be_taken_back(verbs: FakeVerbs) -> None:
    accepted = {"LEAK001": "greetings"}
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        pilot.app.push_screen(ChecksScreen(sample_checked(), CheckOrder(("voice.jsonl",)), Visit(accepted=accepted)))
        await until(pilot, lambda: "LEAK001 accepted" in text_of(pilot.app, "#check-verdict"))
        await until(pilot, lambda: "greetings" in text_of(pilot.app, "#check-details"))
        await pilot.press("a")
        await until(pilot, lambda: "LEAK001 must be mended" in text_of(pilot.app, "#check-verdict"))
        assert accepted == {}


async def test_without_a_coming_run_nothing_can_be_accepted(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_checks(pilot)
        assert "accept" not in keys_offered(pilot)
        assert "clean" in keys_offered(pilot)


async def test_only_a_check_that_blocks_can_be_accepted(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_checks(pilot, Visit(accepted={}))
        assert "accept" in keys_offered(pilot)
        await pilot.press("down")
        await until(pilot, lambda: "Delete the repeats" in text_of(pilot.app, "#check-details"))
        assert "accept" not in keys_offered(pilot)


async def test_the_cleaned_set_is_written_after_a_look_at_what_goes(verbs: FakeVerbs, tmp_path: Path) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_checks(pilot)
        await pilot.press("w")
        await until_screen(pilot, "TextScreen")
        text = text_of(pilot.app)
        assert "35 of 1,240 rows go, 1,205 stay" in text
        assert "31  repeats an earlier row" in text
        field = pilot.app.screen.query_one(Input)
        assert field.value == "voice-cleaned"
        (tmp_path / "full").mkdir()
        (tmp_path / "full" / "mine").touch()
        field.value = str(tmp_path / "full")
        await pilot.press("enter")
        await until_screen(pilot, "FailureScreen")
        assert "something is there already" in text_of(pilot.app)
        await pilot.press("escape")
        await until_screen(pilot, "TextScreen")
        pilot.app.screen.query_one(Input).value = str(tmp_path / "new")
        await pilot.press("enter")
        await until(pilot, (tmp_path / "new" / "voice.jsonl").is_file)
        await until_screen(pilot, "ChecksScreen")


async def test_a_cleaned_set_that_nobody_wants_is_thrown_away(verbs: FakeVerbs, tmp_path: Path) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_checks(pilot)
        await pilot.press("w")
        await until_screen(pilot, "TextScreen")
        assert (tmp_path / "waiting").exists()
        await pilot.press("escape")
        await until(pilot, lambda: not (tmp_path / "waiting").exists())


async def test_with_real_checks_the_whole_way(tmp_path: Path) -> None:
    from selector.tui.verbs import PipelineVerbs

    path = tmp_path / "few.jsonl"
    rows = [{"prompt": f"Write line {n} on tea.", "completion": f"Calm cup {n}."} for n in range(5)]
    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows, rows[0]]))
    app = app_on(tmp_path / "runs")
    app.verbs = PipelineVerbs(tmp_path / "runs")
    async with app.run_test(size=NARROW) as pilot:
        pilot.app.push_screen(DataScreen(form_of((str(path),), ""), Visit()))
        await until_screen(pilot, "DataScreen")
        await pilot.press("ctrl+n")
        for _ in range(4):
            try:
                await until_screen(pilot, "ChecksScreen")
                break
            except AssertionError:
                continue
        assert "5 of 6 rows are without a defect" in text_of(pilot.app, "#check-verdict")
