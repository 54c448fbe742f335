"""How the screens of data and of people's judgements look. Update a picture only after looking at it."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from evals.review.desk import Desk
from selector.check_process import CheckOrder
from selector.tui.auditing import AuditDesk
from selector.tui.checking import DataForm, Visit
from selector.tui.screens.asking import ChoiceScreen
from selector.tui.screens.audit import AuditScreen
from selector.tui.screens.checks import ChecksScreen
from selector.tui.screens.data import DataScreen
from selector.tui.screens.review import ReviewScreen
from tests.evals.data.rows import pair, write_lines
from tests.evals.review.reviewed import make_run, review
from tests.selector.tui.driving import text_of, until
from tests.selector.tui.fakes import FakeVerbs
from tests.selector.tui.pictures import SIZES, Compare, Size, app
from tests.selector.tui.sample_checks import HOSTILE, sample_checked


@SIZES
def test_data(snap_compare: Compare, verbs: FakeVerbs, size: Size) -> None:
    async def ready(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(DataScreen(DataForm("voice.jsonl", "test.jsonl"), Visit()))
        await until(pilot, lambda: "Files of any" in text_of(pilot.app, "#data-help"))

    assert snap_compare(app(verbs), terminal_size=size, run_before=ready)


@SIZES
def test_checks(snap_compare: Compare, verbs: FakeVerbs, size: Size) -> None:
    async def ready(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(ChecksScreen(sample_checked(), CheckOrder(("voice.jsonl",)), Visit(accepted={})))
        await until(pilot, lambda: "Delete these rows" in text_of(pilot.app, "#check-details"))

    assert snap_compare(app(verbs), terminal_size=size, run_before=ready)


@SIZES
def test_layout_question(snap_compare: Compare, verbs: FakeVerbs, size: Size) -> None:
    async def ready(pilot: Pilot[None]) -> None:
        text = "voice.jsonl:1: the columns fit preference and prompt-completion."
        pilot.app.push_screen(ChoiceScreen("What are these rows?", text, ("preference", "prompt-completion")))
        await until(pilot, lambda: "the columns fit" in text_of(pilot.app))

    assert snap_compare(app(verbs), terminal_size=size, run_before=ready)


@SIZES
def test_cleaned_set(snap_compare: Compare, verbs: FakeVerbs, size: Size) -> None:
    async def ready(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(ChecksScreen(sample_checked(), CheckOrder(("voice.jsonl",)), Visit()))
        await until(pilot, lambda: "Delete these rows" in text_of(pilot.app, "#check-details"))
        await pilot.press("w")
        await until(pilot, lambda: "35 of 1,240 rows go" in text_of(pilot.app))

    assert snap_compare(app(verbs), terminal_size=size, run_before=ready)


@SIZES
def test_audit(snap_compare: Compare, verbs: FakeVerbs, size: Size, tmp_path: Path) -> None:
    rows = [{**pair(number), "rejected": f"{HOSTILE} " * 12, "rater": "r-7"} for number in range(60)]
    path = write_lines(tmp_path / "pairs.jsonl", rows)

    async def ready(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(AuditScreen(AuditDesk(str(path))))
        await until(pilot, lambda: "Chosen" in text_of(pilot.app, "#card"))
        await pilot.press("y", "y", "n", "s")
        await until(pilot, lambda: "3 of 29 judged" in text_of(pilot.app, "#audit-progress"))

    assert snap_compare(app(verbs), terminal_size=size, run_before=ready)


@SIZES
def test_audit_result(snap_compare: Compare, verbs: FakeVerbs, size: Size, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "pairs.jsonl", [pair(number) for number in range(200)])

    async def ready(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(AuditScreen(AuditDesk(str(path)), lambda file, fact: None))
        await until(pilot, lambda: "Chosen" in text_of(pilot.app, "#card"))
        await pilot.press("n", *"y" * 28)
        await until(pilot, lambda: "INCONCLUSIVE" in text_of(pilot.app, "#card"))

    assert snap_compare(app(verbs), terminal_size=size, run_before=ready)


@SIZES
def test_review(snap_compare: Compare, verbs: FakeVerbs, size: Size, tmp_path: Path) -> None:
    run = make_run(tmp_path, prompts=30)

    async def ready(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(ReviewScreen(run, Desk(run, "ada")))
        await until(pilot, lambda: "Answer A" in text_of(pilot.app, "#card"))
        await pilot.press("a", "t")
        await until(pilot, lambda: "2 of " in text_of(pilot.app, "#audit-progress"))

    assert snap_compare(app(verbs), terminal_size=size, run_before=ready)


@SIZES
def test_skip(snap_compare: Compare, verbs: FakeVerbs, size: Size, tmp_path: Path) -> None:
    run = make_run(tmp_path, prompts=30)

    async def ready(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(ReviewScreen(run, Desk(run, "ada")))
        await until(pilot, lambda: "Answer A" in text_of(pilot.app, "#card"))
        await pilot.press("s")
        await until(pilot, lambda: "Why can you not tell" in text_of(pilot.app))

    assert snap_compare(app(verbs), terminal_size=size, run_before=ready)


@SIZES
def test_review_result(
    snap_compare: Compare, verbs: FakeVerbs, size: Size, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path, prompts=30)
    review(run, "ada", skill=1.0, planned=40)
    monkeypatch.setattr("reports.html.write_report", lambda run: run.report)

    async def ready(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(ReviewScreen(run, Desk(run, "ada")))
        await until(pilot, lambda: "preferred" in text_of(pilot.app, "#card"))

    assert snap_compare(app(verbs), terminal_size=size, run_before=ready)
