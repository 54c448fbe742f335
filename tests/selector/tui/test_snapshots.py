"""How every screen looks at the usual size, a wide one and a narrow one. Update a picture only after looking at it."""

from typing import Any

import pytest
from textual.command import CommandList
from textual.pilot import Pilot
from textual.widgets import Input

from reports.errors import DataError, UsageError
from reports.records.intake import Fact, Intake
from reports.records.review import Signoff
from reports.signoffs import Signed
from selector.question import Kind, Question
from selector.tui.app import TunegateApp
from selector.tui.scorecard import Scorecard
from selector.tui.screens.dialogs import HelpScreen, TextPage
from selector.tui.screens.gate import GateScreen
from selector.tui.screens.gates import GatesScreen
from selector.tui.screens.live import LiveScreen
from selector.tui.screens.plan import PlanScreen
from selector.tui.screens.recommendation import RecommendationScreen
from selector.tui.screens.scorecard import ScorecardScreen
from selector.tui.screens.sign import SignScreen
from selector.tui.signing_form import Sheet
from selector.tui.widgets.run_log import RunLog
from tests.reports.sample_decision import sample_plan, sample_recommendation
from tests.reports.sample_run import build_sample_run
from tests.selector.tui.driving import text_of, until
from tests.selector.tui.fakes import FakeVerbs
from tests.selector.tui.pictures import SIZES, Compare, Size, app


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


@SIZES
def test_home_without_runs(snap_compare: Compare, verbs: FakeVerbs, size: Size) -> None:
    async def ready(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: pilot.app.screen.has_class("-empty"))

    assert snap_compare(app(verbs), terminal_size=size, run_before=ready)


@SIZES
def test_scorecard(snap_compare: Compare, verbs: FakeVerbs, size: Size) -> None:
    async def ready(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(ScorecardScreen(scorecard(), "alignment"))
        await until(pilot, lambda: text_of(pilot.app, "#strip").startswith("Best now SFT → DPO"))
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


def log_of(pilot: Pilot[None]) -> str:
    return " ".join(line.text.strip() for line in pilot.app.screen.query_one(RunLog).lines)


@SIZES
def test_live(snap_compare: Compare, verbs: FakeVerbs, size: Size) -> None:
    run = build_sample_run(verbs.root, upto="train")
    verbs.alive = True

    async def ready(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(LiveScreen(run))
        await until(pilot, lambda: "Training DPO" in text_of(pilot.app, "#progress"))
        await until(pilot, lambda: "alarm DPO" in log_of(pilot))

    assert snap_compare(app(verbs), terminal_size=size, run_before=ready)


@SIZES
def test_gates(snap_compare: Compare, verbs: FakeVerbs, size: Size) -> None:
    run = build_sample_run(verbs.root, verdict="no-go")

    async def ready(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(GatesScreen(run, verbs.read_gates(run)))
        await until(pilot, lambda: "Deciding prompt 1" in text_of(pilot.app, "#gate-details"))

    assert snap_compare(app(verbs), terminal_size=size, run_before=ready)


@SIZES
def test_gate(snap_compare: Compare, verbs: FakeVerbs, size: Size) -> None:
    run = build_sample_run(verbs.root, verdict="no-go")

    async def ready(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(GateScreen(run.path.name, verbs.read_gates(run), "over_refusal"))
        await until(pilot, lambda: "Deciding prompt 1" in text_of(pilot.app, "#gate-text"))

    assert snap_compare(app(verbs), terminal_size=size, run_before=ready)


@SIZES
def test_sign(snap_compare: Compare, verbs: FakeVerbs, size: Size, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", "ada")
    signed = Signoff(at="2026-11-20T21:00:00Z", role="owner", name="Grace", decision="approve", evidence="3f9ac0517b2e")
    roles = (
        Signed("owner", True, "approved", signed, "evidence 3f9ac0517b2e"),
        Signed("safety", True, "unsigned", None, "nobody has signed"),
    )

    async def ready(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(SignScreen(build_sample_run(verbs.root), Sheet("no-go", "3f9ac0517b2e", roles)))
        await until(pilot, lambda: "safety: unsigned" in text_of(pilot.app, "#sheet"))

    assert snap_compare(app(verbs), terminal_size=size, run_before=ready)


@SIZES
def test_failure(snap_compare: Compare, verbs: FakeVerbs, size: Size) -> None:
    async def ready(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: pilot.app.screen.has_class("-empty"))
        error = DataError("voice.jsonl:7: broken JSON (expected a comma). Mend or remove the line, then measure again.")
        app_under_test = pilot.app
        assert isinstance(app_under_test, TunegateApp)
        app_under_test.show_failure(error)
        await until(pilot, lambda: "voice.jsonl:7" in text_of(pilot.app))

    assert snap_compare(app(verbs), terminal_size=size, run_before=ready)


@SIZES
def test_help(snap_compare: Compare, verbs: FakeVerbs, size: Size) -> None:
    async def ready(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(HelpScreen("gates"))
        await until(pilot, lambda: bool(pilot.app.screen.query("MarkdownTable")))

    assert snap_compare(app(verbs), terminal_size=size, run_before=ready)


@SIZES
def test_palette(snap_compare: Compare, verbs: FakeVerbs, size: Size) -> None:
    async def ready(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: pilot.app.screen.has_class("-empty"))
        offered = len(list(pilot.app.get_system_commands(pilot.app.screen)))
        await pilot.press("ctrl+p")
        await until(pilot, lambda: bool(found := pilot.app.screen.query(CommandList)) and found.first().option_count == offered)

    assert snap_compare(app(verbs), terminal_size=size, run_before=ready)


@SIZES
def test_compared(snap_compare: Compare, verbs: FakeVerbs, size: Size) -> None:
    text = "\n".join(
        ("A  20261120-000000-done", "B  20261119-000000-harm", "", f"over-refusal  {'5 % → 52.5 %, +47.5 points ' * 4}")
    )

    async def ready(pilot: Pilot[None]) -> None:
        pilot.app.push_screen(TextPage("Compared", text))
        await until(pilot, lambda: "over-refusal" in text_of(pilot.app))

    assert snap_compare(app(verbs), terminal_size=size, run_before=ready)
