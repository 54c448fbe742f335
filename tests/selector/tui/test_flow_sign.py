"""From the gates to a signature, by keyboard."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from reports.records.gates import Gates, Verdict
from reports.rundir import RunDir
from selector.tui.screens.gates import GatesScreen
from tests.reports.sample_run import build_sample_run
from tests.selector.tui.driving import NARROW, app_on, text_of, until, until_screen
from tests.selector.tui.fakes import FakeVerbs


@pytest.fixture(autouse=True)
def _signer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", "ada")
    monkeypatch.setattr("reports.html.write_report", lambda run: run.report)


def make(root: Path, verdict: Verdict) -> RunDir:
    run = build_sample_run(root, verdict)
    run.write(replace(run.read(Gates), signoffs=("owner", "safety")))
    return run


async def open_sheet(pilot: Pilot[None], run: RunDir) -> None:
    pilot.app.push_screen(GatesScreen(run, run.read(Gates)))
    await until_screen(pilot, "GatesScreen")
    await pilot.press("s")
    await until_screen(pilot, "SignScreen")


async def test_signing_names_the_role_that_has_to_sign_next(verbs: FakeVerbs) -> None:
    run = make(verbs.root, "go")
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_sheet(pilot, run)
        await pilot.press("right", "ctrl+n")
        await until(pilot, lambda: "✓ owner: approved; ada" in text_of(pilot.app, "#sheet"))
        assert "safety has to sign too" in text_of(pilot.app, "#sign-note")
    assert [(line.role, line.name, line.decision) for line in run.signoffs.read()] == [("owner", "ada", "approve")]


async def test_nothing_is_signed_without_a_decision_or_the_conditions_it_needs(verbs: FakeVerbs) -> None:
    run = make(verbs.root, "no-go")
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_sheet(pilot, run)
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "approve or reject" in text_of(pilot.app, "#sign-note"))
        await pilot.press("right", "ctrl+n")
        await until(pilot, lambda: "say what must hold" in text_of(pilot.app, "#sign-note"))
        assert not run.signoffs.read()
        await pilot.press("enter", *"inside", "ctrl+n")
        await until(pilot, lambda: "approved; ada" in text_of(pilot.app, "#sheet"))
    assert run.signoffs.read()[0].conditions == "inside"


async def test_a_gate_fills_the_screen_and_leads_to_the_next(verbs: FakeVerbs) -> None:
    run = build_sample_run(verbs.root, verdict="no-go")
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        pilot.app.push_screen(GatesScreen(run, run.read(Gates)))
        await until_screen(pilot, "GatesScreen")
        await pilot.press("enter")
        await until_screen(pilot, "GateScreen")
        await until(pilot, lambda: "Deciding prompt 1" in text_of(pilot.app, "#gate-text"))
        await pilot.press("right")
        await until(pilot, lambda: "win" in text_of(pilot.app, "#gate-text").lower())
        await pilot.press("escape")
        await until_screen(pilot, "GatesScreen")


async def test_gates_that_a_review_decided_anew_are_shown_on_coming_back(verbs: FakeVerbs) -> None:
    run = build_sample_run(verbs.root, verdict="go")
    async with app_on(verbs.root, verbs).run_test(size=NARROW) as pilot:
        await open_sheet(pilot, run)
        run.write(replace(run.read(Gates), because="People decided otherwise."))
        await pilot.press("escape")
        await until(pilot, lambda: "People decided otherwise." in text_of(pilot.app, "#verdict"))
