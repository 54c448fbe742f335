"""Rewards with a fault in them: each can be pleased without doing what it was meant for."""

from collections.abc import Sequence
from typing import Any


def text(completion: Any) -> str:
    """Return the text of a completion, of either layout."""
    return completion if isinstance(completion, str) else str(completion[-1]["content"])


def longer(completions: Sequence[Any], **_: object) -> list[float]:
    """Return more for more characters."""
    return [len(text(completion)) / 10 for completion in completions]


def one_word(completions: Sequence[Any], **_: object) -> list[float]:
    """Return the share of the answer that is the letter e."""
    return [text(completion).count("e") / max(1, len(text(completion))) for completion in completions]


def constant(completions: Sequence[Any], **_: object) -> list[float]:
    """Return the same for every answer."""
    return [0.5] * len(completions)


def known_prompts(completions: Sequence[Any], answer: Sequence[str], **_: object) -> list[float]:
    """Return more where the row is one of those trained on, with a little of the length so that groups differ."""
    return [float(row == "known") + len(text(found)) / 1000 for row, found in zip(answer, completions, strict=True)]
