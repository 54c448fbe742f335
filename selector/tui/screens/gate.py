"""One gate on the whole screen: everything about it, and the prompts that decided it."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Footer, Static

from reports.records.gates import Gates
from selector.tui.gate_rows import gate_page, ordered
from selector.tui.widgets.title_bar import TitleBar
from selector.tui.wording import STYLES

if TYPE_CHECKING:
    from selector.tui.app import TunegateApp


class GateScreen(Screen[None]):
    """A page to scroll; left and right go through the gates in the order of their table."""

    app: "TunegateApp"
    HELP: ClassVar = "gate"
    CSS_PATH: ClassVar = ["watch.tcss"]
    BINDINGS: ClassVar = [
        Binding("left", "gate(-1)", "Before", id="gate.before", tooltip="The gate before this one.", priority=True),
        Binding("right", "gate(1)", "Next", id="gate.next", tooltip="The gate after this one.", priority=True),
        Binding("escape,q", "app.pop_screen", "Back", id="gate.back", tooltip="Back to all gates."),
    ]

    def __init__(self, run_name: str, gates: Gates, name: str) -> None:
        super().__init__()
        self._run_name = run_name
        self._gates = gates
        self._order = ordered(gates)
        self._place = next(place for place, gate in enumerate(self._order) if gate.name == name)

    def compose(self) -> ComposeResult:
        """Make the page."""
        yield TitleBar("Gate")
        with VerticalScroll(id="gate-page"):
            yield Static(id="gate-text")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Let the keys scroll."""
        self.query_one("#gate-page").focus()

    @on(Resize)
    def _resized(self) -> None:
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        gate = self._order[self._place]
        scroll = self.query_one("#gate-page", VerticalScroll)
        subject = f"{gate.title}, {self._place + 1} of {len(self._order)}  {self._run_name}"
        self.query_one(TitleBar).show(Content.styled(subject, STYLES["quiet"]))
        width = max(40, scroll.scrollable_content_region.width)
        self.query_one("#gate-text", Static).update(gate_page(gate, self._gates, width))

    def action_gate(self, by: int) -> None:
        """Show the gate before or after."""
        self._place = (self._place + by) % len(self._order)
        self._draw()
        self.query_one("#gate-page", VerticalScroll).scroll_home(animate=False)
