"""The plan before it starts: every setting with its reason, editable, and the gates with their margins."""

import os
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Button, Footer, Static

from reports.errors import TunegateError
from reports.records.intake import Intake
from reports.records.plan import Acceptance, Plan
from reports.records.recommendation import Recommendation
from selector.tui.plan_rows import changed, find_choice, gate_text, sections, summary
from selector.tui.side_by_side import hanging
from selector.tui.widgets.form import Form
from selector.tui.widgets.setting import SettingRow
from selector.tui.widgets.title_bar import TitleBar
from selector.tui.wording import STYLES

if TYPE_CHECKING:
    from selector.tui.app import TunegateApp

QUIET = STYLES["quiet"]


class PlanScreen(Screen[None]):
    """A long list in sections; up and down move, enter edits, r starts the run."""

    app: "TunegateApp"
    HELP: ClassVar = "plan"
    CSS_PATH: ClassVar = ["fields.tcss", "decide.tcss"]
    BINDINGS: ClassVar = [
        Binding("r", "start", "Run", id="plan.run", tooltip="Fix the plan and start the run."),
        Binding("c", "check", "Check data", id="plan.data", tooltip="Check the data of this plan, and accept what may fail."),
        Binding("down,j", "app.focus_next", "Down", show=False, id="plan.down"),
        Binding("up,k", "app.focus_previous", "Up", show=False, id="plan.up"),
        Binding("escape", "back", "Back", id="plan.back", tooltip="Leave the field, or go back to the recommendation."),
    ]

    def __init__(self, plan: Plan, intake: Intake, recommendation: Recommendation) -> None:
        super().__init__()
        self._plan = plan
        self._intake = intake
        self._recommendation = recommendation
        self._starting = False
        self._accepted = {taken.code: taken.because for taken in plan.accepted}

    def compose(self) -> ComposeResult:
        """Make the head, the sections and the gates."""
        yield TitleBar("Plan", self._subject())
        with Form(id="plan"):
            yield Static(id="plan-head")
            for section in sections(self._plan):
                yield Static(section.title, classes="section-title", markup=False)
                for choice in section.choices:
                    yield SettingRow(section.where, choice)
            yield Static("Gates: fixed now, before the candidate exists", classes="section-title")
            yield Static(id="plan-gates")
            yield Button("Start the run  r", id="start", variant="primary", compact=True)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Begin at the first setting."""
        self.query(SettingRow).first().focus(scroll_visible=False)
        # The first row grows as it takes the focus, which would scroll the head away.
        self.call_after_refresh(self.query_one(Form).scroll_home, animate=False)

    @on(Resize)
    def _draw_texts(self) -> None:
        width = max(40, self.size.width - 8)
        self.query_one("#plan-head", Static).update(_head(self._plan, self._recommendation, width))
        self.query_one("#plan-gates", Static).update(_gates(self._plan, width))

    def _subject(self) -> Content:
        count = changed(self._plan)
        return Content.styled(f"{count} changed by you" if count else "as proposed", QUIET)

    @on(SettingRow.Edited)
    def _edited(self, event: SettingRow.Edited) -> None:
        row = event.row
        try:
            self._plan = self.app.verbs.override(self._plan, row.where, row.choice.name, event.text)
        except TunegateError as error:
            row.refuse(str(error))
            return
        row.replace(find_choice(self._plan, row.where, row.choice.name))
        self.query_one(TitleBar).show(self._subject())

    def action_back(self) -> None:
        """Leave the field, else the screen."""
        if not any(row.cancel() for row in self.query(SettingRow)):
            self.app.pop_screen()

    @on(Button.Pressed, "#start")
    def action_start(self) -> None:
        """Start the run of the plan as it stands."""
        if self._starting:
            return
        self._starting = True
        self.app.start_run(lambda: self.app.verbs.start(self._plan, self._intake, self._recommendation), failed=self._not_started)

    def action_check(self) -> None:
        """Check what the run will learn from, before it starts."""
        from selector.tui.checking import Visit, form_of

        data = self._plan.data
        form = form_of(tuple(ref.source for ref in data), self._plan.model.name, next((ref.kind for ref in data if ref.kind), ""))
        self.app.open_data(form, Visit(accepted=self._accepted, changed=self._take_accepted))

    def _take_accepted(self) -> None:
        """Put what a person accepted into the plan."""
        by = os.environ.get("USER", "")
        taken = tuple(Acceptance(code=code, because=because, by=by) for code, because in self._accepted.items())
        self._plan = replace(self._plan, accepted=taken)
        self._draw_texts()

    def _not_started(self, error: Exception) -> None:
        self._starting = False
        self.app.show_failure(error)


def _head(plan: Plan, recommendation: Recommendation, width: int) -> Content:
    named = summary(plan, recommendation)
    lines = [hanging(Content.styled(f"{name:<10}", QUIET), Content(text), width) for name, text in named]
    return Content("\n").join(lines)


def _gates(plan: Plan, width: int) -> Content:
    lines = [hanging(Content(f"{gate.title[:28]:<28}  "), Content.styled(gate_text(gate), QUIET), width) for gate in plan.gates]
    return Content("\n").join(lines)
