"""Reading one cell of a row of evidence."""

from collections.abc import Mapping
from typing import Final, TypeAlias

from evals.data.parsing import name_of
from evals.data.rejection import UnusableRowError

LARGEST: Final = 10**12
"""Beyond this a count is taken for a mistake."""

PromptKey: TypeAlias = str | tuple[tuple[str, str], ...]
"""A prompt of text, or of turns as role and content."""


def text_of(values: Mapping[str, object], name: str) -> str:
    """Return a text; UnusableRowError where it is missing, blank or no text."""
    value = values.get(name)
    if not isinstance(value, str):
        raise UnusableRowError(f"'{name}' is {name_of(value)}, not a text" if name in values else f"'{name}' is missing")
    if not value.strip():
        raise UnusableRowError(f"'{name}' is empty")
    return value


def count_of(values: Mapping[str, object], name: str) -> int:
    """Return a whole number from 0 on, also where it is written as text; UnusableRowError otherwise."""
    value = values.get(name)
    if value is None or value == "":
        raise UnusableRowError(f"'{name}' is missing")
    try:
        number = None if isinstance(value, bool) else float(value.strip() if isinstance(value, str) else str(value))
    except ValueError:
        number = None
    if number is None or not abs(number) <= LARGEST or number != int(number):
        raise UnusableRowError(f"'{name}' is {str(value)[:30]!r}, not a whole number")
    if number < 0:
        raise UnusableRowError(f"'{name}' is {int(number)}, below 0")
    return int(number)


def prompt_of(values: Mapping[str, object], name: str = "prompt") -> PromptKey:
    """Return a prompt of text or messages; UnusableRowError where it is missing, blank or neither."""
    turns = values.get(name)
    if not isinstance(turns, list):
        return text_of(values, name)
    found = []
    for turn in turns:
        if not isinstance(turn, Mapping) or not isinstance(turn.get("role"), str) or not isinstance(turn.get("content"), str):
            raise UnusableRowError(f"'{name}' is a list, and not of messages with 'role' and 'content'")
        found.append((turn["role"], turn["content"]))
    if not any(content.strip() for _, content in found):
        raise UnusableRowError(f"'{name}' is empty")
    return tuple(found)


def stored_prompt(prompt: PromptKey) -> str | list[dict[str, str]]:
    """Return a prompt as files hold it."""
    return prompt if isinstance(prompt, str) else [{"role": role, "content": content} for role, content in prompt]


def stored_answer(prompt: PromptKey, answer: str) -> str | list[dict[str, str]]:
    """Return an answer in the form of its prompt."""
    return answer if isinstance(prompt, str) else [{"role": "assistant", "content": answer}]


def words_of(prompt: PromptKey) -> str:
    """Return a prompt's words, for excerpts."""
    return prompt if isinstance(prompt, str) else "\n\n".join(content for _, content in prompt)
