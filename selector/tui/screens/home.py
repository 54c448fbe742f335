"""Home: the runs, and how to begin."""

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Footer, OptionList, Static

from selector.tui.columns import Column
from selector.tui.widgets.table import Row, Table
from selector.tui.widgets.title_bar import TitleBar
from selector.tui.wording import STATUSES, STRATEGIES, STYLES, VERDICTS, age

if TYPE_CHECKING:
    from reports.overview import Overview
    from selector.tui.app import TunegateApp

REFRESH_S = 2.0
COLUMNS = (
    Column("Verdict", 14),
    Column("Status", 11),
    Column("Strategy", 11),
    Column("Model", 12, grows=True),
    Column("Age", 6, drop=1, align="right"),
    Column("Title", 30, grows=True, drop=2),
)
WELCOME = Content.from_markup(
    "[b]Decide how to tune a model, do it,\nand prove whether the result may ship.[/b]\n\n"
    "[$foreground-muted]There are no runs here yet.[/]\n\n"
    "[@click=app.new_scorecard]n  New scorecard[/]  [$foreground-muted]questions, then advice[/]\n"
    "[@click=app.check_data]c  Check data[/]     [$foreground-muted]whoever trains on them[/]\n"
    "[@click=app.start_demo]d  Demo[/]           [$foreground-muted]the whole job, on a small model[/]"
)


class RunsArrived(Message):
    """The runs were listed."""

    def __init__(self, runs: "list[Overview]") -> None:
        super().__init__()
        self.runs = runs


