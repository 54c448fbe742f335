"""Where the report is; it opens where there is a desktop."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from reports.rundir import RunDir

if TYPE_CHECKING:
    from selector.tui.app import TunegateApp


class ReportScreen(ModalScreen[None]):
    """A path to copy, after an attempt to open it."""

    app: "TunegateApp"
    CSS_PATH = "fields.tcss"
    BINDINGS: ClassVar = [
        Binding("c", "copy", "Copy path", id="report.copy"),
        Binding("escape,q", "close", "Close", id="report.close"),
    ]

    def __init__(self, run: RunDir) -> None:
        super().__init__()
        self._path = run.report.resolve()

    def compose(self) -> ComposeResult:
        """Make the dialog."""
        with Vertical(classes="dialog"):
            yield Static("Report", classes="dialog-title")
            yield Static(str(self._path), id="report-path", markup=False)
            yield Static(id="report-note", markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Button("Copy path  c", id="copy", variant="primary", compact=True)
                yield Button("Close  esc", id="close", compact=True)

    def on_mount(self) -> None:
        """Try to open the report."""
        self.query_one("#copy").focus()
        if not self._path.is_file():
            self._say("· Not written yet: it is the last stage of a run. `tunegate report RUN` writes it from what there is.")
            return
        self._say("● Opening …")
        self.app.attempt(lambda: self.app.verbs.open_path(self._path), self._opened, self._failed)

    def _opened(self, shown: bool) -> None:
        self._say(
            "✓ Opened in the browser."
            if shown
            else "· There is no desktop here. Copy the path, or fetch the file: it is one page."
        )

    def _failed(self, error: Exception) -> None:
        self._say(f"✗ It could not be opened ({error}). Copy the path.")

    def _say(self, text: str) -> None:
        if self.is_attached:
            self.query_one("#report-note", Static).update(text)

    @on(Button.Pressed, "#copy")
    def action_copy(self) -> None:
        """Put the path on the terminal's clipboard."""
        self.app.copy_to_clipboard(str(self._path))
        self._say("✓ Copied, where the terminal allows it.")

    @on(Button.Pressed, "#close")
    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)
