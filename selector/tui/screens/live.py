"""A run as it goes: stages, progress, curves and log, read from its files; leaving never stops it."""

import threading
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Footer, Static
from textual_plotext import PlotextPlot

from reports.records.gates import Gates
from reports.rundir import RunDir
from selector.tui.following import Curves, RunFeed, View
from selector.tui.live_text import outcome, progress_line, stage_column, stage_strip
from selector.tui.plots import caption, charts_with_points, draw, legend
from selector.tui.widgets.run_log import RunLog
from selector.tui.widgets.title_bar import TitleBar
from selector.tui.wording import STATUSES, STRATEGIES, STYLES

if TYPE_CHECKING:
    from selector.tui.app import TunegateApp

POLL_S = 0.5
"""Twice a second is all a person can read, and costs nothing."""
MOST_PLOTS = 3


class ViewArrived(Message):
    """The run was looked at."""

    def __init__(self, view: View) -> None:
        super().__init__()
        self.view = view


class LiveScreen(Screen[None]):
    """Attaches to any run, whoever started it."""

    app: "TunegateApp"
    HELP: ClassVar = "live"
    CSS_PATH: ClassVar = ["fields.tcss", "watch.tcss"]
    BINDINGS: ClassVar = [
        Binding("s", "stop", "Stop", id="run.stop", tooltip="Save a checkpoint and stop, or stop now."),
        Binding("c", "resume", "Continue", id="run.continue", tooltip="Go on from the last checkpoint."),
        Binding("g", "gates", "Gates", id="run.gates", tooltip="See what the gates found."),
        Binding("o", "report", "Report", id="run.report", tooltip="Open the report, or see where it is."),
        Binding("slash", "filter", "Filter", show=False, id="run.filter", tooltip="Show only log lines that hold some words."),
        Binding("left", "stage(-1)", "Stage", show=False, id="run.stage_before"),
        Binding("right", "stage(1)", "Stage", show=False, id="run.stage_after"),
        Binding("escape", "app.pop_screen", "Leave", id="run.leave", tooltip="Leave; the run goes on."),
    ]

    def __init__(self, run: RunDir) -> None:
        super().__init__()
        self._run = run
        self._left = threading.Event()
        self._view: View | None = None
        self._stage = ""
        """The stage whose curves were asked for; empty: the newest."""
        self._written: dict[str, Content] = {}
        self._offered: list[bool | None] = []
        self._drawn: tuple[Curves | None, int] | None = None
        """What the plots show; drawing them again costs more than all else on this screen."""

    def compose(self) -> ComposeResult:
        """Make the frame."""
        yield TitleBar("Run")
        yield Static(id="stage-strip")
        with Horizontal(id="run-body"):
            yield Static(id="stage-column")
            with Vertical(id="run-main"):
                yield Static(id="progress")
                with Horizontal(id="plots"):
                    for _ in range(MOST_PLOTS):
                        yield PlotextPlot(classes="plot")
                yield RunLog(id="log")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Begin to follow."""
        log = self.query_one(RunLog)
        log.border_title = "Log"
        log.focus()
        self.follow()

    def on_unmount(self) -> None:
        """Stop looking; the run does not notice."""
        self._left.set()

    @work(thread=True, exclusive=True, group="follow", exit_on_error=False)
    def follow(self) -> None:
        """Look at the run until the screen is left."""
        feed = RunFeed(self._run, self.app.verbs.is_alive)
        while not self._left.is_set():
            try:
                view = feed.poll()
            except Exception as error:
                # Whatever the files hold is shown; a thread's error would be lost otherwise.
                self.app.post_failure(error)
                return
            self.post_message(ViewArrived(view))
            self._left.wait(POLL_S)

    @on(ViewArrived)
    def _show(self, message: ViewArrived) -> None:
        view = message.view
        if self._view is not None and view._replace(lines=self._view.lines) == self._view and not view.lines:
            return
        self._view = view
        self.query_one(RunLog).add(view.lines)
        self._draw()

    @on(Resize)
    def _resized(self) -> None:
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        """Draw the view in the present size."""
        view = self._view
        if view is None:
            return
        record = view.record
        subject = f"{STRATEGIES.get(record.strategy, record.strategy)} on {record.model}  "
        self.query_one(TitleBar).show(Content.styled(subject, STYLES["quiet"]) + STATUSES[view.state].content)
        self._write("#stage-strip", stage_strip(view.stages))
        self._write("#stage-column", stage_column(view.stages))
        final = outcome(view, str(self._run.path))
        self._write("#progress", final or progress_line(view, self.query_one("#progress").content_size.width))
        self._draw_curves()
        self._offer()

    def _write(self, place: str, text: Content) -> None:
        """Replace a text that changed; every replacement lays the screen out anew."""
        if self._written.get(place) != text:
            self._written[place] = text
            self.query_one(place, Static).update(text)

    def _offer(self) -> None:
        """Show the keys that can be used now, where others could be used before; that builds the last line anew."""
        offered = [self.check_action(action, ()) for action in ("stop", "resume", "gates", "report")]
        if offered != self._offered:
            self._offered = offered
            self.refresh_bindings()

    def _draw_curves(self) -> None:
        curves = self._chosen_curves()
        plots = list(self.query(PlotextPlot))
        most = MOST_PLOTS if self.size.width >= 110 else 2
        if (curves, most) == self._drawn:
            return
        self._drawn = (curves, most)
        charts = charts_with_points(curves, most) if curves else []
        for index, plot in enumerate(plots):
            plot.display = index < len(charts)
            if curves and index < len(charts):
                plot.border_title = caption(charts[index], curves.points)
                plot.border_subtitle = legend(charts[index]) if index == len(charts) - 1 else ""
                draw(plot, charts[index], curves.points, self.app.theme_variables)
        self.query_one("#plots").set_class(not charts, "-empty")

    def _chosen_curves(self) -> Curves | None:
        if self._view is None or not self._view.curves:
            return None
        chosen = [curves for curves in self._view.curves if curves.stage == self._stage]
        return chosen[0] if chosen else self._view.curves[-1]

    # Actions.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what the run's state allows."""
        view = self._view
        if action == "stop":
            return view is not None and view.alive
        if action == "resume":
            return view is not None and not view.alive and view.state != "done"
        if action == "gates":
            return self._run.has(Gates)
        if action == "report":
            return self._run.report.is_file()
        return True

    def action_stop(self) -> None:
        """Ask, then request a stop; once one is requested, ask whether to end the run now."""
        if self._run.stop_file.exists():
            text = "It ends at once. Work since the last checkpoint is lost; the run can be continued from there."
            self.app.ask("Stop it now?", text, "Stop now", lambda: self._stop(now=True))
        else:
            text = "A checkpoint is saved after the present step. The run can be continued at any time."
            self.app.ask("Stop this run?", text, "Stop", lambda: self._stop(now=False))

    def _stop(self, now: bool) -> None:
        told = "It was stopped." if now else "It stops after the present step. s again stops it now."
        self.app.attempt(lambda: self.app.verbs.request_stop(self._run, now), lambda asked: self._stopped(asked, told))

    def _stopped(self, asked: bool, told: str) -> None:
        self.notify(told if asked else "Nothing works on this run any more.")

    def action_resume(self) -> None:
        """Continue the run."""
        self.app.attempt(lambda: self.app.verbs.resume(self._run), lambda _: self.notify("The run goes on."))

    def action_gates(self) -> None:
        """Show the gates."""
        self.app.show_gates(self._run)

    def action_report(self) -> None:
        """Open the report."""
        self.app.show_report(self._run)

    def action_filter(self) -> None:
        """Ask for words, or show all lines again."""
        from selector.tui.screens.asking import TextScreen

        log = self.query_one(RunLog)
        if log.is_filtered:
            log.show_only("")
        else:
            asked = TextScreen("Filter the log", "Words that a line must hold.", "Filter")
            self.app.push_screen(asked, lambda words: log.show_only(words or ""))

    def action_stage(self, by: int) -> None:
        """Show the curves of the stage before or after."""
        chosen = self._chosen_curves()
        if self._view is not None and chosen is not None:
            names = [curves.stage for curves in self._view.curves]
            self._stage = names[(names.index(chosen.stage) + by) % len(names)]
            self._draw_curves()
