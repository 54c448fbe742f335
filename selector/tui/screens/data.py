"""Choosing data to look at: the files, what they are measured against, and whose tokens count."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import DescendantFocus
from textual.screen import Screen
from textual.widgets import Button, Footer, Input, Static

from reports.errors import TunegateError
from selector.tui.checking import DataForm, Visit
from selector.tui.data_flows import ask_layout, open_audit
from selector.tui.widgets.form import Form, after_typing
from selector.tui.widgets.paths import PathSuggester
from selector.tui.widgets.title_bar import TitleBar
from selector.tui.wording import STYLES

if TYPE_CHECKING:
    from evals.data.check import CheckedData
    from selector.check_process import CheckOrder
    from selector.tui.app import TunegateApp

FIELDS = (
    (
        "data_text",
        "Which data?  (files)",
        "voice.jsonl ratings.jsonl",
        "Files of any common kind, folders, patterns such as data/*.jsonl, or hub data sets, set apart by spaces.",
    ),
    (
        "against_text",
        "Which files will the model be measured on?  (optional)",
        "test.jsonl",
        "Prompts that stand in both are leaks: a model that learned the answers proves nothing by giving them.",
    ),
    (
        "model_text",
        "Whose tokens count?  (model folder or hub name, optional)",
        "models/base-1b",
        "With a model, lengths are counted by its own tokenizer, and rows that truncation makes equal are found.",
    ),
)


class DataScreen(Screen[None]):
    """Three fields; ctrl+n checks, ctrl+t audits."""

    app: "TunegateApp"
    HELP: ClassVar = "data"
    CSS_PATH: ClassVar = ["fields.tcss", "decide.tcss", "data.tcss"]
    BINDINGS: ClassVar = [
        Binding("ctrl+n", "check", "Check", id="data.check", tooltip="Run every check on these files.", priority=True),
        Binding(
            "ctrl+t", "audit", "Spot audit", id="data.audit", tooltip="Judge a random sample of rows by hand.", priority=True
        ),
        Binding("escape", "app.pop_screen", "Back", id="data.back", tooltip="Leave this screen; the fields stay as they are."),
        Binding("down", "app.focus_next", "Down", show=False, id="data.down"),
        Binding("up", "app.focus_previous", "Up", show=False, id="data.up"),
    ]

    def __init__(self, form: DataForm, visit: Visit) -> None:
        super().__init__()
        self._form = form
        self._visit = visit

    def compose(self) -> ComposeResult:
        """Make the fields."""
        yield TitleBar("Data", Content.styled("nothing is trained, nothing is changed", STYLES["quiet"]))
        with Form(id="data-form"):
            for name, text, placeholder, _ in FIELDS:
                with Vertical(classes="question"):
                    yield Static(text, classes="question-text")
                    typed = getattr(self._form, name)
                    yield Input(
                        typed,
                        placeholder=f"for example {placeholder}",
                        id=name,
                        suggester=PathSuggester(),
                        compact=True,
                        select_on_focus=False,
                    )
            yield Static(id="data-note", markup=False)
            with Horizontal(id="data-buttons"):
                yield Button("Check  ctrl+n", id="check", variant="primary", compact=True)
                yield Button("Spot audit  ctrl+t", id="audit", compact=True)
        yield Static(id="data-help", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Begin at the files."""
        self.query(Input).first().focus()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._take(event.input)
        self._note("")

    def _take(self, field: Input) -> None:
        name = field.id or ""
        if name == "data_text" and field.value != self._form.data_text:
            self._form.layout = ""
        setattr(self._form, name, field.value)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if event.input.id == FIELDS[-1][0]:
            self.action_check()
        else:
            self.app.action_focus_next()

    @on(DescendantFocus)
    def _help(self, event: DescendantFocus) -> None:
        helps = {name: text for name, _, _, text in FIELDS}
        self.query_one("#data-help", Static).update(helps.get(event.widget.id or "", ""))

    @on(Button.Pressed, "#check")
    def action_check(self) -> None:
        """Check the files."""
        after_typing(self, self._begin_check)

    def _begin_check(self) -> None:
        order = self._order()
        if order is not None:
            self._check(order)

    @on(Button.Pressed, "#audit")
    def action_audit(self) -> None:
        """Judge rows of one of the files."""
        order = self._order()
        if order is not None:
            open_audit(self.app, order, self._visit.take_fact)

    def _order(self) -> "CheckOrder | None":
        for field in self.query(Input):
            self._take(field)
        try:
            return self._form.order()
        except TunegateError as error:
            self._note(f"✗ {error}")
            return None

    def _note(self, text: str) -> None:
        note = self.query_one("#data-note", Static)
        note.update(text)
        note.set_class(bool(text), "-bad")

    def _check(self, order: "CheckOrder") -> None:
        def again(layout: str) -> None:
            self._form.layout = layout
            self._check(order._replace(layout=layout))

        def failed(error: Exception) -> None:
            ask_layout(self.app, error, again)

        self.app.work(
            "Checking the data", lambda say: self.app.verbs.check(order, say), lambda found: self._show(found, order), failed
        )

    def _show(self, found: "CheckedData", order: "CheckOrder") -> None:
        from selector.tui.screens.checks import ChecksScreen

        self.app.push_screen(ChecksScreen(found, order, self._visit))
