"""The first step of the scorecard: what to train on and with, and what was measured there."""

from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from selector.tui.scorecard import Scorecard, fact_value
from selector.tui.widgets.paths import PathSuggester
from selector.tui.wording import STYLES

HELPS: Final = {
    "data-field": "JSONL, CSV or Parquet files, or hub data sets, set apart by spaces; → completes a name. Rows are counted.",
    "model-field": "A local folder or a hub name; its size is read from its files. Advice needs neither field, a plan both.",
}


class SourcesForm(Vertical):
    """Two fields and the facts measured from them."""

    def __init__(self, scorecard: Scorecard) -> None:
        super().__init__(id="sources")
        self._scorecard = scorecard

    def compose(self) -> ComposeResult:
        """Make the fields."""
        with Vertical(classes="question"):
            yield Static("Which data do you have?  (files, optional)", classes="question-text")
            yield Input(
                self._scorecard.data_text,
                placeholder="for example voice.jsonl ratings.jsonl",
                id="data-field",
                suggester=PathSuggester(),
                compact=True,
                select_on_focus=False,
            )
        with Vertical(classes="question"):
            yield Static("Which model do you start from?  (folder or hub name, optional)", classes="question-text")
            yield Input(
                self._scorecard.model_text,
                placeholder="for example models/base-1b",
                id="model-field",
                suggester=PathSuggester(),
                compact=True,
                select_on_focus=False,
            )
        yield Static(id="sources-note", markup=False)
        yield Static(id="measured")

    def on_mount(self) -> None:
        """Show what was measured before."""
        self.show_measured()

    def show_measured(self) -> None:
        """Show what is measured by now."""
        if self._scorecard.measured:
            self.query_one("#measured", Static).update(measured_facts(self._scorecard))

    @on(Input.Changed)
    def take(self) -> None:
        """Take what stands in the fields."""
        self._scorecard.name_data(self.query_one("#data-field", Input).value)
        self._scorecard.model_text = self.query_one("#model-field", Input).value

    def show_error(self, error: Exception) -> None:
        """Say why data or model cannot be used; both fields keep their text."""
        self._note(f"✗ {error}", bad=True)

    def _note(self, text: str, bad: bool) -> None:
        note = self.query_one("#sources-note", Static)
        note.update(text)
        note.set_class(bad, "-bad")

    @staticmethod
    def help_of(widget: Widget) -> str:
        """Return the help of a field of this form; empty for other widgets."""
        return HELPS.get(widget.id or "", "")


def measured_facts(scorecard: Scorecard) -> Content:
    """Return the measured facts, one a line with its evidence."""
    by_name = {question.name: question for question in scorecard.questions}
    lines = [Content.styled("Measured", f"{STYLES['quiet']} bold")]
    for name, fact in scorecard.measured.items():
        question = by_name.get(name)
        if question is not None:
            value = fact_value(question, fact)
            lines.append(
                Content.assemble(
                    ("✓ ", STYLES["good"]), (f"{question.short}: ", ""), (value, "bold"), (f"  {fact.because}", STYLES["quiet"])
                )
            )
    return Content("\n").join(lines)
