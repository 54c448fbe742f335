"""The scorecard wizard: one step an axis, the ranking live beside the answers."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.events import DescendantFocus, Resize
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Button, Footer, Input, Static

from reports.errors import TunegateError
from reports.records.intake import Fact, Intake
from reports.records.recommendation import Recommendation
from selector.tui.check_rows import layouts_to_choose
from selector.tui.data_flows import ask_layout
from selector.tui.decision_flows import show_recommendation
from selector.tui.ranking import panel, strip
from selector.tui.scorecard import STEP_TITLES, STEPS, Scorecard, Sources, Step
from selector.tui.widgets.form import Form, after_typing
from selector.tui.widgets.question import QuestionRow
from selector.tui.widgets.sources import SourcesForm
from selector.tui.widgets.steps import StepBar, StepShown
from selector.tui.widgets.title_bar import TitleBar
from selector.tui.wording import STYLES

if TYPE_CHECKING:
    from selector.tui.app import TunegateApp

PAUSE_S = 0.08
"""How long typing must rest before the ranking is computed."""


class RankingArrived(Message):
    """The engine ranked the strategies for the answers of a moment."""

    def __init__(self, recommendation: Recommendation, moment: int) -> None:
        super().__init__()
        self.recommendation = recommendation
        self.moment = moment


class ScorecardScreen(Screen[None]):
    """Questions left, the ranking right; on a narrow terminal the ranking is a strip above."""

    app: "TunegateApp"
    HELP: ClassVar = "scorecard"
    CSS_PATH: ClassVar = ["fields.tcss", "decide.tcss"]
    BINDINGS: ClassVar = [
        Binding("ctrl+n", "next", "Next", id="scorecard.next", tooltip="Go to the next step.", priority=True),
        Binding("escape", "back", "Back", id="scorecard.back", tooltip="Go to the step before; answers stay."),
        Binding("ctrl+t", "data", "Check data", id="scorecard.data", tooltip="Check the data, or judge a sample of it."),
        Binding("ctrl+r", "clear", "Clear all", id="scorecard.clear", tooltip="Forget all answers and begin again."),
        Binding("down,enter", "app.focus_next", "Down", show=False, id="scorecard.down"),
        Binding("up", "app.focus_previous", "Up", show=False, id="scorecard.up"),
    ]

    def __init__(self, scorecard: Scorecard, step: Step = "sources") -> None:
        super().__init__()
        self._scorecard = scorecard
        self._step: Step = step
        self._moment = 0
        self._rest: Timer | None = None
        self._before: Recommendation | None = None
        self._now: Recommendation | None = None
        self._focused_question = ""

    def compose(self) -> ComposeResult:
        """Make the frame; the form of a step is mounted when it is entered."""
        yield TitleBar("Scorecard", Content.styled("leave open what you do not know", STYLES["quiet"]))
        yield StepBar(id="steps")
        yield Static(id="strip")
        with Horizontal(id="body"):
            yield Form(id="form")
            with VerticalScroll(id="side", can_focus=False):
                yield Static(id="ranking")
        yield Static(id="answer-help", markup=False)
        yield Footer(show_command_palette=False)

    async def on_mount(self) -> None:
        """Enter the first step."""
        await self._enter(self._step)
        self._rank()

    # Steps.

    async def _enter(self, step: Step) -> None:
        self._step = step
        form = self.query_one(Form)
        await form.remove_children()
        if step == "sources":
            await form.mount(SourcesForm(self._scorecard), self._buttons())
        else:
            rows = [QuestionRow(question, self._scorecard) for question in self._scorecard.questions if question.axis == step]
            await form.mount(*rows, self._buttons())
        form.scroll_home(animate=False)
        self._refresh_form()
        first = next((widget for widget in form.query(Widget) if widget.focusable), None)
        if first is not None:
            first.focus()

    def _buttons(self) -> Horizontal:
        last = self._step == STEPS[-1]
        forward = Button("See recommendation ▸" if last else "Next ▸", id="next", variant="primary", compact=True)
        return Horizontal(forward, Button("◂ Back", id="back", compact=True), id="form-buttons")

    def action_next(self) -> None:
        """Go on to the next step, or to the recommendation after the last."""
        after_typing(self, self._next)

    async def _next(self) -> None:
        self._take_fields()
        index = STEPS.index(self._step)
        if self._step != "sources" and self._stays_on_error():
            return
        if index + 1 < len(STEPS):
            await self._go(STEPS[index + 1])
        else:
            show_recommendation(self.app, self._scorecard)

    def _take_fields(self) -> None:
        """Take what stands in the fields, also where its message is still on the way."""
        for form in self.query(SourcesForm):
            form.take()
        for row in self.query(QuestionRow):
            for field in row.query(Input):
                if field.value != self._scorecard.texts.get(row.question.name, ""):
                    self._scorecard.answer(row.question, field.value)

    def _stays_on_error(self) -> bool:
        wrong = self._scorecard.first_error()
        if wrong is None or wrong.axis != self._step:
            return False
        row = self.query_one(f"#q-{wrong.name}", QuestionRow)
        row.query(Input).first().focus()
        row.scroll_visible(animate=False)
        return True

    async def _go(self, step: Step) -> None:
        """Enter a step; leaving the first one measures data and model when they changed."""
        if self._step != "sources" or step == "sources":
            await self._enter(step)
            return
        form = self.query_one(SourcesForm)
        try:
            sources = self._scorecard.sources()
        except TunegateError as error:
            form.show_error(error)
            return
        if sources == self._scorecard.measured_for:
            await self._enter(step)
            return

        def failed(error: Exception) -> None:
            form.show_error(error)
            if layouts_to_choose(error):
                ask_layout(self.app, error, lambda layout: self._take_layout(layout, step))

        self.app.work(
            "Reading data, model and machine",
            lambda say: self.app.verbs.measured_facts(sources.data, sources.model or None, sources.layout),
            lambda facts: self._measured(sources, facts, step),
            failed,
        )

    def _take_layout(self, layout: str, step: Step) -> None:
        """Measure again, with what the person says the rows are."""
        self._scorecard.layout = layout
        self.call_later(self._go, step)

    def _measured(self, sources: Sources, facts: Mapping[str, Fact], step: Step) -> None:
        self._scorecard.take_measured(sources, facts)
        self._rank()
        self.call_later(self._enter, step)

    async def action_back(self) -> None:
        """Go to the step before, or leave; the answers stay either way."""
        index = STEPS.index(self._step)
        if index == 0:
            self.app.pop_screen()
        else:
            await self._enter(STEPS[index - 1])

    def action_clear(self) -> None:
        """Ask, then forget everything."""
        self.app.ask("Forget all answers?", "Measured facts are forgotten too.", "Forget", self.app.restart_scorecard)

    def action_data(self) -> None:
        """Look at the data; what an audit of them shows answers its question here."""
        from selector.tui.checking import DataForm, Visit

        card = self._scorecard
        form = DataForm(card.data_text, model_text=card.model_text, layout=card.layout)
        self.app.open_data(form, Visit(take_fact=self._take_audited))

    def _take_audited(self, path: str, fact: Fact) -> None:
        self._scorecard.take_audited(path, fact)
        self._refresh_form()
        for sources in self.query(SourcesForm):
            sources.show_measured()
        self._rank()

    @on(StepBar.Picked)
    async def _pick(self, event: StepBar.Picked) -> None:
        if STEPS[event.index] != self._step:
            await self._go(STEPS[event.index])

    @on(Button.Pressed, "#next")
    def _press_next(self) -> None:
        self.action_next()

    @on(Button.Pressed, "#back")
    async def _press_back(self) -> None:
        await self.action_back()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if event.input is self.query(Input).last() and self._step == "sources":
            self.action_next()
        else:
            self.app.action_focus_next()

    # Answers and ranking.

    @on(QuestionRow.Answered)
    def _answered(self, event: QuestionRow.Answered) -> None:
        if self._scorecard.texts.get(event.question.name, "") == event.text:
            return
        self._scorecard.answer(event.question, event.text)
        self._refresh_form()
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(PAUSE_S, self._rank)

    def _refresh_form(self) -> None:
        """Show the questions that matter now, with their notes."""
        if self._step != "sources":
            relevant = set(self._scorecard.relevant(self._step))
            for row in self.query(QuestionRow):
                row.display = row.question in relevant
                row.refresh_note()
        shown = [StepShown(STEP_TITLES[step], *self._count(step)) for step in STEPS]
        self.query_one(StepBar).show(shown, STEPS.index(self._step))

    def _count(self, step: Step) -> tuple[str, bool]:
        if step == "sources":
            return "", self._scorecard.measured_for is not None
        done, total = self._scorecard.answered(step)
        return f"{done}/{total}", done == total

    def _rank(self) -> None:
        self._moment += 1
        self._compute(self._scorecard.intake(), self._moment)

    @work(thread=True, exclusive=True, group="ranking", exit_on_error=False)
    def _compute(self, intake: Intake, moment: int) -> None:
        try:
            self.post_message(RankingArrived(self.app.verbs.recommend(intake), moment))
        except Exception as error:
            # Whatever the engine meets is shown; a thread's error would be lost otherwise.
            self.app.post_failure(error)

    @on(RankingArrived)
    def _show_ranking(self, message: RankingArrived) -> None:
        if message.moment != self._moment:
            return
        self._now = message.recommendation
        self._before = self._before or self._now
        self._draw_ranking()

    @on(Resize)
    def _resized(self) -> None:
        self.call_after_refresh(self._draw_ranking)

    def _draw_ranking(self) -> None:
        if self._now is None:
            return
        self.query_one("#strip", Static).update(strip(self._now, self.size.width - 4))
        side = self.query_one("#side").size.width - 4
        self.query_one("#ranking", Static).update(panel(self._now, self._before, side if side > 0 else 40))

    @on(DescendantFocus)
    def _help(self, event: DescendantFocus) -> None:
        row = next((node for node in event.widget.ancestors_with_self if isinstance(node, QuestionRow)), None)
        text = row.question.help if row else SourcesForm.help_of(event.widget)
        self.query_one("#answer-help", Static).update(text)
        name = row.question.name if row else ""
        if name != self._focused_question:
            # Arrows in the ranking show what the answer in hand moves, so each question starts from here.
            self._focused_question, self._before = name, self._now
            self._draw_ranking()
