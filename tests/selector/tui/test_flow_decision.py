"""From the recommendation over the plan to the start, by keyboard."""

from textual.pilot import Pilot
from textual.widgets import Input, TabbedContent

from selector.tui.widgets.setting import SettingRow
from tests.selector.tui.driving import (
    NARROW,
    app_on,
    first_axis,
    open_plan,
    open_recommendation,
    text_of,
    until,
    until_screen,
)
from tests.selector.tui.fakes import FakeVerbs


async def to_recommendation(pilot: Pilot[None]) -> None:
    await pilot.press("n")
    await until_screen(pilot, "ScorecardScreen")
    pilot.app.screen.query_one("#data-field", Input).value = "voice.jsonl"
    pilot.app.screen.query_one("#model-field", Input).value = "base"
    await pilot.press("ctrl+n")
    for axis in ("data", "alignment", "safety", "compute"):
        await until(pilot, lambda axis=axis: first_axis(pilot) == axis)  # type: ignore[misc]
        await pilot.press("ctrl+n")
    await until_screen(pilot, "RecommendationScreen")


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
