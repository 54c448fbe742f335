"""One setting of a plan: its value, who set it and why; enter edits it in place."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Blur, Click, Focus, Resize
from textual.message import Message
from textual.widgets import Input, Static

from reports.records.plan import Choice
from selector.tui.columns import Column, fit, line
from selector.tui.plan_rows import label, value_text
from selector.tui.wording import STYLES

COLUMNS = (Column("Setting", 28), Column("Value", 12), Column("By", 8, drop=1), Column("Because", 16, grows=True, drop=2))
ORIGINS = {
    "rule": "rule",
    "default": "default",
    "user": "● you",
    "policy": "policy",
}


class SettingRow(Vertical, can_focus=True):
    """A line; while it has the focus, its whole reason below; while it is edited, a field in the place of its value."""

    BINDINGS: ClassVar = [Binding("enter", "edit", "Edit", id="setting.edit", tooltip="Change this value.")]

    class Edited(Message):
        """A person gave a setting another value."""

        def __init__(self, row: "SettingRow", text: str) -> None:
            super().__init__()
            self.row = row
            self.text = text

    def __init__(self, where: str, choice: Choice) -> None:
        super().__init__(classes="setting")
        self.where = where
        self.choice = choice

    def compose(self) -> ComposeResult:
        """Make the line and what stands below it."""
        yield Static(classes="setting-line")
        yield Static(self.choice.because, classes="setting-because", markup=False)
        yield Static(classes="setting-error", markup=False)

    @on(Resize)
    @on(Focus)
    @on(Blur)
    def draw(self) -> None:
        """Draw the line in the present width; with the focus, the reason stands below it instead."""
        origin = Content.styled(ORIGINS[self.choice.origin], STYLES["accent" if self.choice.origin == "user" else "quiet"])
        value = Content.styled(value_text(self.choice), "bold")
        because = Content.styled("" if self.has_focus else self.choice.because, STYLES["quiet"])
        cells = (label(self.choice), value, origin, because)
        self.query_one(".setting-line", Static).update(line(COLUMNS, fit(COLUMNS, self.content_size.width), cells))
        self.query_one(".setting-because", Static).update(self.choice.because)

    def replace(self, choice: Choice) -> None:
        """Show the setting with its new value, and end editing."""
        self.choice = choice
        self._close()
        self.draw()

    def refuse(self, reason: str) -> None:
        """Say why a value cannot be taken; the field stays open with it."""
        self.query_one(".setting-error", Static).update(f"✗ {reason}")
        self.add_class("-bad")

    async def action_edit(self) -> None:
        """Open a field in the place of the value."""
        if self.query(Input):
            return
        field = Input(value_text(self.choice), compact=True, classes="setting-field")
        await self.mount(Horizontal(Static(label(self.choice), classes="setting-name"), field, classes="setting-edit"), before=0)
        self.add_class("-editing")
        field.focus()

    def on_click(self, event: Click) -> None:
        """A second click on a setting edits it."""
        if event.chain == 2:
            self.call_later(self.action_edit)

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip() == value_text(self.choice):
            self._close()
        else:
            self.post_message(self.Edited(self, event.value))

    def cancel(self) -> bool:
        """End editing without a change; False where nothing was edited."""
        editing = bool(self.query(Input))
        self._close()
        return editing

    def _close(self) -> None:
        editing = self.query(".setting-edit")
        self.remove_class("-bad", "-editing")
        if editing:
            editing.remove()
            self.focus()
