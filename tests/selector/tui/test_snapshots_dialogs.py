"""How the first step and the two waiting dialogs look. Update a picture only after looking at it."""

from collections.abc import Callable
from pathlib import Path
from time import sleep

import pytest
from textual.pilot import Pilot

from reports.rundir import RunDir
from selector.tui.screens import working
from selector.tui.screens.report import ReportScreen
from selector.tui.screens.scorecard import ScorecardScreen
from selector.tui.screens.working import WorkScreen
from tests.selector.tui.driving import text_of, until
from tests.selector.tui.fakes import FakeVerbs
from tests.selector.tui.pictures import SIZES, Compare, Size, app
from tests.selector.tui.test_snapshots import scorecard


def work_on(say: Callable[[str, int, int], None]) -> None:
    """Stand at the third of five steps until nobody waits."""
    while True:
        say("Train the embedded model", 3, 5)
        sleep(0.02)


@SIZES
def test_sources(snap_compare: Compare, verbs: FakeVerbs, size: Size) -> None:
    async def ready(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(ScorecardScreen(scorecard(), "sources"))
        await until(pilot, lambda: text_of(pilot.app, "#strip").startswith("Best now SFT → DPO"))

    assert snap_compare(app(verbs), terminal_size=size, run_before=ready)


@SIZES
def test_running_work(snap_compare: Compare, verbs: FakeVerbs, size: Size, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "monotonic", lambda: 0.0)

    async def ready(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(WorkScreen("Demo", work_on, lambda _: None, lambda _: None))
        await until(pilot, lambda: "step 3 of 5" in text_of(pilot.app, "#demo-progress"))

    assert snap_compare(app(verbs), terminal_size=size, run_before=ready)


@SIZES
def test_report_path(snap_compare: Compare, verbs: FakeVerbs, size: Size) -> None:
    async def ready(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(ReportScreen(RunDir(Path("/srv/team/runs/20261120-000000-brand-voice"))))
        await until(pilot, lambda: "Not written yet" in text_of(pilot.app, "#report-note"))

    assert snap_compare(app(verbs), terminal_size=size, run_before=ready)
