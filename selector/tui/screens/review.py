"""The blind review: two answers without names, a key for each verdict, and at the end what people prefer."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Footer, Static

from evals.review.desk import Desk
from reports.errors import TunegateError
from reports.records.review import Rating
from reports.rundir import RunDir
from selector.tui.review_rows import COUNTING, card, outcome, progress
from selector.tui.run_flows import count_review
from selector.tui.screens.asking import TextScreen
from selector.tui.widgets.title_bar import TitleBar
from selector.tui.wording import STYLES

if TYPE_CHECKING:
    from reports.records.review import ReviewResult
    from selector.tui.app import TunegateApp


class ReviewScreen(Screen[None]):
    """A card to judge, or what the review came to."""

    app: "TunegateApp"
    HELP: ClassVar = "review"
    CSS_PATH: ClassVar = ["fields.tcss", "data.tcss"]
    BINDINGS: ClassVar = [
        Binding("a", "judge('first')", "A", id="review.first", tooltip="Answer A is better."),
        Binding("b", "judge('second')", "B", id="review.second", tooltip="Answer B is better."),
        Binding("t", "judge('tie')", "Tie", id="review.tie", tooltip="Equally good."),
        Binding("x", "judge('both_bad')", "Both bad", id="review.bad", tooltip="Neither may be sent."),
        Binding("s", "skip", "Skip", id="review.skip", tooltip="You cannot tell; say why."),
        Binding("u", "undo", "Undo", show=False, id="review.undo", tooltip="Take the last verdict back."),
        Binding("q,escape", "leave", "Stop", show=False, id="review.stop", tooltip="Leave; every verdict is stored already."),
    ]

    def __init__(self, run: RunDir, desk: Desk) -> None:
        super().__init__()
        self._run = run
        self._desk = desk
        self._since = 0.0
        self._found: ReviewResult | None = None

    def compose(self) -> ComposeResult:
        """Make the progress and the card."""
        yield TitleBar("Blind review", Content.styled(f"{self._run.path.name}, {self._desk.rater}", STYLES["quiet"]))
        yield Static(id="audit-progress")
        with VerticalScroll(id="card-scroll"):
            yield Static(id="card")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Let the keys scroll, and let the clock run."""
        self._since = self.app.clock()
        self.query_one("#card-scroll").focus()
        self.set_interval(1.0, self._tick)
        self._count()

    @on(Resize)
    def _resized(self) -> None:
        self.call_after_refresh(self._draw)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what cannot be done in the result."""
        return not self._desk.is_complete if action in ("judge", "skip", "undo") else True

    def _tick(self) -> None:
        if not self._desk.is_complete:
            self.query_one("#audit-progress", Static).update(progress(self._desk, self.app.clock() - self._since))

    def _draw(self) -> None:
        scroll = self.query_one("#card-scroll", VerticalScroll)
        width = max(40, scroll.scrollable_content_region.width)
        item = self._desk.item()
        self.query_one("#audit-progress", Static).update(progress(self._desk, self.app.clock() - self._since))
        text = card(item, width) if item is not None else outcome(self._found, width) if self._found else COUNTING
        self.query_one("#card", Static).update(text)
        scroll.scroll_home(animate=False)
        self.refresh_bindings()

    def action_judge(self, verdict: Rating, reason: str = "") -> None:
        """Take a verdict on the card; a disk that refuses it leaves the card."""
        try:
            self._desk.judge(verdict, self.app.clock() - self._since, reason)
        except TunegateError as error:
            self.app.show_failure(error)
        self._since = self.app.clock()
        self._count()
        self._draw()

    def action_skip(self) -> None:
        """Ask why, then go on."""

        def skipped(reason: str | None) -> None:
            if reason and reason.strip():
                self.action_judge("skip", reason)

        asked = TextScreen("Skip this prompt", "Why can you not tell? It will count as missing.", "Skip")
        asked.add_class("-low")
        self.app.push_screen(asked, skipped)

    def action_undo(self) -> None:
        """Show the card of the last verdict again."""
        try:
            self._desk.undo()
        except TunegateError as error:
            self.app.show_failure(error)
        self._since = self.app.clock()
        self._draw()

    def action_leave(self) -> None:
        """Go back; `tunegate review RUN` or this screen continue later."""
        if self._desk.done and not self._desk.is_complete:
            total = len(self._desk.deck.items)
            self.notify(f"{self._desk.done} of {total} seen and stored; the review goes on where you left it.")
        self.app.pop_screen()

    def _count(self) -> None:
        """After the last card, decide the gates with what people prefer."""
        if self._desk.is_complete:
            self.app.attempt(lambda: count_review(self._run), self._show_found)

    def _show_found(self, found: "ReviewResult") -> None:
        if self.is_attached and self._desk.is_complete:
            self._found = found
            self._draw()
