"""How much texts repeat words, phrases and each other."""

import re
import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from reports.records.data import Diversity

WINDOW: Final = 10_000
"""Words that are read: all of these figures fall with length, so only equal amounts compare."""
SHORT_WINDOW: Final = 100
FEWEST_WORDS: Final = 1000
LEVEL: Final = 9
_WORD: Final = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af]|[^\W\u2e80-\u9fff\uac00-\ud7af]+")


def measure_diversity(texts: Sequence[str]) -> Diversity | None:
    """Measure the first 10 000 words of texts in random order; None below 1000 words.

    Distinct-n is the share of different among all runs of n words (Li et al. 2016); type-token is the mean share of different
    words in windows of 100 (mean segmental type-token ratio, Johnson 1944); compression is the size of the texts over their
    size after DEFLATE (Shaib et al. 2024), which grows as texts repeat each other.
    """
    read = list(_first_words(texts))
    words = [word for text in read for word in text]
    if len(words) < FEWEST_WORDS:
        return None
    raw = "\n".join(" ".join(text) for text in read).encode("utf-8", "replace")
    windows = [words[start : start + SHORT_WINDOW] for start in range(0, len(words) - SHORT_WINDOW + 1, SHORT_WINDOW)]
    return Diversity(
        words=len(words),
        distinct_1=_distinct(read, 1),
        distinct_2=_distinct(read, 2),
        distinct_3=_distinct(read, 3),
        type_token=round(sum(len(set(window)) / SHORT_WINDOW for window in windows) / len(windows), 4),
        compression=round(len(raw) / len(zlib.compress(raw, LEVEL)), 3),
    )


def _first_words(texts: Sequence[str]) -> Iterator[list[str]]:
    """Yield the words of each text, `WINDOW` in all."""
    left = WINDOW
    for text in texts:
        words = [match.group() for match in islice(_WORD.finditer(text.casefold()), left)]
        left -= len(words)
        if words:
            yield words
        if not left:
            return


def _distinct(texts: Sequence[Sequence[str]], n: int) -> float:
    runs = [tuple(text[place : place + n]) for text in texts for place in range(len(text) - n + 1)]
    return round(len(set(runs)) / len(runs), 4) if runs else 0.0
