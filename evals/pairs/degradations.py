"""Ways to make an answer worse that anyone can see and name; each returns None where the answer does not allow it."""

import random
import re
from collections.abc import Callable, Mapping
from typing import Final

SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+|\n+")
FEWEST_WORDS: Final = 8
REPEATS: Final = 3

Degradation = Callable[[str, random.Random], str | None]


def truncated(answer: str, rng: random.Random) -> str | None:
    """Cut the answer at a word, at a third to two thirds of its length."""
    words = list(re.finditer(r"\S+", answer))
    if len(words) < FEWEST_WORDS:
        return None
    return answer[: words[rng.randint(len(words) // 3, 2 * len(words) // 3) - 1].end()]


def shuffled(answer: str, rng: random.Random) -> str | None:
    """Put the sentences into another order."""
    sentences = _sentences(answer)
    if len(set(sentences)) < 2:
        return None
    mixed = list(sentences)
    while mixed == sentences:
        rng.shuffle(mixed)
    return " ".join(mixed)


def facts_dropped(answer: str, rng: random.Random) -> str | None:
    """Leave out every sentence that holds a number."""
    sentences = _sentences(answer)
    kept = [sentence for sentence in sentences if not re.search(r"\d", sentence)]
    return " ".join(kept) if 0 < len(kept) < len(sentences) else None


def repeated(answer: str, rng: random.Random) -> str | None:
    """Say one sentence three times in a row."""
    sentences = _sentences(answer)
    place = rng.randrange(len(sentences)) if sentences else 0
    if not sentences or len(sentences[place].split()) < 3:
        return None
    return " ".join([*sentences[:place], *[sentences[place]] * REPEATS, *sentences[place + 1 :]])


OTHER_PROMPT: Final = "other-prompt"
"""The answer to another prompt; it needs the other rows and is made by `evals.pairs.degrade`."""
DEGRADATIONS: Final[Mapping[str, Degradation]] = {
    "truncated": truncated,
    "shuffled": shuffled,
    "facts-dropped": facts_dropped,
    "repeated": repeated,
}
KINDS: Final = (*DEGRADATIONS, OTHER_PROMPT)


def _sentences(answer: str) -> list[str]:
    return [sentence.strip() for sentence in SENTENCE_END.split(answer.strip()) if sentence.strip()]
