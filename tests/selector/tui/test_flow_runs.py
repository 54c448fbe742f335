"""Listing, watching, stopping and judging runs, by keyboard."""

import threading

import pytest

from reports.errors import InterruptedRunError
from selector.tui.app import TunegateApp
from selector.tui.widgets.run_log import RunLog
from selector.tui.widgets.table import Table
from tests.reports.sample_run import build_sample_run
from tests.selector.tui.driving import NARROW, app_on, open_plan, text_of, until, until_screen
from tests.selector.tui.fakes import FakeVerbs


async def test_without_runs_the_app_invites(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await until(pilot, lambda: pilot.app.screen.has_class("-empty"))
        assert "n  New scorecard" in text_of(pilot.app, "#invitation")


async def test_the_list_follows_runs_that_others_start(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await until(pilot, lambda: pilot.app.screen.has_class("-empty"))
        build_sample_run(verbs.root)
        await until(pilot, lambda: "Brand voice for the tea shop" in text_of(pilot.app, "#run-note"))
        assert pilot.app.screen.query_one(Table).list.option_count == 1


async def test_the_cursor_stays_on_its_run_when_a_newer_one_appears(verbs: FakeVerbs) -> None:
    older = build_sample_run(verbs.root, name="20261118-214500-older")
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        table = pilot.app.screen.query_one(Table)
        await until(pilot, lambda: table.list.option_count == 1)
        build_sample_run(verbs.root, name="20261121-214500-newer")
        await until(pilot, lambda: table.list.option_count == 2)
        assert table.highlighted == older.path.name


async def test_enter_opens_the_gates_of_a_decided_run_and_the_progress_of_others(verbs: FakeVerbs) -> None:
    build_sample_run(verbs.root, name="20261121-000000-decided")
    build_sample_run(verbs.root, upto="train", name="20261120-000000-going")
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await until(pilot, lambda: pilot.app.screen.query_one(Table).list.option_count == 2)
        await pilot.press("enter")
        await until_screen(pilot, "GatesScreen")
        await pilot.press("escape")
        await until_screen(pilot, "HomeScreen")
        await pilot.press("down", "enter")
        await until_screen(pilot, "LiveScreen")


async def test_starting_opens_the_run_and_leaving_leads_home(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_plan(pilot)
        await pilot.press("r")
        await until_screen(pilot, "LiveScreen")
        await until(pilot, lambda: "Training DPO" in text_of(pilot.app, "#progress"))
        await pilot.press("escape")
        await until_screen(pilot, "HomeScreen")
        assert "request_stop" not in verbs.calls


async def test_two_presses_start_one_run(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_plan(pilot)
        await pilot.press("r", "r")
        await until_screen(pilot, "LiveScreen")
        assert len(verbs.started) == 1


async def test_stopping_asks_and_then_only_requests(verbs: FakeVerbs) -> None:
    run = build_sample_run(verbs.root, upto="train")
    verbs.alive = True
    async with app_on(verbs.root, verbs, watch=run).run_test(size=NARROW) as pilot:
        await until_screen(pilot, "LiveScreen")
        await until(pilot, lambda: "Training DPO" in text_of(pilot.app, "#progress"))
        await pilot.press("s")
        await until_screen(pilot, "ConfirmScreen")
        await pilot.press("escape")
        await until_screen(pilot, "LiveScreen")
        assert "request_stop" not in verbs.calls
        await pilot.press("s")
        await until_screen(pilot, "ConfirmScreen")
        await pilot.press("y")
        await until(pilot, lambda: "request_stop" in verbs.calls)
        await until(pilot, run.stop_file.exists)
        await until_screen(pilot, "LiveScreen")
        await pilot.press("s")
        await until_screen(pilot, "ConfirmScreen")
        await pilot.press("y")
        await until(pilot, lambda: "stop_now" in verbs.calls)


async def test_a_run_whose_process_is_gone_can_be_continued(verbs: FakeVerbs) -> None:
    run = build_sample_run(verbs.root, upto="train")
    async with app_on(verbs.root, verbs, watch=run).run_test(size=NARROW) as pilot:
        await until_screen(pilot, "LiveScreen")
        await until(pilot, lambda: "The process is gone" in text_of(pilot.app, "#progress"))
        await pilot.press("s")
        await pilot.press("c")
        await until(pilot, lambda: "resume" in verbs.calls)
        await until(pilot, lambda: "Training DPO" in text_of(pilot.app, "#progress"))
        assert "request_stop" not in verbs.calls


async def test_the_live_screen_shows_what_is_written_while_it_is_open(verbs: FakeVerbs) -> None:
    run = build_sample_run(verbs.root, upto="train")
    verbs.alive = True
    async with app_on(verbs.root, verbs, watch=run).run_test(size=NARROW) as pilot:
        await until_screen(pilot, "LiveScreen")
        await until(pilot, lambda: "Training DPO" in text_of(pilot.app, "#progress"))
        run.update(stage="measure", seconds={"data": 1.0, "judge": 1.0, "train/1-sft": 1.0, "train/2-dpo": 2.0})
        await until(pilot, lambda: "✓ DPO ─ ● Measure" in text_of(pilot.app, "#stage-strip"))


async def test_the_log_is_filtered_by_words_and_held_by_scrolling(verbs: FakeVerbs) -> None:
    run = build_sample_run(verbs.root, upto="train")
    verbs.alive = True
    for number in range(40):
        run.log_event("note", f"line {number}")
    async with app_on(verbs.root, verbs, watch=run).run_test(size=NARROW) as pilot:
        await until_screen(pilot, "LiveScreen")
        log = pilot.app.screen.query_one(RunLog)
        await until(pilot, lambda: bool(log.lines) and log.is_vertical_scroll_end)
        await pilot.press("home")
        await until(pilot, lambda: "end key" in str(log.border_subtitle))
        run.log_event("note", "line 40")
        await until(pilot, lambda: "line 40" in log.lines[-1].text)
        assert log.scroll_offset.y == 0
        await pilot.press("slash")
        await until_screen(pilot, "TextScreen")
        await pilot.press(*"ALARM", "enter")
        await until(pilot, lambda: len(log.lines) == 1)
        await pilot.press("slash")
        await until(pilot, lambda: len(log.lines) > 40)


async def test_gates_show_the_deciding_prompts_of_the_gate_under_the_cursor(verbs: FakeVerbs) -> None:
    build_sample_run(verbs.root, verdict="no-go")
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await until(pilot, lambda: pilot.app.screen.query_one(Table).list.option_count == 1)
        await pilot.press("enter")
        await until_screen(pilot, "GatesScreen")
        await until(pilot, lambda: "refusal: 0 → 1" in text_of(pilot.app, "#gate-details"))
        first = text_of(pilot.app, "#gate-details")
        await pilot.press("down")
        await until(pilot, lambda: "win" in text_of(pilot.app, "#gate-details").lower())
        assert text_of(pilot.app, "#gate-details") != first
        scroll = pilot.app.screen.query_one("#gate-scroll")
        await pilot.press("space")
        await until(pilot, lambda: scroll.scroll_offset.y > 0)


@pytest.mark.parametrize(("display", "words"), [(True, "Opened in the browser"), (False, "There is no desktop here")])
async def test_the_report_opens_or_says_where_it_is(verbs: FakeVerbs, display: bool, words: str) -> None:
    run = build_sample_run(verbs.root)
    run.report.write_text("<html></html>")
    verbs.display = display
    async with app_on(verbs.root, verbs, watch=run).run_test(size=NARROW) as pilot:
        await until_screen(pilot, "LiveScreen")
        await until(pilot, lambda: "Finished" in text_of(pilot.app, "#progress"))
        await pilot.press("o")
        await until_screen(pilot, "ReportScreen")
        await until(pilot, lambda: words in text_of(pilot.app, "#report-note"))
        assert text_of(pilot.app, "#report-path") == str(run.report.resolve())


async def test_the_demo_shows_its_preparation_and_then_its_run(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await until(pilot, lambda: pilot.app.screen.has_class("-empty"))
        await pilot.press("d")
        await until_screen(pilot, "LiveScreen")
        await pilot.press("escape")
        await until_screen(pilot, "HomeScreen")


async def test_a_cancelled_demo_starts_nothing(verbs: FakeVerbs) -> None:
    app: TunegateApp = app_on(verbs.root, verbs)
    broken_off: list[bool] = []

    def prepare(say: object) -> None:
        assert callable(say)
        try:
            while not threading.Event().wait(0.005):
                say("Training the base model", 3, 10)
        except InterruptedRunError:
            broken_off.append(True)
            raise

    verbs.demo = prepare
    async with app.run_test(size=NARROW) as pilot:
        await until(pilot, lambda: pilot.app.screen.has_class("-empty"))
        await pilot.press("d")
        await until_screen(pilot, "DemoScreen")
        await until(pilot, lambda: "3/10" in text_of(pilot.app, "#demo-progress"))
        await pilot.press("escape")
        await until_screen(pilot, "HomeScreen")
        await until(pilot, lambda: bool(broken_off))
        assert not list(verbs.root.glob("*"))
