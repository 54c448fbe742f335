"""Ratings of single answers: good or bad, in the words that files use."""

from collections.abc import Mapping
from typing import Final

from evals.data.layouts import Columns
from evals.data.rejection import UnusableRowError

RATINGS: Final = {"true": True, "yes": True, "1": True, "good": True, "false": False, "no": False, "0": False, "bad": False}


def read_rating(value: object) -> bool | None:
    """Return whether an answer is good; None where the value does not say."""
    return RATINGS.get(str(value).strip().casefold()) if isinstance(value, bool | int | str) else None


def carry_rating(values: Mapping[str, object], columns: Columns) -> dict[str, str]:
    """Return the rating of an unpaired preference as a carried column."""
    if columns.kind != "unpaired-preference":
        return {}
    return {"rating": "good" if read_rating(values.get(columns.rating)) else "bad"}


def require_rating(values: Mapping[str, object], columns: Columns) -> None:
    """Raise UnusableRowError where the rating column does not say good or bad."""
    if columns.kind == "unpaired-preference" and read_rating(values.get(columns.rating)) is None:
        raise UnusableRowError(f"'{columns.rating}' is neither true nor false")


def join_steps(values: Mapping[str, object], columns: Columns) -> dict[str, object]:
    """Return a stepwise row with its steps as one answer, a line each.

    Raises:
        UnusableRowError: the steps are no texts, or there is not one rating for each of them.
    """
    (name,) = columns.answers
    steps, ratings = values[name], values[columns.rating]
    if not isinstance(steps, list) or not steps or not all(isinstance(step, str) for step in steps):
        raise UnusableRowError(f"'{name}' is no list of texts")
    if not isinstance(ratings, list) or len(ratings) != len(steps) or any(read_rating(rating) is None for rating in ratings):
        raise UnusableRowError(f"'{columns.rating}' does not rate each step of '{name}' as true or false")
    return {**values, name: "\n".join(steps)}
