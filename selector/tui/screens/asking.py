"""Small screens that ask for more than yes or no: one of several, a reason, a folder."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option


class ChoiceScreen(ModalScreen[str | None]):
    """A question with a list of answers; escape is none of them."""

    CSS_PATH: ClassVar = ["fields.tcss", "data.tcss"]
    BINDINGS: ClassVar = [Binding("escape", "cancel", "Cancel", id="choose.cancel")]

    def __init__(self, title: str, text: str, choices: Sequence[str]) -> None:
        super().__init__()
        self._title, self._text, self._choices = title, text, choices

    def compose(self) -> ComposeResult:
        """Make the dialog."""
        with Vertical(classes="dialog"):
            yield Static(self._title, classes="dialog-title", markup=False)
            with VerticalScroll(classes="dialog-text", can_focus=False):
                yield Static(self._text, markup=False)
            yield OptionList(*(Option(choice) for choice in self._choices), id="choices", compact=True, markup=False)
            yield Static("enter chooses, esc cancels", classes="dialog-hint")

    def on_mount(self) -> None:
        """Let the keys choose."""
        self.query_one(OptionList).focus()

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._choices[event.option_index])

    def action_cancel(self) -> None:
        """Choose nothing."""
        self.dismiss(None)


class TextScreen(ModalScreen[str | None]):
    """A question answered by a line of text; escape gives no answer, and an empty line is none."""

    CSS_PATH: ClassVar = ["fields.tcss", "data.tcss"]
    BINDINGS: ClassVar = [Binding("escape", "cancel", "Cancel", id="text.cancel")]

    def __init__(self, title: str, text: str, yes: str, value: str = "", placeholder: str = "") -> None:
        super().__init__()
        self._title, self._text, self._yes = title, text, yes
        self._value, self._placeholder = value, placeholder

    def compose(self) -> ComposeResult:
        """Make the dialog."""
        with Vertical(classes="dialog"):
            yield Static(self._title, classes="dialog-title", markup=False)
            with VerticalScroll(classes="dialog-text", can_focus=False):
                yield Static(self._text, markup=False)
            yield Input(self._value, placeholder=self._placeholder, id="answer", compact=True, select_on_focus=False)
            with Horizontal(classes="dialog-buttons"):
                yield Button(f"{self._yes}  enter", id="yes", variant="primary", compact=True)
                yield Button("Cancel  esc", id="cancel", compact=True)

    def on_mount(self) -> None:
        """Begin to type."""
        self.query_one(Input).focus()

    @on(Input.Submitted)
    @on(Button.Pressed, "#yes")
    def _answer(self) -> None:
        text = self.query_one(Input).value.strip()
        if text:
            self.dismiss(text)

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Give no answer."""
        self.dismiss(None)
