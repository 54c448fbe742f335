"""Whatever goes wrong outside the app is shown in words, and the app goes on."""

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from reports.errors import DataError, MissingError, StorageError
from reports.records.intake import Intake
from selector.tui.app import TunegateApp
from selector.tui.scorecard import Scorecard
from selector.tui.screens.plan import PlanScreen
from selector.tui.screens.recommendation import RecommendationScreen
from selector.tui.widgets.table import Table
from tests.reports.sample_decision import sample_plan, sample_recommendation
from tests.reports.sample_run import build_sample_run
from tests.selector.tui.driving import NARROW, app_on, text_of, until, until_screen
from tests.selector.tui.fakes import FakeVerbs


async def failure(pilot: Pilot[None]) -> str:
    await until_screen(pilot, "FailureScreen")
    text = text_of(pilot.app)
    await pilot.press("escape")
    await until(pilot, lambda: type(pilot.app.screen).__name__ != "FailureScreen")
    return text


async def test_a_run_that_cannot_be_opened_says_why(verbs: FakeVerbs) -> None:
    build_sample_run(verbs.root)
    verbs.failures["open_run"] = MissingError("run.json: this document does not exist yet.")
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await until(pilot, lambda: pilot.app.screen.query_one(Table).list.option_count == 1)
        await pilot.press("enter")
        assert "does not exist yet" in await failure(pilot)
        assert type(pilot.app.screen).__name__ == "HomeScreen"


async def test_a_third_party_error_is_named_and_not_a_traceback(verbs: FakeVerbs) -> None:
    verbs.failures["questions"] = ZeroDivisionError("float division")
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await pilot.press("n")
        text = await failure(pilot)
        assert "ZeroDivisionError: float division" in text
        assert "Traceback" not in text


async def test_the_same_failure_is_shown_once(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        app = pilot.app
        assert isinstance(app, TunegateApp)
        for _ in range(3):
            app.post_failure(DataError("voice.jsonl:7: broken JSON."))
        await until_screen(pilot, "FailureScreen")
        await pilot.press("enter")
        await until_screen(pilot, "HomeScreen")


async def test_bad_data_is_refused_beside_its_field_and_the_path_is_kept(verbs: FakeVerbs) -> None:
    verbs.failures["measured_facts"] = DataError("voice.jsonl:7: broken JSON. Mend the line.")
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await pilot.press("n")
        await until_screen(pilot, "ScorecardScreen")
        field = pilot.app.screen.query_one("#data-field", Input)
        field.value = "voice.jsonl"
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "voice.jsonl:7: broken JSON" in text_of(pilot.app, "#sources-note"))
        assert field.value == "voice.jsonl"
        del verbs.failures["measured_facts"]
        await pilot.press("ctrl+n")
        await until(pilot, lambda: bool(pilot.app.screen.query("#q-demonstrations")))


async def test_an_open_quotation_mark_is_refused_before_anything_is_read(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await pilot.press("n")
        await until_screen(pilot, "ScorecardScreen")
        pilot.app.screen.query_one("#data-field", Input).value = '"my data.jsonl'
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "quotation" in text_of(pilot.app, "#sources-note"))
        assert "measured_facts" not in verbs.calls


async def test_a_plan_without_data_or_model_says_where_to_name_them(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        card = Scorecard(verbs.questions(), verbs.parse_answer)
        pilot.app.push_screen(RecommendationScreen(card, sample_recommendation()))
        await until_screen(pilot, "RecommendationScreen")
        await pilot.press("p")
        assert "data and a model" in await failure(pilot)
        assert "make_plan" not in verbs.calls


async def test_a_start_that_fails_can_be_tried_again(verbs: FakeVerbs) -> None:
    verbs.failures["start"] = StorageError("run.json: could not be written (the disk is full).")
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        pilot.app.push_screen(PlanScreen(sample_plan(), Intake(), sample_recommendation()))
        await until_screen(pilot, "PlanScreen")
        await pilot.press("r")
        assert "the disk is full" in await failure(pilot)
        del verbs.failures["start"]
        await pilot.press("r")
        await until_screen(pilot, "LiveScreen")


async def test_a_demo_that_fails_closes_its_dialog(verbs: FakeVerbs) -> None:
    verbs.failures["start_demo"] = MissingError("torch: not installed.")
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await pilot.press("d")
        assert "torch: not installed" in await failure(pilot)
        await until_screen(pilot, "HomeScreen")


async def test_a_run_that_turns_unreadable_while_it_is_watched_says_so(verbs: FakeVerbs) -> None:
    run = build_sample_run(verbs.root, upto="train")
    verbs.alive = True
    async with app_on(verbs.root, verbs, watch=run).run_test(size=NARROW) as pilot:
        await until_screen(pilot, "LiveScreen")
        await until(pilot, lambda: "Training DPO" in text_of(pilot.app, "#progress"))
        (run.path / "run.json").write_text('{"schema_version": 99}')
        assert "schema version 99" in await failure(pilot)
        assert type(pilot.app.screen).__name__ == "LiveScreen"


async def test_a_report_that_cannot_be_opened_still_shows_its_path(verbs: FakeVerbs) -> None:
    run = build_sample_run(verbs.root)
    run.report.write_text("<html></html>")
    verbs.failures["open_path"] = OSError("no browser")
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        app = pilot.app
        assert isinstance(app, TunegateApp)
        app.show_report(run)
        await until_screen(pilot, "ReportScreen")
        await until(pilot, lambda: "no browser" in text_of(pilot.app, "#report-note"))
        assert str(pilot.app.screen.query_one("#report-path", Static).visual) == str(run.report.resolve())


async def test_a_list_of_runs_that_cannot_be_read_says_why_once(verbs: FakeVerbs) -> None:
    verbs.failures["runs"] = PermissionError("runs: permission denied")
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await until(pilot, lambda: "permission denied" in text_of(pilot.app, "#run-note"))


def test_an_error_of_the_app_itself_leaves_a_paragraph_and_a_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    app = app_on(tmp_path / "runs")
    said: list[object] = []
    monkeypatch.setattr(app, "panic", lambda *words: said.extend(words))
    try:
        raise RuntimeError("a fault of ours")
    except RuntimeError:
        app._fatal_error()
    (log,) = tmp_path.glob("tunegate-app-*.log")
    assert "RuntimeError: a fault of ours" in log.read_text()
    assert log.name in str(said[0])
    assert "Traceback" not in str(said[0])
