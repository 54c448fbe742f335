"""Getting the demo ready: its model is built once, in less than a minute."""

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from reports.errors import InterruptedRunError
from selector.tui.drawing import share_bar, tinted
from selector.tui.wording import STYLES

if TYPE_CHECKING:
    from selector.tui.app import TunegateApp

BAR = 44


REDRAW_S = 0.2


class Step(NamedTuple):
    """How far the preparation is."""

    title: str
    done: int
    total: int


class DemoScreen(ModalScreen[None]):
    """A bar; leaving breaks the preparation off and starts nothing."""

    app: "TunegateApp"
    CSS_PATH = "fields.tcss"
    BINDINGS: ClassVar = [Binding("escape", "leave", "Cancel", id="demo.cancel")]

    def __init__(self) -> None:
        super().__init__()
        self._left = False
        self._step = Step("Starting", 0, 0)

    def compose(self) -> ComposeResult:
        """Make the dialog."""
        with Vertical(classes="dialog"):
            yield Static("Getting the demo ready", classes="dialog-title")
            yield Static("A small model is trained once and kept. Then the whole job runs on it: SFT, DPO, gates, report.")
            yield Static(id="demo-progress")
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel  esc", compact=True)

    def on_mount(self) -> None:
        """Begin; the bar is drawn at its own pace, however often progress is told."""
        self.set_interval(REDRAW_S, self._draw)
        self.app.start_run(lambda: self.app.verbs.start_demo(self._say), failed=self._failed)

    def on_unmount(self) -> None:
        """Break off when the app closes."""
        self._left = True

    def _say(self, title: str, done: int, total: int) -> None:
        """Take progress from the thread; this is also where it learns that nobody waits any more."""
        if self._left:
            raise InterruptedRunError("The demo was cancelled before it started. What is built already is kept.")
        self._step = Step(title, done, total)

    def _draw(self) -> None:
        title, done, total = self._step
        count = f"  {done}/{total}" if total else " …"
        bar = tinted(share_bar(done / total if total else 0.0, BAR), STYLES["accent"])
        self.query_one("#demo-progress", Static).update(Content.assemble((title, ""), (f"{count}\n", STYLES["quiet"]), bar))

    def _failed(self, error: Exception) -> None:
        if self._left:
            return
        self.dismiss(None)
        self.app.show_failure(error)

    @on(Button.Pressed)
    def action_leave(self) -> None:
        """Break the preparation off."""
        self._left = True
        self.dismiss(None)
