"""Driving the app in tests: build it on fixed data, and wait for what should happen."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Static

from reports.records.intake import Intake
from reports.rundir import RunDir
from selector.tui.app import TunegateApp
from selector.tui.scorecard import Scorecard, Step
from selector.tui.screens.plan import PlanScreen
from selector.tui.screens.recommendation import RecommendationScreen
from selector.tui.screens.scorecard import ScorecardScreen
from selector.tui.settings import Settings
from selector.tui.widgets.question import QuestionRow
from tests.reports.sample_decision import sample_plan, sample_recommendation
from tests.selector.tui.fakes import NOW, FakeVerbs

NARROW, WIDE = (80, 24), (120, 40)


def app_on(
    root: Path, verbs: FakeVerbs | None = None, watch: RunDir | None = None, settings: Settings | None = None
) -> TunegateApp:
    """Return the app on a folder of runs, with a clock that stands still."""
    app = TunegateApp(root, watch=watch, verbs=verbs or FakeVerbs(root), clock=lambda: NOW, settings=settings or Settings())
    app.animation_level = "none"
    return app


async def until(pilot: Pilot[None], happened: Callable[[], bool]) -> None:
    """Wait until something happened; AssertionError when it does not within a few seconds."""
    for _ in range(500):
        await asyncio.sleep(0.01)
        if happened():
            await pilot.pause()
            return
    raise AssertionError(f"it did not happen; on screen: {type(pilot.app.screen).__name__}\n{text_of(pilot.app)}")


async def until_screen(pilot: Pilot[None], name: str) -> None:
    """Wait for a screen by the name of its class."""
    await until(pilot, lambda: type(pilot.app.screen).__name__ == name and pilot.app.screen.is_active)


def text_of(app: App[None], selector: str = "Static") -> str:
    """Return the text of the widgets on the screen in front."""
    return "\n".join(str(widget.visual) for widget in app.screen.query(selector).results(Static))


def first_axis(pilot: Pilot[None]) -> str:
    """Return the axis whose questions the scorecard shows; empty on its first step."""
    rows = pilot.app.screen.query(QuestionRow)
    return rows.first().question.axis if rows else ""


def card_of(verbs: FakeVerbs) -> Scorecard:
    """Return a scorecard on which data and model are named and measured."""
    card = Scorecard(verbs.questions(), verbs.parse_answer, data_text="voice.jsonl", model_text="base")
    card.take_measured(card.sources(), verbs.measured_facts(["voice.jsonl"], "base"))
    return card


async def open_scorecard(pilot: Pilot[None], verbs: FakeVerbs, step: Step = "data") -> None:
    """Open the scorecard on one of its axes."""
    pilot.app.push_screen(ScorecardScreen(card_of(verbs), step))
    await until(pilot, lambda: first_axis(pilot) == step)


async def open_recommendation(pilot: Pilot[None], verbs: FakeVerbs) -> None:
    """Open the recommendation for what was measured."""
    card = card_of(verbs)
    pilot.app.push_screen(RecommendationScreen(card, verbs.recommend(card.intake())))
    await until_screen(pilot, "RecommendationScreen")


async def open_plan(pilot: Pilot[None]) -> None:
    """Open the plan of the sample run."""
    pilot.app.push_screen(PlanScreen(sample_plan(), Intake(), sample_recommendation()))
    await until_screen(pilot, "PlanScreen")
