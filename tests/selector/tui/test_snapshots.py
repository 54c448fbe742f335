"""How the screens look, at the smallest size and at a wide one. Update a picture only after looking at it."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input

from evals.review.desk import Desk
from reports.errors import DataError, UsageError
from reports.records.intake import Fact, Intake
from selector.check_process import CheckOrder
from selector.question import Kind, Question
from selector.tui.app import TunegateApp
from selector.tui.auditing import AuditDesk
from selector.tui.checking import DataForm, Visit
from selector.tui.scorecard import Scorecard
from selector.tui.screens.asking import ChoiceScreen
from selector.tui.screens.audit import AuditScreen
from selector.tui.screens.checks import ChecksScreen
from selector.tui.screens.data import DataScreen
from selector.tui.screens.dialogs import HelpScreen
from selector.tui.screens.gates import GatesScreen
from selector.tui.screens.live import LiveScreen
from selector.tui.screens.plan import PlanScreen
from selector.tui.screens.recommendation import RecommendationScreen
from selector.tui.screens.review import ReviewScreen
from selector.tui.screens.scorecard import ScorecardScreen
from tests.evals.data.rows import pair, write_lines
from tests.evals.review.reviewed import make_run, review
from tests.reports.sample_decision import sample_plan, sample_recommendation
from tests.reports.sample_run import build_sample_run
from tests.selector.tui.driving import NARROW, WIDE, app_on, text_of, until
from tests.selector.tui.fakes import FakeVerbs
from tests.selector.tui.sample_checks import HOSTILE, sample_checked

SIZES = pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
Size = tuple[int, int]


class Compare(Protocol):
    def __call__(
        self, app: App[None], *, terminal_size: Size, run_before: Callable[[Pilot[None]], Awaitable[None] | None]
    ) -> bool: ...


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Input, "cursor_blink", False)


def question(name: str, kind: Kind, text: str, **more: Any) -> Question:
    given: dict[str, Any] = {"axis": "alignment", "help": f"Why {name} matters.", "short": name, "hopeful": None, **more}
    return Question(name=name, kind=kind, text=text, **given)


QUESTIONS = (
    question("pairs", "number", "How many pairs do you have?", axis="data", guess=(0, 20, 2000)),
    question(
        "goal",
        "choice",
        "What should change most?",
        choices=tuple(
            (word, word) for word in ("style or brand voice", "output format", "skill in a domain", "safety behaviour")
        ),
        guess=(0.25, 0.25, 0.25, 0.25),
    ),
    question("pass_rate", "share", "How often does the model already do the task well enough?", guess=(0.1, 0.3, 0.8)),
    question("reward", "yes-no", "Can a program decide whether an answer is right?", guess=(0.3,)),
    question("voices", "number", "How many voices must one model speak?", guess=(1, 2, 10), unit="voices"),
)


def parse(question: Question, text: str) -> Fact:
    if text == "4x":
        raise UsageError("4x is not allowed; it must be a share from 0 to 1.")
    return Fact(name=question.name, value=text, origin="asked")


def scorecard() -> Scorecard:
    card = Scorecard(QUESTIONS, parse, data_text="voice.jsonl", model_text="base")
    card.take_measured(
        card.sources(), {"voices": Fact(name="voices", value=3.0, origin="probed", because="named in voice.jsonl")}
    )
    return card


def app(verbs: FakeVerbs) -> TunegateApp:
    return app_on(verbs.root, verbs)


@SIZES
def test_home(snap_compare: Compare, verbs: FakeVerbs, size: Size) -> None:
    build_sample_run(verbs.root, upto="train", name="20261121-000100-newest")
    build_sample_run(verbs.root, name="20261120-000000-done")
    build_sample_run(verbs.root, verdict="no-go", name="20261119-000000-harm")
    build_sample_run(verbs.root, verdict="inconclusive", name="20261118-000000-unclear")
    build_sample_run(verbs.root, upto="train", status="failed", name="20261117-000000-failed")

    async def ready(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "Brand voice" in text_of(pilot.app, "#run-note"))
        await pilot.press("down", "down", "down", "down")
        await until(pilot, lambda: "became infinite" in text_of(pilot.app, "#run-note"))

    assert snap_compare(app(verbs), terminal_size=size, run_before=ready)


def test_home_without_runs(snap_compare: Compare, verbs: FakeVerbs) -> None:
    async def ready(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: pilot.app.screen.has_class("-empty"))

    assert snap_compare(app(verbs), terminal_size=NARROW, run_before=ready)


@SIZES
def test_scorecard(snap_compare: Compare, verbs: FakeVerbs, size: Size) -> None:
    async def ready(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(ScorecardScreen(scorecard(), "alignment"))
        await until(pilot, lambda: text_of(pilot.app, "#strip").startswith("1 SFT → DPO"))
        await pilot.press("right", "down", *"4x")
        await until(pilot, lambda: "must be" in text_of(pilot.app, "#q-pass_rate .question-note"))

    assert snap_compare(app(verbs), terminal_size=size, run_before=ready)


@SIZES
def test_recommendation(snap_compare: Compare, verbs: FakeVerbs, size: Size) -> None:
    async def ready(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(RecommendationScreen(scorecard(), sample_recommendation()))
        await until(pilot, lambda: "820 clear pairs" in text_of(pilot.app, "#reasons"))

    assert snap_compare(app(verbs), terminal_size=size, run_before=ready)


@SIZES
def test_plan(snap_compare: Compare, verbs: FakeVerbs, size: Size) -> None:
    async def ready(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(PlanScreen(sample_plan(), Intake(), sample_recommendation()))
        await until(pilot, lambda: "Strategy" in text_of(pilot.app, "#plan-head"))
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.focused, Input))
        await pilot.press(*"abc", "enter")
        await until(pilot, lambda: "whole number" in text_of(pilot.app, ".setting-error"))

    assert snap_compare(app(verbs), terminal_size=size, run_before=ready)


@pytest.mark.parametrize("size", [WIDE], ids=["wide"])
def test_live(snap_compare: Compare, verbs: FakeVerbs, size: Size) -> None:
    run = build_sample_run(verbs.root, upto="train")
    verbs.alive = True

    async def ready(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(LiveScreen(run))
        await until(pilot, lambda: "Training DPO" in text_of(pilot.app, "#progress"))
        await until(pilot, lambda: len(pilot.app.screen.query("#plots > *")) >= 2)
        await pilot.pause(0.1)

    assert snap_compare(app(verbs), terminal_size=size, run_before=ready)


@SIZES
def test_gates(snap_compare: Compare, verbs: FakeVerbs, size: Size) -> None:
    run = build_sample_run(verbs.root, verdict="no-go")

    async def ready(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(GatesScreen(run, verbs.read_gates(run)))
        await until(pilot, lambda: "Deciding prompt 1" in text_of(pilot.app, "#gate-details"))

    assert snap_compare(app(verbs), terminal_size=size, run_before=ready)


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


def test_layout_question(snap_compare: Compare, verbs: FakeVerbs) -> None:
    async def ready(pilot: Pilot[None]) -> None:
        text = "voice.jsonl:1: the columns fit preference and prompt-completion."
        pilot.app.push_screen(ChoiceScreen("What are these rows?", text, ("preference", "prompt-completion")))
        await until(pilot, lambda: "the columns fit" in text_of(pilot.app))

    assert snap_compare(app(verbs), terminal_size=NARROW, run_before=ready)


def test_cleaned_set(snap_compare: Compare, verbs: FakeVerbs) -> None:
    async def ready(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(ChecksScreen(sample_checked(), CheckOrder(("voice.jsonl",)), Visit()))
        await until(pilot, lambda: "Delete these rows" in text_of(pilot.app, "#check-details"))
        await pilot.press("w")
        await until(pilot, lambda: "35 of 1,240 rows go" in text_of(pilot.app))

    assert snap_compare(app(verbs), terminal_size=NARROW, run_before=ready)


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
def test_review(snap_compare: Compare, verbs: FakeVerbs, size: Size, tmp_path: Path) -> None:
    run = make_run(tmp_path, prompts=30)

    async def ready(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(ReviewScreen(run, Desk(run, "ada")))
        await until(pilot, lambda: "Answer A" in text_of(pilot.app, "#card"))
        await pilot.press("a", "t")
        await until(pilot, lambda: "2 of " in text_of(pilot.app, "#audit-progress"))

    assert snap_compare(app(verbs), terminal_size=size, run_before=ready)


@SIZES
def test_review_result(snap_compare: Compare, verbs: FakeVerbs, size: Size, tmp_path: Path) -> None:
    run = make_run(tmp_path, prompts=30)
    review(run, "ada", skill=1.0, planned=40)

    async def ready(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(ReviewScreen(run, Desk(run, "ada")))
        await until(pilot, lambda: "preferred" in text_of(pilot.app, "#card"))

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


def test_failure(snap_compare: Compare, verbs: FakeVerbs) -> None:
    async def ready(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: pilot.app.screen.has_class("-empty"))
        error = DataError("voice.jsonl:7: broken JSON (expected a comma). Mend or remove the line, then measure again.")
        app_under_test = pilot.app
        assert isinstance(app_under_test, TunegateApp)
        app_under_test.show_failure(error)
        await until(pilot, lambda: "voice.jsonl:7" in text_of(pilot.app))

    assert snap_compare(app(verbs), terminal_size=NARROW, run_before=ready)


def test_help(snap_compare: Compare, verbs: FakeVerbs) -> None:
    async def ready(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(HelpScreen("gates"))
        await until(pilot, lambda: bool(pilot.app.screen.query("MarkdownTable")))
        await pilot.pause(0.2)

    assert snap_compare(app(verbs), terminal_size=NARROW, run_before=ready)
