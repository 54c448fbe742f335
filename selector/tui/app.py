"""The terminal app: screens are loaded when they are opened, so that the first one shows at once."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import on
from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.message import Message
from textual.screen import Screen

from selector.tui.screens.home import HomeScreen
from selector.tui.settings import Settings
from selector.tui.sizes import HORIZONTAL, VERTICAL, fit
from selector.tui.theme import DARK, LIGHT
from selector.tui.verbs import PipelineVerbs, Verbs

if TYPE_CHECKING:
    from reports.records.gates import Gates
    from reports.rundir import RunDir
    from selector.tui.checking import DataForm, Visit
    from selector.tui.scorecard import Scorecard
    from selector.tui.verbs import Say

T = TypeVar("T")


class Attempted(Message):
    """Work on a thread ended; `show` shows its result or its failure."""

    def __init__(self, show: Callable[[], object]) -> None:
        super().__init__()
        self.show = show


class TunegateApp(App[None]):
    """Asks, recommends, starts and watches; what it starts goes on without it."""

    TITLE = "tunegate"
    CSS_PATH = Path(__file__).with_name("app.tcss")
    HORIZONTAL_BREAKPOINTS = HORIZONTAL
    VERTICAL_BREAKPOINTS = VERTICAL
    BINDINGS: ClassVar = [
        Binding("f1", "help", "Help", id="app.help", tooltip="Explain this screen."),
        Binding("ctrl+q", "quit", "Quit", id="app.quit", show=False, tooltip="Leave; runs go on without the app."),
    ]

    def __init__(
        self,
        runs_root: Path,
        watch: "RunDir | None" = None,
        first: "Callable[[], Screen[None]] | None" = None,
        verbs: Verbs | None = None,
        clock: Callable[[], float] = time.time,
        settings: Settings | None = None,
    ) -> None:
        super().__init__()
        self.verbs: Verbs = verbs or PipelineVerbs(runs_root)
        self.clock = clock
        self._watch = watch
        self._first = first
        self._scorecard: Scorecard | None = None
        self._data_form: DataForm | None = None
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = DARK.name
        self._settings = settings

    def get_default_screen(self) -> HomeScreen:
        """Open at home."""
        home = HomeScreen()
        fit(home, self.size)
        return home

    if not TYPE_CHECKING:  # The types of its overloads stay those of textual.

        def push_screen(self, screen, *given, **named):
            """Show a screen on top, laid out for the present size from its first picture on."""
            fit(screen, self.size)
            return super().push_screen(screen, *given, **named)

    def on_mount(self) -> None:
        """Take over the person's settings, and attach to the run that was asked for."""
        self._apply_settings()
        if self._watch is not None:
            self.watch_run(self._watch)
        if self._first is not None:
            self.push_screen(self._first())

    def _apply_settings(self) -> None:
        from reports.errors import UsageError
        from selector.tui.settings import read_settings, theme_named

        try:
            settings = self._settings or read_settings()
            self.theme = theme_named(settings, tuple(self.available_themes))
        except UsageError as error:
            self.show_failure(error)
            return
        self.set_keymap(settings.keys)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Offer everything that a key does here, and the themes."""
        from selector.tui.palette import commands_of

        return commands_of(self, screen)

    # Work that may take long or fail.

    def attempt(
        self, work: Callable[[], T], then: Callable[[T], object], failed: Callable[[Exception], object] | None = None
    ) -> None:
        """Do `work` on a thread, then show its result, or its failure, on the screen."""

        def run() -> None:
            try:
                result = work()
            except Exception as error:
                # The boundary to everything that is not the app: what goes wrong there is shown, never raised.
                problem = error
                self.post_message(Attempted(lambda: (failed or self.show_failure)(problem)))
            else:
                self.post_message(Attempted(lambda: then(result)))

        self.run_worker(run, thread=True, exit_on_error=False, group="verbs")

    @on(Attempted)
    def _attempted(self, message: Attempted) -> None:
        message.show()

    def post_failure(self, error: Exception) -> None:
        """Show a failure that a thread met."""
        self.post_message(Attempted(lambda: self.show_failure(error)))

    def show_failure(self, error: Exception) -> None:
        """Say in words what went wrong."""
        from reports.errors import TunegateError
        from selector.tui.screens.dialogs import FailureScreen

        known = isinstance(error, TunegateError)
        text = str(error) if known else f"{type(error).__name__}: {error}"
        if isinstance(self.screen, FailureScreen) and self.screen.text == text:
            return
        self.push_screen(FailureScreen("This did not work" if known else "Something unexpected went wrong", text))

    def work(
        self,
        title: str,
        work: "Callable[[Say], T]",
        then: Callable[[T], object],
        failed: Callable[[Exception], object] | None = None,
    ) -> None:
        """Do `work` behind a bar that can be cancelled, then show its result or its failure."""
        from selector.tui.screens.working import WorkScreen

        self.push_screen(WorkScreen(title, work, then, failed or self.show_failure))

    def ask(self, title: str, text: str, yes: str, then: Callable[[], object]) -> None:
        """Ask a question, and do `then` after a yes."""
        from selector.tui.screens.dialogs import ConfirmScreen

        def answered(confirmed: bool | None) -> None:
            if confirmed:
                then()

        self.push_screen(ConfirmScreen(title, text, yes), answered)

    def _fatal_error(self) -> None:
        """Leave with a paragraph and a log file instead of a page of traceback, when the app itself is at fault."""
        import tempfile
        import traceback

        with tempfile.NamedTemporaryFile("w", prefix="tunegate-app-", suffix=".log", delete=False) as log:
            log.write(traceback.format_exc())
        self.panic(
            "tunegate: the app met an error it did not expect and had to close. Runs go on; `tunegate watch latest` "
            f"attaches again. Details for a report are in {log.name}."
        )

    # Screens.

    def action_help(self) -> None:
        """Explain the screen in front."""
        from selector.tui.screens.dialogs import HelpScreen

        page = getattr(self.screen, "HELP", None)
        if page:
            self.push_screen(HelpScreen(page))

    def go_home(self) -> None:
        """Leave all screens but the first."""
        while len(self.screen_stack) > 1:
            self.pop_screen()

    def action_new_scorecard(self) -> None:
        """Open the scorecard, with the answers of before where it was left half way."""
        if self._scorecard is not None:
            self._show_scorecard(self._scorecard)
        else:
            self.attempt(self._blank_scorecard, self._show_scorecard)

    def restart_scorecard(self) -> None:
        """Open an empty scorecard."""
        self.go_home()
        self.attempt(self._blank_scorecard, self._show_scorecard)

    def _blank_scorecard(self) -> "Scorecard":
        from selector.tui.scorecard import Scorecard

        return Scorecard(self.verbs.questions(), self.verbs.parse_answer)

    def _show_scorecard(self, scorecard: "Scorecard") -> None:
        from selector.tui.screens.scorecard import ScorecardScreen

        self._scorecard = scorecard
        self.push_screen(ScorecardScreen(scorecard))

    def action_start_demo(self) -> None:
        """Run the whole job on the built-in model and data."""
        from selector.tui.screens.demo import DemoScreen

        self.push_screen(DemoScreen())

    # Data.

    def action_check_data(self) -> None:
        """Open the data screen, with the fields of before."""
        from selector.tui.checking import DataForm, Visit

        self._data_form = self._data_form or DataForm()
        self.open_data(self._data_form, Visit())

    def open_data(self, form: "DataForm", visit: "Visit") -> None:
        """Look at data."""
        from selector.tui.screens.data import DataScreen

        self.push_screen(DataScreen(form, visit))

    # Runs.

    def start_run(self, work: "Callable[[], RunDir]", failed: Callable[[Exception], object]) -> None:
        """Start a run and watch it."""

        def started(run: "RunDir") -> None:
            self._scorecard = None
            self.go_home()
            self.watch_run(run)

        self.attempt(work, started, failed)

    def open_run(self, run_id: str) -> None:
        """Open a run of the list: its gates where they are decided, else its progress."""
        self.attempt(lambda: self.verbs.open_run(run_id), self._show_run)

    def _show_run(self, run: "RunDir") -> None:
        from reports.records.gates import Gates

        if run.has(Gates):
            self.show_gates(run)
        else:
            self.watch_run(run)

    def watch_run(self, run: "RunDir") -> None:
        """Follow a run; leaving never stops it."""
        from selector.tui.screens.live import LiveScreen

        self.push_screen(LiveScreen(run))

    def show_gates(self, run: "RunDir") -> None:
        """Show what the gates found."""
        from selector.tui.screens.gates import GatesScreen

        def show(gates: "Gates") -> None:
            self.push_screen(GatesScreen(run, gates))

        self.attempt(lambda: self.verbs.read_gates(run), show)

    def show_report(self, run: "RunDir") -> None:
        """Open the report, or say where it is."""
        from selector.tui.screens.report import ReportScreen

        self.push_screen(ReportScreen(run))
