"""Rewards an answer in which a pattern is found."""

import re
from typing import Final

from evals.rewards.answers import Rewarder, each
from evals.rewards.kinds import Kind, Option, Settings


def build(settings: Settings) -> Rewarder:
    """Return 1 where the regular expression is found in the answer, else 0; `.` matches line breaks.

    With `whole` it must match from beginning to end. A pattern alone is easily satisfied by a canned answer; weigh it low.
    """
    flags = re.DOTALL | (re.IGNORECASE if settings.flag("ignore_case") else 0)
    try:
        pattern = re.compile(settings.text("pattern"), flags)
    except re.error as error:
        raise settings.refuse("pattern", f"not a regular expression ({error}).") from error
    find = pattern.fullmatch if settings.flag("whole") else pattern.search
    return each(lambda answer: float(find(answer.text) is not None))


KIND: Final = Kind(
    "regex",
    "1 where the pattern is found in the answer; else 0",
    "accuracy",
    (
        Option("pattern", None, "a regular expression of Python's", required=True),
        Option("whole", False, "match from beginning to end"),
        Option("ignore_case", False, "take upper and lower case as equal"),
    ),
    build,
)
