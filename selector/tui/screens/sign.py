"""The sign-off: who has signed the evidence of a run, and a form to sign it."""

import os
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import DescendantFocus, Resize
from textual.screen import Screen
from textual.widgets import Button, Footer, Input, Static

from reports.rundir import RunDir
from selector.signing import Decision
from selector.tui.signing_form import Sheet, read_sheet, sheet_text
from selector.tui.widgets.choices import Choices
from selector.tui.widgets.form import Form, after_typing
from selector.tui.widgets.title_bar import TitleBar
from selector.tui.wording import STYLES

if TYPE_CHECKING:
    from selector.tui.app import TunegateApp

DECISIONS: Final = (("approve", "approve: it may ship"), ("reject", "reject: it must not"))
FIELDS: Final = {
    "role": (
        "As whom do you sign?",
        "owner",
        "The policy names the roles that must sign; others may, and are listed beside them.",
    ),
    "name": ("Your name", "Ada Lovelace", "It stands in the report, with the day."),
    "decision": ("Your decision", "", "Left and right choose. One who rejects stops the rollout, whoever else approves."),
    "conditions": (
        "What must hold?  (optional)",
        "a person reads every tenth answer",
        "Conditions of an approval, in your words. Needed where the verdict is not go.",
    ),
    "expires": ("Until when does it count?  (optional)", "2030-01-31", "Year, month, day. Empty: until the evidence changes."),
}


class SignScreen(Screen[None]):
    """The sheet above, the form below."""

    app: "TunegateApp"
    HELP: ClassVar = "sign"
    CSS_PATH: ClassVar = ["fields.tcss", "decide.tcss", "watch.tcss"]
    BINDINGS: ClassVar = [
        Binding("ctrl+n", "sign", "Sign", id="sign.sign", tooltip="Put the name under the evidence.", priority=True),
        Binding("ctrl+o", "report", "Report", id="sign.report", tooltip="Open the report, or see where it is."),
        Binding("escape", "app.pop_screen", "Back", id="sign.back", tooltip="Leave; what is signed stays signed."),
        Binding("down,enter", "app.focus_next", "Down", show=False, id="sign.down"),
        Binding("up", "app.focus_previous", "Up", show=False, id="sign.up"),
    ]

    def __init__(self, run: RunDir, sheet: Sheet) -> None:
        super().__init__()
        self._run = run
        self._sheet = sheet

    def compose(self) -> ComposeResult:
        """Make the sheet and the form."""
        yield TitleBar("Sign-off", Content.styled(self._run.path.name, STYLES["quiet"]))
        yield Static(id="sheet")
        yield Static(id="sign-note", markup=False)
        with Form(id="sign-form"):
            for name, (text, placeholder, _) in FIELDS.items():
                with Vertical(classes="question"):
                    yield Static(text, classes="question-text")
                    if name == "decision":
                        yield Choices(DECISIONS)
                    else:
                        given = {"role": self._sheet.next_role, "name": os.environ.get("USER", "")}.get(name, "")
                        yield Input(given, placeholder=f"for example {placeholder}", id=name, compact=True, select_on_focus=False)
            with Horizontal(id="form-buttons"):
                yield Button("Sign  ctrl+n", id="sign", variant="primary", compact=True)
        yield Static(id="answer-help", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Begin at the first field that is empty."""
        fields = self.query("#sign-form Input, #sign-form Choices").results()
        next(field for field in fields if isinstance(field, Choices) or (isinstance(field, Input) and not field.value)).focus()

    @on(Resize)
    def _draw(self) -> None:
        self.query_one("#sheet", Static).update(sheet_text(self._sheet, max(40, self.size.width - 4)))

    @on(DescendantFocus)
    def _help(self, event: DescendantFocus) -> None:
        name = "decision" if isinstance(event.widget, Choices) else event.widget.id or ""
        self.query_one("#answer-help", Static).update(FIELDS[name][2] if name in FIELDS else "")

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.app.action_focus_next()

    @on(Button.Pressed, "#sign")
    def action_sign(self) -> None:
        """Sign, and show the sheet with the new signature."""
        after_typing(self, self._sign)

    def _sign(self) -> None:
        from selector.signing import sign

        chosen = self.query_one(Choices).value
        if chosen not in ("approve", "reject"):
            self.query_one(Choices).focus()
            self._note("✗ Say whether you approve or reject: left and right choose.", bad=True)
            return
        decision: Decision = "approve" if chosen == "approve" else "reject"
        role, name, conditions, expires = (self.query_one(f"#{field}", Input).value for field in FIELDS if field != "decision")
        self._note("● Signing, and writing the report …", bad=False)
        self.app.attempt(
            lambda: (sign(self._run, role, name, decision, conditions, expires), read_sheet(self._run))[1],
            self._signed,
            lambda error: self._note(f"✗ {error}", bad=True),
        )

    def _signed(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._draw()
        left = f" {sheet.next_role} has to sign too." if sheet.next_role else ""
        self._note(f"✓ Signed. The report says so; ctrl+o opens it.{left}", bad=False)
        self.query_one("#role", Input).value = sheet.next_role
        choices = self.query_one(Choices)
        choices.value = ""
        choices.focus()

    def _note(self, text: str, bad: bool) -> None:
        note = self.query_one("#sign-note", Static)
        note.update(text)
        note.set_class(bad, "-bad")

    def action_report(self) -> None:
        """Open the report."""
        self.app.show_report(self._run)
