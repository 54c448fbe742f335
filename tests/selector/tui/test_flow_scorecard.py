"""Answering the scorecard by keyboard, at the smallest size."""

from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Input

from reports.errors import DataError
from selector.tui.screens.scorecard import ScorecardScreen
from selector.tui.widgets.choices import Choices
from selector.tui.widgets.question import QuestionRow
from tests.selector.tui.driving import (
    NARROW,
    app_on,
    card_of,
    first_axis,
    open_scorecard,
    text_of,
    until,
    until_screen,
)
from tests.selector.tui.fakes import FakeVerbs


async def fill_sources(pilot: Pilot[None]) -> None:
    await pilot.press("n")
    await until_screen(pilot, "ScorecardScreen")
    pilot.app.screen.query_one("#data-field", Input).value = "voice.jsonl"
    pilot.app.screen.query_one("#model-field", Input).value = "base"
    await pilot.press("ctrl+n")
    await until(pilot, lambda: first_axis(pilot) == "data")


async def test_enter_leads_through_the_sources_and_on(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await pilot.press("n")
        await until_screen(pilot, "ScorecardScreen")
        await until(pilot, lambda: isinstance(pilot.app.focused, Input))
        await pilot.press(*"voice.jsonl", "enter", *"base", "enter")
        await until(pilot, lambda: first_axis(pilot) == "data")


async def test_keys_that_a_busy_field_has_not_taken_yet_are_no_lost_answer(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_scorecard(pilot, verbs)
        screen, field = pilot.app.screen, pilot.app.focused
        assert isinstance(screen, ScorecardScreen)
        assert isinstance(field, Input)
        field.post_message(Key("7", "7"))
        screen.action_next()
        await until(pilot, lambda: first_axis(pilot) == "alignment")
        await pilot.press("escape")
        await until(pilot, lambda: first_axis(pilot) == "data")
        assert pilot.app.screen.query_one("#q-demonstrations Input", Input).value == "7"


async def test_a_screen_is_drawn_for_its_size_from_the_first_picture_on(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        screen = ScorecardScreen(card_of(verbs))
        pilot.app.push_screen(screen)
        assert {"-narrow", "-short"} <= screen.classes
        await until_screen(pilot, "ScorecardScreen")


async def test_what_was_measured_stands_beside_its_question(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_scorecard(pilot, verbs)
        note = text_of(pilot.app, "#q-demonstrations .question-note")
        assert note == "measured: 640 rows, counted in voice.jsonl"


async def test_the_ranking_follows_an_answer(verbs: FakeVerbs) -> None:
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_scorecard(pilot, verbs)
        await until(pilot, lambda: text_of(pilot.app, "#strip").startswith("Best now SFT → DPO"))
        await pilot.press("down", *"300")
        await until(pilot, lambda: text_of(pilot.app, "#strip").startswith("Best now SFT ●"))
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


async def test_ambiguous_rows_are_asked_about_and_measured_and_planned_as_the_answer_says(verbs: FakeVerbs) -> None:
    verbs.failures["measured_facts"] = DataError("a.jsonl:1: fits two. Say which with --layout preference or --layout stepwise.")
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await pilot.press("n")
        await until_screen(pilot, "ScorecardScreen")
        pilot.app.screen.query_one("#data-field", Input).value = "a.jsonl"
        pilot.app.screen.query_one("#model-field", Input).value = "base"
        await pilot.press("ctrl+n")
        await until_screen(pilot, "ChoiceScreen")
        del verbs.failures["measured_facts"]
        await pilot.press("down", "enter")
        await until(pilot, lambda: first_axis(pilot) == "data")
        for axis in ("alignment", "safety", "compute"):
            await pilot.press("ctrl+n")
            await until(pilot, lambda axis=axis: first_axis(pilot) == axis)  # type: ignore[misc]
        await pilot.press("ctrl+n")
        await until_screen(pilot, "RecommendationScreen")
        await pilot.press("p")
        await until_screen(pilot, "PlanScreen")
        assert verbs.layouts == ["", "stepwise", "stepwise"]


def test_other_data_forget_what_the_rows_of_the_former_were(verbs: FakeVerbs) -> None:
    card = card_of(verbs)
    card.layout = "preference"
    card.name_data(card.data_text)
    assert card.sources().layout == "preference"
    card.name_data("other.jsonl")
    assert card.sources().layout == ""


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
