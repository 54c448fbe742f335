"""The ways through the app, by keyboard, at the smallest size."""

import threading
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, TabbedContent

from reports.errors import InterruptedRunError
from reports.records.intake import Intake
from selector.tui.app import TunegateApp
from selector.tui.scorecard import Scorecard, Step
from selector.tui.screens.plan import PlanScreen
from selector.tui.screens.recommendation import RecommendationScreen
from selector.tui.screens.scorecard import ScorecardScreen
from selector.tui.widgets.choices import Choices
from selector.tui.widgets.question import QuestionRow
from selector.tui.widgets.setting import SettingRow
from selector.tui.widgets.table import Table
from tests.reports.sample_decision import sample_plan, sample_recommendation
from tests.reports.sample_run import build_sample_run
from tests.selector.tui.driving import NARROW, app_on, text_of, until, until_screen
from tests.selector.tui.fakes import FakeVerbs


@pytest.fixture(name="verbs")
def _verbs(tmp_path: Path) -> FakeVerbs:
    return FakeVerbs(tmp_path / "runs")


async def fill_sources(pilot: Pilot[None]) -> None:
    await pilot.press("n")
    await until_screen(pilot, "ScorecardScreen")
    pilot.app.screen.query_one("#data-field", Input).value = "voice.jsonl"
    pilot.app.screen.query_one("#model-field", Input).value = "base"
    await pilot.press("ctrl+n")
    await until(pilot, lambda: bool(pilot.app.screen.query(QuestionRow)))


async def open_scorecard(pilot: Pilot[None], verbs: FakeVerbs, step: Step = "data") -> None:
    card = Scorecard(verbs.questions(), verbs.parse_answer, data_text="voice.jsonl", model_text="base")
    card.take_measured(card.sources(), verbs.measured_facts(["voice.jsonl"], "base"))
    pilot.app.push_screen(ScorecardScreen(card, step))
    await until(pilot, lambda: first_axis(pilot) == step)


async def to_recommendation(pilot: Pilot[None]) -> None:
    await fill_sources(pilot)
    for axis in ("data", "alignment", "safety", "compute"):
        await until(pilot, lambda axis=axis: first_axis(pilot) == axis)  # type: ignore[misc]
        await pilot.press("ctrl+n")
    await until_screen(pilot, "RecommendationScreen")


def first_axis(pilot: Pilot[None]) -> str:
    rows = pilot.app.screen.query(QuestionRow)
    return rows.first().question.axis if rows else ""


async def open_recommendation(pilot: Pilot[None], verbs: FakeVerbs) -> None:
    card = Scorecard(verbs.questions(), verbs.parse_answer, data_text="voice.jsonl", model_text="base")
    pilot.app.push_screen(RecommendationScreen(card, verbs.recommend(card.intake())))
    await until_screen(pilot, "RecommendationScreen")


async def open_plan(pilot: Pilot[None]) -> None:
    pilot.app.push_screen(PlanScreen(sample_plan(), Intake(), sample_recommendation()))
    await until_screen(pilot, "PlanScreen")


# Home.


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


# Scorecard.


