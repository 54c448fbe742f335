"""What the checks found: the verdict first, then each check, then everything about the one under the cursor."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Footer, Static

from reports.records.data import Check
from selector.check_process import CheckOrder, Cleaned
from selector.tui.check_rows import FILES, can_accept, check_page, check_row, files_page, files_row, ordered, verdict
from selector.tui.checking import Visit, clean_text, suggested_folder
from selector.tui.columns import Column
from selector.tui.data_flows import open_audit
from selector.tui.widgets.table import Table
from selector.tui.widgets.title_bar import TitleBar
from selector.tui.wording import STYLES

if TYPE_CHECKING:
    from pathlib import Path

    from evals.data.check import CheckedData
    from selector.tui.app import TunegateApp

COLUMNS = (
    Column("State", 10),
    Column("Code", 8),
    Column("Check", 24, grows=True),
    Column("Blocks", 6, drop=1),
    Column("Value", 7, align="right"),
    Column("Limit", 5, align="right"),
)


class ChecksScreen(Screen[None]):
    """The findings, and what to do about them."""

    app: "TunegateApp"
    HELP: ClassVar = "checks"
    CSS_PATH: ClassVar = ["fields.tcss", "data.tcss"]
    BINDINGS: ClassVar = [
        Binding("p", "filter", "Problems", id="checks.filter", tooltip="Show only what warns or fails, or everything again."),
        Binding("w", "clean", "Clean", id="checks.clean", tooltip="Write the files without the rows at fault."),
        Binding("a", "accept", "Accept", id="checks.accept", tooltip="Let the coming run start in spite of this check, or not."),
        Binding("s", "audit", "Spot audit", id="checks.audit", tooltip="Judge a random sample of rows by hand."),
        Binding("pagedown,space", "more(1)", "More", show=False, id="checks.more"),
        Binding("pageup", "more(-1)", "Less", show=False, id="checks.less"),
        Binding("escape", "app.pop_screen", "Back", id="checks.back", tooltip="Go back to the files."),
    ]

    def __init__(self, found: "CheckedData", order: CheckOrder, visit: Visit) -> None:
        super().__init__()
        self._found = found
        self._order = order
        self._visit = visit
        self._problems_only = False
        self._shown = FILES

    def compose(self) -> ComposeResult:
        """Make the verdict, the table and the details."""
        yield TitleBar("Data checks", self._subject())
        yield Static(id="check-verdict")
        yield Table(COLUMNS, id="checks")
        with VerticalScroll(id="check-scroll", can_focus=False):
            yield Static(id="check-details")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Show all checks, those that need attention first."""
        self._fill()
        self.query_one(Table).list.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer acceptance only before a run, and only of a check that would stop it."""
        if action != "accept":
            return True
        check = self._check()
        return self._visit.accepted is not None and check is not None and can_accept(check)

    @property
    def _accepted(self) -> dict[str, str]:
        return self._visit.accepted or {}

    def _subject(self) -> Content:
        return Content.styled("only problems" if self._problems_only else "all checks", STYLES["quiet"])

    def _fill(self) -> None:
        shown = ordered(self._found.checks, self._problems_only)
        rows = [check_row(check, tuple(self._accepted)) for check in shown]
        self.query_one(Table).show([*rows, files_row(self._found.profile)])
        self.query_one("#check-verdict", Static).update(verdict(self._found, self._taken()))
        self.query_one(TitleBar).show(self._subject())

    def _taken(self) -> tuple[str, ...]:
        return tuple(check.code for check in self._found.checks if can_accept(check) and check.code in self._accepted)

    def _check(self) -> Check | None:
        return next((check for check in self._found.checks if check.code == self._shown), None)

    @on(Table.Highlighted)
    def _highlighted(self, event: Table.Highlighted) -> None:
        self._shown = event.row
        self._draw()

    @on(Resize)
    def _resized(self) -> None:
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        scroll = self.query_one("#check-scroll", VerticalScroll)
        width = max(40, scroll.size.width - 4)
        check = self._check()
        page = files_page(self._found.profile, width)
        if check is not None:
            page = check_page(check, self._accepted.get(check.code, ""), width)
        self.query_one("#check-details", Static).update(page)
        scroll.scroll_home(animate=False)
        self.refresh_bindings()

    def action_more(self, pages: int) -> None:
        """Scroll the details while the cursor stays on its check."""
        scroll = self.query_one("#check-scroll", VerticalScroll)
        scroll.scroll_relative(y=pages * max(1, scroll.size.height - 1), animate=False)

    def action_filter(self) -> None:
        """Show only what warns or fails, or everything again."""
        self._problems_only = not self._problems_only
        self._fill()

    def action_audit(self) -> None:
        """Judge rows of one of the files."""
        open_audit(self.app, self._order, self._visit.take_fact)

    # Accepting.

    def action_accept(self) -> None:
        """Ask for the reason; a check that is accepted already is taken back."""
        from selector.tui.screens.asking import TextScreen

        check = self._check()
        if check is None or self._visit.accepted is None:
            return
        if check.code in self._visit.accepted:
            self._take(check.code, "")
            return
        text = f"{check.because}.\n\nThe run will start all the same. The report shows your reason."
        code = check.code
        screen = TextScreen(f"Accept {code}: {check.title}?", text, "Accept", placeholder="because …")
        self.app.push_screen(screen, lambda because: self._take(code, because) if because else None)

    def _take(self, code: str, because: str) -> None:
        if self._visit.accepted is None:
            return
        if because:
            self._visit.accepted[code] = because
        else:
            self._visit.accepted.pop(code, None)
        self._visit.changed()
        self._fill()
        self._draw()

    # Cleaning.

    def action_clean(self) -> None:
        """Find out which rows would go, and ask where to write the others."""
        self.app.work(
            "Sorting out rows at fault",
            lambda say: self.app.verbs.clean(self._order, say),
            self._ask_folder,
            self.app.show_failure,
        )

    def _ask_folder(self, cleaned: Cleaned, folder: str = "") -> None:
        from selector.tui.screens.asking import TextScreen

        text = (
            clean_text(cleaned.rows, dict(cleaned.removed))
            + "\n\nThe files stay as they are. Write the others to which new folder?"
        )
        screen = TextScreen("Write the cleaned set", text, "Write", folder or suggested_folder(self._order))
        self.app.push_screen(screen, lambda answer: self._write(cleaned, answer))

    def _write(self, cleaned: Cleaned, folder: str | None) -> None:
        if folder is None:
            cleaned.discard()
            return

        def failed(error: Exception) -> None:
            self._ask_folder(cleaned, folder)
            self.app.show_failure(error)

        def written(files: "list[Path]") -> None:
            names = ", ".join(file.name for file in files)
            self.notify(f"{names} in {folder}.", title="Cleaned set written", markup=False)

        self.app.attempt(lambda: self.app.verbs.keep_cleaned(cleaned, folder), written, failed)