class RunsUnreadable(Message):
    """The runs could not be listed."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class RunList(OptionList):
    """Runs, which enter opens."""

    BINDINGS: ClassVar = [Binding("enter", "select", "Open", id="home.open", tooltip="Open the run under the cursor.")]


class HomeScreen(Screen[None]):
    """The first screen."""

    app: "TunegateApp"
    HELP: ClassVar = "home"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar = [
        Binding("n", "app.new_scorecard", "New", id="home.new", tooltip="Answer a new scorecard and get a recommendation."),
        Binding("c", "app.check_data", "Check data", id="home.data", tooltip="Check training data, or judge a sample of it."),
        Binding("d", "app.start_demo", "Demo", id="home.demo", tooltip="Run the whole job on the built-in model and data."),
        Binding("slash", "filter", "Filter", show=False, id="home.filter", tooltip="Show only runs whose line holds some words."),
        Binding("m", "mark", "Mark", show=False, id="home.mark", tooltip="Mark the run, to compare another with it."),
        Binding("v", "compare", "Versus", show=False, id="home.compare", tooltip="Compare the run with the marked one."),
        Binding(
            "delete,backspace", "delete", "Delete", show=False, id="home.delete", tooltip="Delete the run, after a question."
        ),
        Binding("q", "app.quit", "Quit", id="home.quit", tooltip="Leave; runs go on without the app."),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._runs: dict[str, Overview] = {}
        self._words = ""
        self._marked = ""

    def compose(self) -> ComposeResult:
        """Make the table, and the invitation that stands in for it while there are no runs."""
        yield TitleBar("Runs", Content.styled("reading …", STYLES["quiet"]))
        with Vertical(id="welcome"):
            yield Static(WELCOME, id="invitation")
        yield Table(COLUMNS, id="runs", rows=RunList)
        yield Static(id="run-note")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """List the runs now and again and again."""
        self.load()
        self.set_interval(REFRESH_S, self.load)

    def on_screen_resume(self) -> None:
        """Show at once what changed while another screen was open."""
        self.load()

    @work(thread=True, exclusive=True, group="runs", exit_on_error=False)
    def load(self) -> None:
        """List the runs."""
        try:
            self.post_message(RunsArrived(self.app.verbs.runs()))
        except Exception as error:
            # The list comes back by itself every few seconds, so a dialog would come back with it.
            self.post_message(RunsUnreadable(str(error)))

    @on(RunsUnreadable)
    def _complain(self, message: RunsUnreadable) -> None:
        self.set_class(True, "-filled")
        text = Content.assemble((f"✗ {message.reason}", STYLES["bad"]))
        self.query_one("#run-note", Static).update(text)

    @on(RunsArrived)
    def _show(self, message: RunsArrived) -> None:
        self._runs = {run.run_id: run for run in message.runs}
        shown = f"only {self._words}; / shows all" if self._words else ""
        self.query_one(TitleBar).show(Content.styled(shown, STYLES["quiet"]))
        self.set_class(not message.runs, "-empty")
        self.set_class(bool(message.runs), "-filled")
        table = self.query_one(Table)
        table.show([self._row(run) for run in message.runs if is_shown(run, self._words)])
        self._draw_note(table.highlighted)
        if message.runs and self.focused is None:
            table.list.focus()

    def _row(self, run: "Overview") -> Row:
        strategy = STRATEGIES.get(run.strategy, run.strategy)
        cells = (
            VERDICTS.get(run.verdict, VERDICTS[None]).content,
            STATUSES[run.status].content,
            strategy,
            run.model,
            age(run.created_at, self.app.clock()),
            Content.styled(run.title, STYLES["quiet"]),
        )
        return Row(run.run_id, cells)

    @on(Table.Highlighted)
    def _highlighted(self, event: Table.Highlighted) -> None:
        self._draw_note(event.row)

    def _draw_note(self, name: str | None) -> None:
        run = self._runs.get(name or "")
        if run is None:
            return
        marked = "  marked: v compares another run with it" if run.run_id == self._marked else ""
        second = run.error or (f"in stage {run.stage}" if run.status == "running" and run.stage else run.run_id)
        style = STYLES["bad"] if run.error else STYLES["quiet"]
        self.query_one("#run-note", Static).update(
            Content.assemble((run.title, "bold"), (marked, STYLES["accent"]), ("\n", ""), (second, style))
        )

    @on(Table.Chosen)
    def _open(self, event: Table.Chosen) -> None:
        self.app.open_run(event.row)

    def action_filter(self) -> None:
        """Ask for words, or show all runs again."""
        from selector.tui.screens.asking import TextScreen

        if self._words:
            self._filter("")
        else:
            asked = TextScreen("Filter", "Words that the verdict, status, strategy, model or title must hold.", "Filter")
            self.app.push_screen(asked, lambda words: self._filter(words or ""))

    def _filter(self, words: str) -> None:
        self._words = words
        self.load()

    def action_mark(self) -> None:
        """Remember the run under the cursor."""
        self._marked = self.query_one(Table).highlighted or ""
        self._draw_note(self._marked)

    def action_compare(self) -> None:
        """Show how the run under the cursor differs from the marked one."""
        from selector.tui.screens.dialogs import TextPage

        chosen, marked = self.query_one(Table).highlighted, self._marked
        if not marked or not chosen or chosen == marked:
            self.notify("Press m on one run, then v on another.")
            return
        self.app.attempt(
            lambda: self.app.verbs.compare(marked, chosen), lambda text: self.app.push_screen(TextPage("Compared", text))
        )

    def action_delete(self) -> None:
        """Ask, then remove the run under the cursor."""
        run = self._runs.get(self.query_one(Table).highlighted or "")
        if run is not None:
            text = f"{run.title} ({run.run_id}), with its checkpoints, answers and report. This cannot be undone."
            self.app.ask("Delete this run?", text, "Delete", lambda: self._delete(run.run_id))

    def _delete(self, run_id: str) -> None:
        self.app.attempt(lambda: self.app.verbs.delete_run(run_id), lambda _: self.load())


def is_shown(run: "Overview", words: str) -> bool:
    """Say whether a run's line holds all the words, whatever their case."""
    line = " ".join((run.verdict or "none", run.status, run.strategy, run.model, run.title, run.run_id)).casefold()
    return all(word in line for word in words.casefold().split())
