"""The advice in full: the sentence, its evidence, the alternatives, and what would change it."""

from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Footer, OptionList, Static, TabbedContent, TabPane

from reports.records.recommendation import Ranked, Recommendation
from selector.tui.advice import axes, flips, phases, why_not
from selector.tui.columns import Column
from selector.tui.decision_flows import show_plan
from selector.tui.drawing import share_bar, tinted
from selector.tui.ranking import confidence, reasons
from selector.tui.scorecard import Scorecard
from selector.tui.widgets.table import Row, Table
from selector.tui.widgets.title_bar import TitleBar
from selector.tui.wording import STRATEGIES, STYLES, percent

if TYPE_CHECKING:
    from selector.tui.app import TunegateApp

ACCENT = STYLES["accent"]
BAR = 24
COLUMNS = (
    Column("Strategy", 11),
    Column("Chance to be best", BAR),
    Column("", 5, align="right"),
    Column("Score", 6, drop=1, align="right"),
    Column("Main reason", 20, grows=True, drop=2),
)

TEXTS: Final = (
    ("axes", "Axes", axes),
    ("why-not", "Why not", why_not),
    ("flips", "Flips when", flips),
    ("phases", "Phases", phases),
)


class RecommendationScreen(Screen[None]):
    """The answer first, then five tabs of why."""

    app: "TunegateApp"
    HELP: ClassVar = "recommendation"
    CSS_PATH: ClassVar = ["fields.tcss", "decide.tcss"]
    BINDINGS: ClassVar = [
        Binding("p", "plan", "Plan", id="recommendation.plan", tooltip="Turn the strategy under the cursor into a plan."),
        Binding("w", "what_if", "What if", id="recommendation.what_if", tooltip="Change an answer and see the ranking move."),
        Binding("e", "export", "Export", id="recommendation.export", tooltip="Write the decision as one page of Markdown."),
        Binding("left", "tab(-1)", "Tabs", show=False, id="recommendation.tab_before", priority=True),
        Binding("right", "tab(1)", "Tabs", key_display="← →", id="recommendation.tab_after", priority=True),
        Binding("escape", "app.pop_screen", "Back", id="recommendation.back", tooltip="Back to the scorecard."),
    ]

    def __init__(self, scorecard: Scorecard, recommendation: Recommendation) -> None:
        super().__init__()
        self._scorecard = scorecard
        self._recommendation = recommendation

    def compose(self) -> ComposeResult:
        """Make the answer and the tabs."""
        found = self._recommendation
        yield TitleBar("Recommendation", _sureness(found))
        with Vertical(id="answer"):
            yield Static(Content.styled(STRATEGIES[found.strategy], f"{ACCENT} bold"), id="answer-strategy")
            yield Static(found.sentence, markup=False)
        with Horizontal():
            with TabbedContent(id="why"):
                with TabPane("Ranking", id="tab-ranking"):
                    yield Table(COLUMNS, id="ranked")
                    with VerticalScroll(id="reasons-scroll"):
                        yield Static(id="reasons")
                for name, title, _ in TEXTS:
                    with TabPane(title, id=f"tab-{name}"), VerticalScroll():
                        yield Static(id=f"text-{name}")
            with VerticalScroll(id="axes-side", can_focus=False):
                yield Static(axes(found, 40))
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Fill the ranking."""
        table = self.query_one(Table)
        table.show([_row(ranked) for ranked in self._recommendation.ranking])
        table.list.focus()

    @on(Table.Highlighted)
    def _highlighted(self) -> None:
        self._draw_reasons()

    @on(Resize)
    def _resized(self) -> None:
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        width = max(40, self.query_one("#why").size.width - 8)
        for name, _, text in TEXTS:
            self.query_one(f"#text-{name}", Static).update(text(self._recommendation, width))
        self._draw_reasons()

    def _draw_reasons(self) -> None:
        row = self.query_one(Table).highlighted
        if row is not None:
            width = self.query_one("#reasons-scroll").scrollable_content_region.width
            self.query_one("#reasons", Static).update(reasons(self._find(row), width or 60))

    @on(Table.Chosen)
    def _choose(self, event: Table.Chosen) -> None:
        show_plan(self.app, self._scorecard, self._recommendation, self._find(event.row).strategy)

    def action_plan(self) -> None:
        """Make the plan of the strategy under the cursor."""
        row = self.query_one(Table).highlighted
        strategy = self._find(row).strategy if row else self._recommendation.strategy
        show_plan(self.app, self._scorecard, self._recommendation, strategy)

    def action_what_if(self) -> None:
        """Go back to the answers, where the ranking follows every change."""
        self.app.pop_screen()

    def action_export(self) -> None:
        """Write the decision record."""
        intake = self._scorecard.intake()
        self.app.attempt(
            lambda: self.app.verbs.export_decision(intake, self._recommendation),
            lambda path: self.notify(f"Written to {path}.", title="Decision record", markup=False),
        )

    def action_tab(self, by: int) -> None:
        """Show the tab before or after, ready to be scrolled."""
        tabs = self.query_one(TabbedContent)
        names = [pane.id or "" for pane in tabs.query(TabPane)]
        tabs.active = names[(names.index(tabs.active) + by) % len(names)]
        pane = tabs.get_pane(tabs.active)
        (pane.query(OptionList).first() if tabs.active == names[0] else pane.query(VerticalScroll).first()).focus()

    def _find(self, name: str) -> Ranked:
        return next(ranked for ranked in self._recommendation.ranking if ranked.strategy == name)


def _sureness(found: Recommendation) -> Content:
    """Return how sure the answer is, and what makes it surer."""
    hint = "  w answers more" if found.confidence == "open" else ""
    return confidence(found) + Content.styled(hint, STYLES["quiet"])


def _row(ranked: Ranked) -> Row:
    best = max(ranked.reasons, key=lambda reason: reason.points, default=None)
    bar = tinted(share_bar(ranked.p_best, BAR), ACCENT)
    reason = best.because if best else ""
    return Row(
        ranked.strategy,
        (STRATEGIES[ranked.strategy], bar, percent(ranked.p_best), f"{ranked.score:.1f}".replace("-", "−"), reason),
    )
