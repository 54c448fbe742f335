"""Small screens on top of others: a question, a failure, help."""

from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, ScrollableContainer, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Static

HELP_FOLDER = Path(__file__).parents[1] / "help"


class ConfirmScreen(ModalScreen[bool]):
    """A question with yes and no; escape is no."""

    CSS_PATH = "fields.tcss"
    BINDINGS: ClassVar = [
        Binding("y", "answer(True)", "Yes", id="confirm.yes"),
        Binding("n,escape", "answer(False)", "No", id="confirm.no"),
        Binding("left,right", "app.focus_next", "Other", show=False, id="confirm.other"),
    ]

    def __init__(self, title: str, text: str, yes: str) -> None:
        super().__init__()
        self._title, self._text, self._yes = title, text, yes

    def compose(self) -> ComposeResult:
        """Make the dialog."""
        with Vertical(classes="dialog"):
            yield Static(self._title, classes="dialog-title", markup=False)
            yield Static(self._text, markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Button(f"{self._yes}  y", id="yes", variant="primary", compact=True)
                yield Button("No  n", id="no", compact=True)

    def on_mount(self) -> None:
        """Start on the harmless answer."""
        self.query_one("#no").focus()

    def action_answer(self, yes: bool) -> None:
        """Answer."""
        self.dismiss(yes)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")


class FailureScreen(ModalScreen[None]):
    """What went wrong, in words."""

    CSS_PATH = "fields.tcss"
    BINDINGS: ClassVar = [Binding("escape,enter", "close", "Close", id="failure.close")]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self.text = text

    def compose(self) -> ComposeResult:
        """Make the dialog."""
        with Vertical(classes="dialog -bad"):
            yield Static(f"✗ {self._title}", classes="dialog-title", markup=False)
            with VerticalScroll(classes="dialog-text"):
                yield Static(self.text, markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Button("Close  esc", compact=True)

    def on_mount(self) -> None:
        """Make enter close it."""
        self.query_one(Button).focus()

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)

    @on(Button.Pressed)
    def _pressed(self) -> None:
        self.dismiss(None)


class TextPage(ModalScreen[None]):
    """A page of text to scroll, in both directions where lines are long."""

    CSS_PATH = "fields.tcss"
    BINDINGS: ClassVar = [Binding("escape,q", "close", "Close", id="page.close")]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title, self._text = title, text

    def compose(self) -> ComposeResult:
        """Show the page."""
        with Vertical(classes="dialog -page"):
            yield Static(self._title, classes="dialog-title", markup=False)
            with ScrollableContainer():
                yield Static(self._text, markup=False, id="page-text")
            yield Static("esc closes", classes="dialog-foot")

    def on_mount(self) -> None:
        """Let the keys scroll."""
        self.query_one(ScrollableContainer).focus()

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)


class HelpScreen(ModalScreen[None]):
    """The help page of a screen."""

    CSS_PATH = "fields.tcss"
    BINDINGS: ClassVar = [Binding("escape,f1,q", "close", "Close", id="help.close")]

    def __init__(self, page: str) -> None:
        super().__init__()
        self._page = page

    def compose(self) -> ComposeResult:
        """Show the page."""
        from textual.widgets import Markdown

        with Vertical(classes="dialog -page"):
            with VerticalScroll():
                yield Markdown((HELP_FOLDER / f"{self._page}.md").read_text(encoding="utf-8"))
            yield Static("esc closes", classes="dialog-foot")

    def on_mount(self) -> None:
        """Let the keys scroll."""
        self.query_one(VerticalScroll).focus()

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)
