"""Waiting for work that can be cancelled: a bar, and how long it takes already."""

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from reports.errors import InterruptedRunError
from selector.tui.drawing import share_bar, tinted
from selector.tui.wording import STYLES, clock

if TYPE_CHECKING:
    from selector.tui.app import TunegateApp
    from selector.tui.verbs import Say

BAR = 44
REDRAW_S = 0.2


class WorkScreen(ModalScreen[None]):
    """Does `work` on a thread, then closes and shows its result or its failure; leaving ends the work and shows neither."""

    app: "TunegateApp"
    CSS_PATH = "fields.tcss"
    BINDINGS: ClassVar = [Binding("escape", "leave", "Cancel", id="work.cancel")]

    def __init__(
        self, title: str, work: "Callable[[Say], Any]", then: Callable[[Any], object], failed: Callable[[Exception], object]
    ) -> None:
        super().__init__()
        self._title, self._work, self._then, self._if_failed = title, work, then, failed
        self._left = False
        self._step = ("Starting", 0, 0)
        self._began = monotonic()

    def compose(self) -> ComposeResult:
        """Make the dialog."""
        with Vertical(classes="dialog"):
            yield Static(self._title, classes="dialog-title", markup=False)
            yield Static(id="demo-progress")
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel  esc", compact=True)

    def on_mount(self) -> None:
        """Begin; the bar is drawn at its own pace."""
        self._draw()
        self.set_interval(REDRAW_S, self._draw)
        self.app.attempt(lambda: self._work(self._say), self._done, self._failed)

    def on_unmount(self) -> None:
        """End the work when the app closes."""
        self._left = True

    def _say(self, title: str, done: int, total: int) -> None:
        """Take progress from the thread; this is also where it learns that nobody waits any more."""
        if self._left:
            raise InterruptedRunError("Cancelled.")
        self._step = (title, done, total)

    def _draw(self) -> None:
        title, done, total = self._step
        bar = tinted(share_bar(max(0, done - 1) / total if total else 0.0, BAR), STYLES["accent"])
        count = f"  step {done} of {total}" if total else ""
        passed = f"  {clock(monotonic() - self._began)}\n"
        text = Content.assemble((title, ""), (f"{count}{passed}", STYLES["quiet"]), bar)
        self.query_one("#demo-progress", Static).update(text)

    def _done(self, result: object) -> None:
        if not self._left:
            self.dismiss(None)
            self._then(result)

    def _failed(self, error: Exception) -> None:
        if not self._left:
            self.dismiss(None)
            self._if_failed(error)

    @on(Button.Pressed)
    def action_leave(self) -> None:
        """End the work."""
        self._left = True
        self.dismiss(None)