async def test_what_was_measured_stands_beside_its_question(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_scorecard(pilot, verbs)
        note = text_of(pilot.app, "#q-demonstrations .question-note")
        assert note == "measured: 640 rows, counted in voice.jsonl"


async def test_the_ranking_follows_an_answer(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_scorecard(pilot, verbs)
        await until(pilot, lambda: text_of(pilot.app, "#strip").startswith("1 SFT → DPO"))
        await pilot.press("down", *"300")
        await until(pilot, lambda: text_of(pilot.app, "#strip").startswith("1 SFT "))
        assert "▼" in text_of(pilot.app, "#ranking")


async def test_a_bad_answer_is_refused_inline_and_holds_the_step(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_scorecard(pilot, verbs)
        await pilot.press("down", *"many")
        assert "whole number" in text_of(pilot.app, "#q-preference_pairs .question-note")
        await pilot.press("ctrl+n")
        await pilot.pause()
        assert first_axis(pilot) == "data"
        focused = pilot.app.focused
        assert isinstance(focused, Input)
        assert focused.value == "many"


async def test_going_back_and_leaving_lose_no_answer(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await fill_sources(pilot)
        await pilot.press("down", *"300", "ctrl+n")
        await until(pilot, lambda: first_axis(pilot) == "alignment")
        await pilot.press("escape")
        await until(pilot, lambda: first_axis(pilot) == "data")
        await pilot.press("escape")
        await until(pilot, lambda: not pilot.app.screen.query(QuestionRow))
        assert pilot.app.screen.query_one("#data-field", Input).value == "voice.jsonl"
        await pilot.press("escape")
        await until_screen(pilot, "HomeScreen")
        await pilot.press("n")
        await until_screen(pilot, "ScorecardScreen")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: first_axis(pilot) == "data")
        assert pilot.app.screen.query_one("#q-preference_pairs Input", Input).value == "300"
        assert verbs.calls.count("measured_facts") == 1


async def test_questions_come_and_go_with_the_answers(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_scorecard(pilot, verbs, "compute")
        memory = pilot.app.screen.query_one("#q-gpu_memory_gib")
        assert not memory.display
        await pilot.press("down", "1")
        await until(pilot, lambda: memory.display)


async def test_choices_are_made_with_arrows_or_the_mouse(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_scorecard(pilot, verbs, "alignment")
        goal = pilot.app.screen.query_one("#q-goal Choices", Choices)
        await pilot.press("right", "right")
        assert goal.value == "format"
        await pilot.click(goal, offset=(2, 0))
        assert goal.value == "style"
        await pilot.press("backspace")
        assert goal.value == ""


async def test_a_click_on_a_step_goes_there(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_scorecard(pilot, verbs)
        await pilot.click("#steps", offset=(40, 0))
        await until(pilot, lambda: first_axis(pilot) == "alignment")


async def test_clearing_asks_first(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await fill_sources(pilot)
        await pilot.press(*"300", "ctrl+r")
        await until_screen(pilot, "ConfirmScreen")
        await pilot.press("n")
        await until_screen(pilot, "ScorecardScreen")
        assert pilot.app.screen.query_one("#q-demonstrations Input", Input).value == "300"
        await pilot.press("ctrl+r")
        await until_screen(pilot, "ConfirmScreen")
        await pilot.press("y")
        await until(pilot, lambda: verbs.calls.count("questions") == 2)
        await until_screen(pilot, "ScorecardScreen")
        assert pilot.app.screen.query_one("#data-field", Input).value == ""


async def test_the_help_line_explains_the_question_in_focus(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_scorecard(pilot, verbs)
        assert "SFT copies such answers" in text_of(pilot.app, "#answer-help")
        await pilot.press("down")
        await until(pilot, lambda: "DPO and ORPO learn" in text_of(pilot.app, "#answer-help"))


# Recommendation and plan.


async def test_arrows_lead_through_the_reasons(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_recommendation(pilot, verbs)
        tabs = pilot.app.screen.query_one(TabbedContent)
        seen = []
        for _ in range(5):
            seen.append(tabs.active)
            await pilot.press("right")
        assert seen == ["tab-ranking", "tab-axes", "tab-why-not", "tab-flips", "tab-phases"]
        assert tabs.active == "tab-ranking"
        assert "Why not RLHF?" in text_of(pilot.app, "#text-why-not")


async def test_the_reasons_are_those_of_the_strategy_under_the_cursor(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_recommendation(pilot, verbs)
        await until(pilot, lambda: "820 clear pairs" in text_of(pilot.app, "#reasons"))
        await pilot.press("down")
        await until(pilot, lambda: "640 examples" in text_of(pilot.app, "#reasons"))


async def test_a_person_may_plan_otherwise_than_advised(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_recommendation(pilot, verbs)
        await pilot.press("down", "enter")
        await until_screen(pilot, "PlanScreen")
        assert verbs.planned == [("sft", ("voice.jsonl",), "base")]


async def test_the_whole_way_from_the_scorecard_to_the_plan_and_back_to_what_if(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await to_recommendation(pilot)
        await pilot.press("p")
        await until_screen(pilot, "PlanScreen")
        assert verbs.planned == [("sft+dpo", ("voice.jsonl",), "base")]
        await pilot.press("escape")
        await until_screen(pilot, "RecommendationScreen")
        await pilot.press("w")
        await until_screen(pilot, "ScorecardScreen")
        assert first_axis(pilot) == "compute"


async def test_the_decision_can_be_exported(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_recommendation(pilot, verbs)
        await pilot.press("e")
        await until(pilot, lambda: "export_decision" in verbs.calls)


async def test_a_setting_is_edited_in_its_place(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_plan(pilot)
        row = pilot.app.screen.query(SettingRow).first()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.focused, Input))
        await pilot.press("ctrl+u", *"0.001", "enter")
        await until(pilot, lambda: row.choice.value == 0.001)
        assert row.choice.origin == "user"
        assert not row.query(Input)
        await pilot.press("r")
        await until(pilot, lambda: bool(verbs.started))
        assert verbs.started[0].stages[0].value("learning_rate") == 0.001


async def test_a_value_that_cannot_be_used_is_refused_in_its_place(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_plan(pilot)
        row = pilot.app.screen.query(SettingRow).first()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.focused, Input))
        await pilot.press(*"fast", "enter")
        await until(pilot, lambda: row.has_class("-bad"))
        assert "'fast' is not a number" in text_of(pilot.app, ".setting-error")
        await pilot.press("escape")
        await until(pilot, lambda: not row.query(Input))
        assert row.choice.value == 0.0002
        assert not row.has_class("-bad")


# Runs.


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
        run.update(stage="judge", seconds={"data": 1.0, "train/1-sft": 1.0, "train/2-dpo": 2.0})
        await until(pilot, lambda: "✓ DPO ─ ● Judge" in text_of(pilot.app, "#stage-strip"))


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
