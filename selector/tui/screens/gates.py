"""The gates: the verdict first, then each gate, then everything about the one under the cursor."""

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Footer, Static

from reports.records.gates import GateResult, Gates
from reports.rundir import RunDir
from reports.wording import SHARES, is_preference, margin, number
from selector.tui.columns import Column
from selector.tui.gate_rows import bar, difference_text, gate_page, ordered, sign_of, title_of, verdict_line
from selector.tui.run_flows import review, sign
from selector.tui.widgets.table import Row, Table
from selector.tui.widgets.title_bar import TitleBar
from selector.tui.wording import STYLES

if TYPE_CHECKING:
    from selector.tui.app import TunegateApp

TALL = 32
"""From this height on the whole reason of a verdict fits above its gates."""
COLUMNS = (
    Column("State", 12),
    Column("Gate", 27, grows=True, most=31),
    Column("Baseline", 9, drop=2, align="right"),
    Column("Candidate", 9, drop=2, align="right"),
    Column("Difference, interval", 21, most=27, align="right"),
    Column("┃ margin", 9, most=25, drop=1),
    Column("Demands", 26, drop=3),
)


class GatesScreen(Screen[None]):
    """The decision and what it rests on."""

    app: "TunegateApp"
    HELP: ClassVar = "gates"
    CSS_PATH: ClassVar = ["fields.tcss", "watch.tcss"]
    BINDINGS: ClassVar = [
        Binding("o", "report", "Report", id="gates.report", tooltip="Open the report, or see where it is."),
        Binding("t", "training", "Training", id="gates.training", tooltip="See the stages, curves and log of the run."),
        Binding("r", "review", "Review", id="gates.review", tooltip="Compare both answers blind, without names."),
        Binding("s", "sign", "Sign", id="gates.sign", tooltip="Sign the evidence, or see who has."),
        Binding("pagedown,space", "more(1)", "More", show=False, id="gates.more"),
        Binding("pageup", "more(-1)", "Less", show=False, id="gates.less"),
        Binding("escape", "app.pop_screen", "Back", id="gates.back", tooltip="Leave this screen."),
    ]

    def __init__(self, run: RunDir, gates: Gates) -> None:
        super().__init__()
        self._run = run
        self._gates = gates
        self._shown = ""

    def compose(self) -> ComposeResult:
        """Make the verdict, the table and the details."""
        yield TitleBar("Gates", Content.styled(self._run.path.name, STYLES["quiet"]))
        yield Static(id="verdict")
        yield Table(COLUMNS, id="gates")
        with VerticalScroll(id="gate-scroll", can_focus=False):
            yield Static(id="gate-details")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Show all gates, those that need attention first."""
        self.query_one(Table).list.focus()
        self._fill()

    def on_screen_resume(self) -> None:
        """Show what a review decided anew while its screen was open."""
        self.app.attempt(lambda: self.app.verbs.read_gates(self._run), self._renew)

    def _renew(self, gates: Gates) -> None:
        if gates != self._gates and self.is_attached:
            self._gates = gates
            self._fill()
            self._resized()

    def _fill(self) -> None:
        self.query_one(Table).show([_row(gate) for gate in ordered(self._gates)])

    @on(Table.Highlighted)
    def _highlighted(self, event: Table.Highlighted) -> None:
        self._shown = event.row
        self._draw()

    @on(Table.Chosen)
    def _open(self, event: Table.Chosen) -> None:
        from selector.tui.screens.gate import GateScreen

        self.app.push_screen(GateScreen(self._run.path.name, self._gates, event.row))

    @on(Resize)
    def _resized(self) -> None:
        room = 2 * self.size.width - 30 if self.size.height < TALL else 10_000
        self.query_one("#verdict", Static).update(verdict_line(self._gates, room))
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        gate = next((gate for gate in self._gates.results if gate.name == self._shown), None)
        scroll = self.query_one("#gate-scroll", VerticalScroll)
        if gate is not None:
            self.query_one("#gate-details", Static).update(gate_page(gate, self._gates, max(40, scroll.size.width - 4)))
            scroll.scroll_home(animate=False)

    def action_more(self, pages: int) -> None:
        """Scroll the details while the cursor stays on its gate."""
        scroll = self.query_one("#gate-scroll", VerticalScroll)
        scroll.scroll_relative(y=pages * max(1, scroll.size.height - 1), animate=False)

    def action_report(self) -> None:
        """Open the report."""
        self.app.show_report(self._run)

    def action_review(self) -> None:
        """Let a person compare the answers."""
        review(self.app, self._run)

    def action_sign(self) -> None:
        """Show who has signed, with a form to sign."""
        sign(self.app, self._run)

    def action_training(self) -> None:
        """Show how the run went."""
        self.app.watch_run(self._run)


def _row(gate: GateResult) -> Row:
    sign = sign_of(gate)
    short_unit = gate.unit if gate.unit in SHARES else ""
    cells = (
        sign.content,
        partial(title_of, gate),
        "even" if is_preference(gate) else number(gate.baseline.value, short_unit),
        number(gate.candidate.value, short_unit),
        partial(difference_text, gate),
        partial(bar, gate),
        Content.styled(margin(gate), STYLES["quiet"]),
    )
    return Row(gate.name, cells)
