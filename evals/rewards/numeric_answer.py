"""Rewards an answer that ends with the known number."""

from fractions import Fraction
from typing import Any, Final

from evals.rewards.answers import Answer, Rewarder, each
from evals.rewards.exact_answer import as_list
from evals.rewards.kinds import Kind, Option, Settings
from evals.rewards.numbers import Number, find_number


def build(settings: Settings) -> Rewarder:
    """Return 1 where the answer's final number is that of the column, else 0; None where the column holds no number.

    Numbers are compared as exact fractions: 0.5 equals 1/2, and 0.33 equals 1/3 only within `tolerance`. An answer without
    a number scores 0. The column is read like an answer, so a worked solution that ends in `#### 42` is one. A comma stands for
    thousands only: `3,5` is not read as three and a half.
    """
    column, strict = settings.text("column"), settings.flag("strict")
    tolerance = Fraction(str(settings.values["tolerance"]))

    def score(answer: Answer) -> float | None:
        wanted = [number for value in as_list(answer.column(column)) if (number := known_number(value)) is not None]
        if not wanted:
            return None
        given = find_number(answer.final, strict)
        return float(given is not None and any(given.equals(number, tolerance) for number in wanted))

    return each(score)


def known_number(value: Any) -> Number | None:
    """Return the number that a column holds, as a number or as a text that ends with one."""
    return None if isinstance(value, bool) else find_number(str(value))


KIND: Final = Kind(
    "numeric-answer",
    "1 where the final number equals that of a column; else 0",
    "accuracy",
    (
        Option("column", "answer", "column of the right number, or of a worked solution that ends with it"),
        Option("tolerance", 0.0, "largest difference that counts as equal"),
        Option("strict", False, "count only numbers behind ####, in a box, or behind 'answer is'"),
    ),
    build,
)
