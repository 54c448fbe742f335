"""Rewards an answer that is the known one, word for word."""

import unicodedata
from typing import Any, Final

from evals.rewards.answers import Answer, Rewarder, each
from evals.rewards.kinds import Kind, Option, Settings

EDGES: Final = " \t\n.!?\"'`*“”‘’"


def build(settings: Settings) -> Rewarder:
    """Return 1 where the answer is the text of the column, else 0; None where the row has none.

    Both are normalised: Unicode compatibility forms, spacing, quotes and stops at the ends, and case unless `case` is set. A
    column may hold a list of right answers. Reasoning up to `</think>` is passed over.
    """
    column, case = settings.text("column"), settings.flag("case")

    def score(answer: Answer) -> float | None:
        wanted = {words for text in as_list(answer.column(column)) if (words := normalise(text, case))}
        return float(normalise(answer.final, case) in wanted) if wanted else None

    return each(score)


def normalise(text: object, case: bool = False) -> str:
    """Return the words of a text without what does not change its meaning."""
    plain = " ".join(unicodedata.normalize("NFKC", str(text)).strip(EDGES).split())
    return plain if case else plain.casefold()


def as_list(value: Any) -> list[Any]:
    """Return the values that a column holds: a list as it is, one value as a list of one, none as an empty one."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


KIND: Final = Kind(
    "exact-answer",
    "1 where the answer equals a column, spacing and case aside; else 0",
    "accuracy",
    (
        Option("column", "answer", "column of the right answer, or of a list of right ones"),
        Option("case", False, "tell upper from lower case"),
    ),
    build,
)
