"""The spot audit: one row after the other, a key for each verdict, and what they show when all are judged."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Footer, Static

from reports.errors import TunegateError
from selector.tui.audit_rows import can_extend, card, outcome, progress
from selector.tui.checking import TakeFact
from selector.tui.widgets.title_bar import TitleBar
from selector.tui.wording import STYLES

if TYPE_CHECKING:
    from evals.audit import Verdict
    from selector.tui.app import TunegateApp
    from selector.tui.auditing import AuditDesk


class AuditScreen(Screen[None]):
    """A card to judge, or the result."""

    app: "TunegateApp"
    HELP: ClassVar = "audit"
    CSS_PATH: ClassVar = ["fields.tcss", "data.tcss"]
    BINDINGS: ClassVar = [
        Binding("y", "judge('right')", "Right", id="audit.right", tooltip="The row is as it should be."),
        Binding("n", "judge('wrong')", "Wrong", id="audit.wrong", tooltip="The row teaches something wrong."),
        Binding("s", "judge('skip')", "Skip", id="audit.skip", tooltip="You cannot tell; another row takes its place."),
        Binding("u", "undo", "Undo", id="audit.undo", tooltip="Take the last verdict back."),
        Binding("b", "bound", "Bound", show=False, id="audit.bound", tooltip="Change what is to be shown, before the first row."),
        Binding("m", "more", "More rows", show=False, id="audit.more", tooltip="Plan as many rows as would decide."),
        Binding("q,escape", "leave", "Stop", id="audit.stop", tooltip="Leave; every verdict is stored already."),
    ]

    def __init__(self, desk: "AuditDesk", take_fact: TakeFact | None = None) -> None:
        super().__init__()
        self._desk = desk
        self._take_fact = take_fact

    def compose(self) -> ComposeResult:
        """Make the progress and the card."""
        yield TitleBar("Spot audit", self._subject())
        yield Static(id="audit-progress")
        with VerticalScroll(id="card-scroll"):
            yield Static(id="card")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Let the keys scroll, and show the row to judge."""
        self.query_one("#card-scroll").focus()
        if self._desk.is_complete:
            self._tell()

    @on(Resize)
    def _resized(self) -> None:
        self.call_after_refresh(self._draw)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what cannot be done in the result."""
        if action == "judge":
            return not self._desk.is_complete
        return can_extend(self._desk.result) and self._desk.is_complete if action == "more" else True

    def _subject(self) -> Content:
        card_now = self._desk.card()
        row = f", row {card_now.row}" if card_now else ""
        return Content.styled(f"{self._desk.label}{row}", STYLES["quiet"])

    def _draw(self) -> None:
        scroll = self.query_one("#card-scroll", VerticalScroll)
        width = max(40, scroll.scrollable_content_region.width)
        shown = self._desk.card()
        found = self._desk.result
        self.query_one("#audit-progress", Static).update(progress(found))
        self.query_one("#audit-progress").display = shown is not None
        self.set_class(shown is None, "-complete")
        text = outcome(found, width, self._take_fact is not None) if shown is None else card(shown, width)
        self.query_one("#card", Static).update(text)
        self.query_one(TitleBar).show(self._subject())
        scroll.scroll_home(animate=False)
        self.refresh_bindings()

    def action_judge(self, verdict: "Verdict") -> None:
        """Take a verdict on the card; a disk that refuses it leaves the card."""
        try:
            self._desk.judge(verdict)
        except TunegateError as error:
            self.app.show_failure(error)
        if self._desk.is_complete:
            self._tell()
        self._draw()

    def action_undo(self) -> None:
        """Show the row of the last verdict again."""
        try:
            self._desk.undo()
        except TunegateError as error:
            self.app.show_failure(error)
        self._draw()

    def action_bound(self) -> None:
        """Demand another accuracy, as long as nothing is judged."""
        if not self._desk.next_bound():
            self.notify("The bound is fixed once a row is judged: chosen afterwards it would prove nothing.")
        self._draw()

    def action_more(self) -> None:
        """Go on with as many rows as would decide."""
        self._desk.extend()
        self._draw()

    def action_leave(self) -> None:
        """Go back; `tunegate audit --resume` or this screen continue later."""
        self.app.pop_screen()

    def _tell(self) -> None:
        for fact in self._desk.result.facts.values():
            if self._take_fact is not None:
                self._take_fact(self._desk.path, fact)
