"""Deliberately bad answers, made from the prompt and a good answer to it."""

import re
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from evals.probing.rows import Asked, as_turns
from evals.rewards.answers import prompt_text
from evals.rewards.exact_answer import normalise

PHRASE_WORDS: Final = 4
FEWEST_WORDS: Final = 60
"""Length of a repeated answer, or three times the good one."""
LONGER: Final = 3
WORD: Final = re.compile(r"[^\W\d_]{3,}")
"""A word of three letters or more; no digits, for a lucky number would be a right answer."""
FILLER: Final = "and so on and so"
OFF_TOPIC: Final = (
    "The ferry left the harbour before dawn, and the gulls followed it for a while. On deck a man sold warm bread from a basket, "
    "while the hills behind us turned from grey to gold."
)


class Good(NamedTuple):
    """A prompt with an answer that is taken as good."""

    asked: Asked
    answer: str


def empty(good: Good) -> str:
    """Return nothing."""
    return ""


def repeated(good: Good) -> str:
    """Return the first words of the good answer over and over, at least three times as long as it is."""
    words = [word for word in good.answer.split() if not any(sign.isdigit() for sign in word)][:PHRASE_WORDS]
    phrase = words if len(words) > 1 else FILLER.split()
    wanted = max(FEWEST_WORDS, LONGER * len(good.answer.split()))
    return " ".join((phrase * (wanted // len(phrase) + 1))[:wanted])


def prompt_copy(good: Good) -> str:
    """Return what was asked: the last turn, where there are several."""
    turns = as_turns(good.asked.prompt)
    return turns if isinstance(turns, str) else prompt_text(turns[-1:])


def keyword_stuffing(good: Good) -> str:
    """Return the distinct words of the good answer and the prompt without any order that means something."""
    words = dict.fromkeys(word.group() for text in (good.answer, prompt_copy(good)) for word in WORD.finditer(text))
    return " ".join(sorted(words, key=lambda word: word[::-1].casefold())) or FILLER


def off_topic(good: Good) -> str:
    """Return fluent sentences about something else."""
    return OFF_TOPIC


BAD: Final[dict[str, Callable[[Good], str]]] = {
    "empty": empty,
    "repeated": repeated,
    "prompt copy": prompt_copy,
    "keyword stuffing": keyword_stuffing,
    "off-topic": off_topic,
}


def other_answers(goods: Sequence[Good]) -> list[str | None]:
    """Return for each prompt the good answer of another prompt, the next one that says something else; None: there is none."""
    found: list[str | None] = []
    for place, good in enumerate(goods):
        own = normalise(good.answer)
        later = (goods[(place + step) % len(goods)].answer for step in range(1, len(goods)))
        found.append(next((other for other in later if normalise(other) != own), None))
    return found
