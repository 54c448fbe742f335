"""The words of the data room: rows as they were read, and examples as they are trained on."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from evals.data.keylike import hide_secrets

Kind = Literal["prompt-completion", "preference", "unpaired-preference", "prompt-only", "language-modelling", "stepwise"]
Form = Literal["text", "messages", "transcript"]
Turn: TypeAlias = dict[str, str]
Text: TypeAlias = str | list[Turn]
Fields: TypeAlias = dict[str, Text]
"""One canonical row: `prompt` with `completion`, with `chosen` and `rejected`, or alone."""

CARRIED = ("id", "format", "family", "topic")
EXCERPT_CHARACTERS = 80


class SourceRow(NamedTuple):
    """A row of a source: line number in JSON lines, else its place among the rows, from 1."""

    number: int
    values: Mapping[str, object]


class RejectedRow(NamedTuple):
    """A row that cannot be used, and why."""

    number: int
    reason: str
    excerpt: str


class Example(NamedTuple):
    """One usable row in canonical form."""

    source: str
    number: int
    kind: Kind
    form: Form
    fields: Fields
    carried: Mapping[str, str]
    """The columns of `CARRIED` that the row has, `tools` as JSON, and `rating` (good or bad) of unpaired preferences."""
    columns: Mapping[str, object] = MappingProxyType({})
    """All columns of the row as it came."""


class Dropped(NamedTuple):
    """An example that a filter took out, and why."""

    example: Example
    reason: str


def carried_columns(values: Mapping[str, object]) -> dict[str, str]:
    """Return the descriptive columns of a row as text, and the definitions of its tools as JSON."""
    tools = _tools(values)
    found = {name: str(values[name]) for name in CARRIED if isinstance(values.get(name), str | int)}
    return found | ({"tools": tools} if tools else {})


def _tools(values: Mapping[str, object]) -> str:
    """Return a column `tools`, one beside the messages of OpenAI's preferences, or OpenAI's older `functions`."""
    asked = values.get("input")
    tools = values.get("tools") or values.get("functions") or (asked.get("tools") if isinstance(asked, dict) else None)
    if isinstance(tools, list) and all(isinstance(tool, dict) for tool in tools) and tools:
        return json.dumps(tools, ensure_ascii=False, default=str)
    return tools if isinstance(tools, str) and tools.lstrip().startswith("[{") and _is_json(tools) else ""


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), list)
    except (ValueError, RecursionError):
        return False


def plain(text: Text) -> str:
    """Return a text, or the contents of its turns, as one string."""
    return text if isinstance(text, str) else "\n\n".join(turn["content"] for turn in text)


def answer_names(kind: Kind) -> tuple[str, ...]:
    """Return the answer columns of a canonical row; the first is the one to imitate."""
    if kind == "preference":
        return ("chosen", "rejected")
    return () if kind in ("prompt-only", "language-modelling") else ("completion",)


def excerpt(text: object) -> str:
    """Return the beginning of a value on one line and without secrets, for errors and evidence."""
    line = " ".join(hide_secrets(str(text)[: 4 * EXCERPT_CHARACTERS]).split())
    return line if len(line) <= EXCERPT_CHARACTERS else line[: EXCERPT_CHARACTERS - 1] + "…"
