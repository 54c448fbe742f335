"""One question of the scorecard: its text, the answer, and what there is to say about it."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from selector.question import Question
from selector.tui.scorecard import Scorecard, chosen_text, options_of, placeholder
from selector.tui.widgets.choices import Choices


def question_text(question: Question) -> str:
    """Return the question, followed by its unit where the text does not name it."""
    named = not question.unit or question.unit.split()[-1].lower() in question.text.lower()
    return question.text if named else f"{question.text}  ({question.unit})"


class QuestionRow(Vertical):
    """A question with a field or options, and a note below."""

    class Answered(Message):
        """The answer changed."""

        def __init__(self, question: Question, text: str) -> None:
            super().__init__()
            self.question = question
            self.text = text

    def __init__(self, question: Question, scorecard: Scorecard) -> None:
        super().__init__(id=f"q-{question.name}", classes="question")
        self.question = question
        self._scorecard = scorecard

    def compose(self) -> ComposeResult:
        """Make the widgets."""
        yield Static(question_text(self.question), classes="question-text", markup=False)
        if self.question.kind in ("choice", "yes-no"):
            yield Choices(options_of(self.question), chosen_text(self._scorecard, self.question))
        else:
            typed = self._scorecard.texts.get(self.question.name, "")
            yield Input(typed, placeholder=f"for example {placeholder(self.question)}", compact=True, select_on_focus=False)
        yield Static(classes="question-note", markup=False)

    def on_mount(self) -> None:
        """Show the note."""
        self.refresh_note()

    def refresh_note(self) -> None:
        """Show the present note: an error, how the answer was read, or what was measured."""
        note = self.query_one(".question-note", Static)
        text = self._scorecard.note(self.question)
        note.update(text)
        note.display = bool(text)
        self.set_class(self.question.name in self._scorecard.errors, "-bad")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Answered(self.question, event.value))

    @on(Choices.Changed)
    def _picked(self, event: Choices.Changed) -> None:
        event.stop()
        self.post_message(self.Answered(self.question, event.value))
