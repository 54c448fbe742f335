"""Numbers and lists as sentences show them."""

from collections.abc import Sequence

from reports.records.intake import Value
from selector.question import Question


def count(value: float) -> str:
    """Return a count with thousands separators; sizes below 10 keep two digits."""
    return f"{value:,.0f}" if value >= 10 or float(value).is_integer() else f"{value:.2g}"


def percent(share: float) -> str:
    """Return a share from 0 to 1 as a percentage; digits after the point only where they are needed."""
    return f"{round(100 * share, 1):g} %"


def no_more_than(number: float, noun: str) -> str:
    """Return `only 3 pairs`, and `no pairs` for none."""
    return f"only {plural(number, noun)}" if number else f"no {noun}s"


def plural(number: float, noun: str) -> str:
    """Return a number with its noun, for example `1 voice` and `3 voices`."""
    return f"{count(number)} {noun}" if number == 1 else f"{count(number)} {noun}s"


def listed(words: Sequence[str], joint: str = "and") -> str:
    """Return words as an enumeration."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {joint} {words[-1]}" if words else ""


def answer(question: Question, value: Value) -> str:
    """Return an answer as people read it; None is `not known`."""
    if value is None:
        return "not known"
    if question.kind == "choice":
        return dict(question.choices)[str(value)]
    if isinstance(value, bool):
        return "yes" if value else "no"
    if question.kind == "share":
        return percent(float(value))
    number = f"{float(value):g}" if float(value) < 1 else count(float(value))
    return number if question.counted else f"{number} {question.unit}"


def sentence(clause: str) -> str:
    """Return a clause as a sentence of its own."""
    return f"{clause[0].upper()}{clause[1:]}."
