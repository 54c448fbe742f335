"""The state of the scorecard wizard: steps, answers that are never lost, and the intake they make."""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, NamedTuple

from reports.errors import UsageError
from reports.records.intake import Fact, Intake, Value
from reports.records.recommendation import AxisName
from reports.wording import setting
from selector.question import Question
from selector.wording import answer

Step = Literal["sources", "data", "alignment", "safety", "compute"]
STEPS: Final[tuple[Step, ...]] = ("sources", "data", "alignment", "safety", "compute")
STEP_TITLES: Final[dict[Step, str]] = {
    "sources": "Sources",
    "data": "Data",
    "alignment": "Alignment",
    "safety": "Safety",
    "compute": "Compute",
}
UNKNOWN: Final = "?"


class Sources(NamedTuple):
    """What the person wants to train on and with; either may still be open."""

    data: tuple[str, ...] = ()
    model: str = ""
    layout: str = ""
    """What rows that fit several kinds are read as; empty: nobody had to say."""


@dataclass
class Scorecard:
    """Everything that was answered or measured so far.

    An answer to a question that stopped mattering is kept, in case it matters again, but left out of the intake.
    """

    questions: tuple[Question, ...]
    parse: Callable[[Question, str], Fact]
    data_text: str = ""
    """The first step's field of data, as typed."""
    model_text: str = ""
    layout: str = ""
    """What rows that fit several kinds are read as."""
    measured: Mapping[str, Fact] = field(default_factory=dict)
    measured_for: Sources | None = None
    """What the measured facts were measured on; None before the first time."""
    audited: dict[str, Fact] = field(default_factory=dict)
    """What a complete spot audit showed, by file."""
    texts: dict[str, str] = field(default_factory=dict)
    """What was typed or chosen, by question."""
    answers: dict[str, Fact] = field(default_factory=dict)
    """The last valid answer, by question."""
    errors: dict[str, str] = field(default_factory=dict)

    def answer(self, question: Question, text: str) -> bool:
        """Take an answer and say whether it is valid; an empty one takes the answer back."""
        self.texts[question.name] = text
        self.errors.pop(question.name, None)
        if not text.strip():
            self.answers.pop(question.name, None)
            return True
        try:
            self.answers[question.name] = self.parse(question, text)
        except UsageError as error:
            self.errors[question.name] = str(error).removeprefix(f"{question.name}: ")
            return False
        return True

    def sources(self) -> Sources:
        """Return data and model; UsageError where a quotation mark in the field is not closed."""
        return read_sources(self.data_text, self.model_text)._replace(layout=self.layout)

    def name_data(self, text: str) -> None:
        """Take other data; what the rows of the former ones are says nothing about these."""
        if text != self.data_text:
            self.data_text, self.layout = text, ""

    def take_measured(self, sources: Sources, facts: Mapping[str, Fact]) -> None:
        """Keep what was measured, and what was audited of the same files."""
        audited = {fact.name: fact for path, fact in self.audited.items() if path in sources.data}
        self.measured, self.measured_for = {**facts, **audited}, sources

    def take_audited(self, path: str, fact: Fact) -> None:
        """Keep what a complete spot audit of a file showed; of several files, the last one counts."""
        self.audited.pop(path, None)
        self.audited[path] = fact
        self.measured = {**self.measured, fact.name: fact}

    def facts(self) -> dict[str, Fact]:
        """Return all facts, answers before measurements, including those that do not matter now."""
        return {**self.measured, **self.answers}

    def relevant(self, axis: AxisName) -> tuple[Question, ...]:
        """Return the questions of an axis that matter, given what is known."""
        known = self._known()
        return tuple(q for q in self.questions if q.axis == axis and q.is_relevant(known))

    def intake(self) -> Intake:
        """Return the facts that matter."""
        known = self._known()
        skipped = {q.name for q in self.questions if not q.is_relevant(known)}
        return Intake(facts={name: fact for name, fact in self.facts().items() if name not in skipped})

    def answered(self, axis: AxisName) -> "Count":
        """Count the questions of an axis that have a known answer."""
        known = self._known()
        asked = self.relevant(axis)
        return Count(sum(q.name in known for q in asked), len(asked))

    def first_error(self) -> Question | None:
        """Return the first question whose text is no valid answer."""
        known = self._known()
        return next((q for q in self.questions if q.name in self.errors and q.is_relevant(known)), None)

    def note(self, question: Question) -> str:
        """Return what stands beside an answer: the error, how it was read, or what was measured."""
        if question.name in self.errors:
            return self.errors[question.name]
        answer, measured = self.answers.get(question.name), self.measured.get(question.name)
        if answer is None:
            return f"measured: {fact_value(question, measured)}, {measured.because}" if measured else ""
        if measured is not None and answer.value != measured.value:
            return f"replaces the measured {fact_value(question, measured)}"
        return "not known; widens the answer" if answer.value is None else ""

    def _known(self) -> dict[str, Value]:
        return {name: fact.value for name, fact in self.facts().items() if fact.value is not None}


class Count(NamedTuple):
    """How many of how many."""

    done: int
    total: int


def read_sources(data: str, model: str) -> Sources:
    """Read the two fields of the first step; UsageError where a quotation mark is not closed.

    A file whose name holds spaces needs no quotation marks where it stands alone.
    """
    alone = Path(data.strip()).expanduser()
    if " " in data.strip() and alone.is_file():
        return Sources((str(alone),), model.strip())
    try:
        return Sources(tuple(shlex.split(data)), model.strip())
    except ValueError as error:
        raise UsageError(f"{data}: {str(error).lower()}. Write paths with spaces in quotation marks.") from error


def fact_value(question: Question, fact: Fact) -> str:
    """Return the value of a fact with its unit, as people write it."""
    unit = question.unit if question.counted and fact.value is not None else ""
    return f"{answer(question, fact.value)} {unit}".strip()


def options_of(question: Question) -> tuple[tuple[str, str], ...]:
    """Return the answers to choose from, as (text, label); `?` stands for not known."""
    known = question.choices if question.kind == "choice" else (("yes", "yes"), ("no", "no"))
    return (*known, (UNKNOWN, "unknown"))


def placeholder(question: Question) -> str:
    """Return what an empty field suggests."""
    if question.kind == "share":
        return "40 %, or a range such as 30 %..50 %"
    low, typical, high = question.guess
    return f"{typical:g}, or a range such as {low:g}..{high:g}"


def chosen_text(scorecard: Scorecard, question: Question) -> str:
    """Return which option shows as chosen: the answer, else what was measured, else none."""
    typed = scorecard.texts.get(question.name, "")
    measured = scorecard.measured.get(question.name)
    if typed or measured is None or measured.value is None:
        return typed
    return setting(measured.value) if question.kind == "yes-no" else str(measured.value)
