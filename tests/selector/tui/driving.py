"""Driving the app in tests: build it on fixed data, and wait for what should happen."""

from collections.abc import Callable
from pathlib import Path

from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Static

from reports.rundir import RunDir
from selector.tui.app import TunegateApp
from tests.selector.tui.fakes import NOW, FakeVerbs

NARROW, WIDE = (80, 24), (120, 40)


def app_on(root: Path, verbs: FakeVerbs | None = None, watch: RunDir | None = None) -> TunegateApp:
    """Return the app on a folder of runs, with a clock that stands still."""
    app = TunegateApp(root, watch=watch, verbs=verbs or FakeVerbs(root), clock=lambda: NOW)
    app.animation_level = "none"
    return app


async def until(pilot: Pilot[None], happened: Callable[[], bool]) -> None:
    """Wait until something happened; AssertionError when it does not within a few seconds."""
    for _ in range(250):
        await pilot.pause(0.02)
        if happened():
            return
    raise AssertionError(f"it did not happen; on screen: {type(pilot.app.screen).__name__}\n{text_of(pilot.app)}")


async def until_screen(pilot: Pilot[None], name: str) -> None:
    """Wait for a screen by the name of its class."""
    await until(pilot, lambda: type(pilot.app.screen).__name__ == name and pilot.app.screen.is_active)
    await pilot.pause()


def text_of(app: App[None], selector: str = "Static") -> str:
    """Return the text of the widgets on the screen in front."""
    return "\n".join(str(widget.visual) for widget in app.screen.query(selector).results(Static))
