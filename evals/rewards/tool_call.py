"""Rewards an answer that calls the right tools with the right arguments."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from evals.rewards.answers import Answer, Rewarder, each
from evals.rewards.json_text import ABSENT, find_json, read_json
from evals.rewards.kinds import Kind, Option, Settings

TAGGED: Final = re.compile(r"<tool_call>(.*?)(?:</tool_call>|\Z)", re.DOTALL)
NAME_CREDIT: Final = 0.5
"""What the right name is worth; the arguments are worth the rest."""


class Call(NamedTuple):
    """One call of a tool."""

    name: str
    arguments: Mapping[str, Any]


def build(settings: Settings) -> Rewarder:
    """Return how well the calls of the answer match those of the column, 0 to 1; None where the row says nothing.

    Calls are read from the turn's `tool_calls` (OpenAI), from `<tool_call>` blocks, or from JSON in the text, and compared
    whatever their order. A call earns one half for its name, and the rest for the share of arguments that are equal, unexpected
    ones counted as wrong; the sum is divided by the calls made or expected, whichever are more. Without `partial` all must be
    right. An empty list in the column means that no tool should be called.
    """
    column, partial = settings.text("column"), settings.flag("partial")

    def score(answer: Answer) -> float | None:
        value = answer.column(column)
        if value is None:
            return None
        wanted = read_calls(find_json(value) if isinstance(value, str) else value)
        if wanted is None:
            return None
        share = match(wanted, calls_of(answer))
        return share if partial else float(share == 1)

    return each(score)


def calls_of(answer: Answer) -> list[Call]:
    """Return the calls that an answer makes."""
    declared = [call for turn in answer.turns for call in turn.get("tool_calls") or ()]
    if declared:
        return read_calls(declared) or []
    blocks = TAGGED.findall(answer.final)
    if blocks:
        return [call for block in blocks for call in read_calls(read_json(block.strip())) or ()]
    return read_calls(find_json(answer.final)) or []


def read_calls(value: Any) -> list[Call] | None:
    """Return the calls of a value: one, a list, or an object whose `tool_calls` is a list; None: it describes no calls."""
    if isinstance(value, Mapping) and isinstance(value.get("tool_calls"), Sequence):
        value = value["tool_calls"]
    if value is ABSENT or not isinstance(value, Mapping | list | tuple):
        return None
    calls = [_read(one) for one in ([value] if isinstance(value, Mapping) else value)]
    found = [call for call in calls if call is not None]
    return found if len(found) == len(calls) else None


def match(wanted: Sequence[Call], made: Sequence[Call]) -> float:
    """Return the credit of the best pairing, taken greedily, over the larger number of calls."""
    if not (wanted or made):
        return 1.0
    credits = sorted(((_credit(one, other), i, j) for i, one in enumerate(wanted) for j, other in enumerate(made)), reverse=True)
    used: set[tuple[str, int]] = set()
    total = 0.0
    for credit, i, j in credits:
        if ("wanted", i) not in used and ("made", j) not in used:
            used |= {("wanted", i), ("made", j)}
            total += credit
    return total / max(len(wanted), len(made))


def _credit(wanted: Call, made: Call) -> float:
    if wanted.name != made.name:
        return 0.0
    names = set(wanted.arguments) | set(made.arguments)
    if not names:
        return 1.0
    equal = sum(_same(wanted.arguments.get(name, ABSENT), made.arguments.get(name, ABSENT)) for name in names)
    return NAME_CREDIT + (1 - NAME_CREDIT) * equal / len(names)


def _same(one: Any, other: Any) -> bool:
    """Compare as JSON does: true is not 1, and 1 is 1.0."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _read(value: Any) -> Call | None:
    if isinstance(value, Mapping) and isinstance(value.get("function"), Mapping):
        value = value["function"]
    if not isinstance(value, Mapping) or not isinstance(value.get("name"), str):
        return None
    arguments = value.get("arguments", value.get("parameters"))
    if isinstance(arguments, str):
        arguments = read_json(arguments) if arguments.strip() else None
    if arguments is not None and not isinstance(arguments, Mapping):
        return None
    # A table of rows gives every row the arguments of all others, as None.
    return Call(value["name"], {name: one for name, one in (arguments or {}).items() if one is not None})


KIND: Final = Kind(
    "tool-call",
    "how well the calls match those of a column in name and arguments, 0 to 1",
    "accuracy",
    (
        Option("column", "tool_calls", "column of the right calls; an empty list: none should be made"),
        Option("partial", True, "give credit to calls that are right in part"),
    ),
    build,
)
