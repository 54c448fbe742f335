"""Languages of texts, as far as their letters tell."""

from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

UNDETERMINED: Final = "undetermined"
FEWEST_LETTERS: Final = 20
LETTERS_OF_A_SIGN: Final = 3
"""A sign of Chinese, Japanese or Korean says about as much as three letters."""
CONFIDENT: Final = 0.5
"""Probability; of 20 to 29 letters, 0.4 % then get a wrong language, longer texts 0.1 % or less (English, measured)."""
CHARACTERS: Final = 500
"""The beginning of a text that is read."""
REMEMBERED: Final = 10_000
"""Texts whose language is kept, since a row is read alone and with all files together."""
_FIRST_SIGN: Final = "\u2e80"
_NO_LANGUAGE: Final = "zxx"


def language_of(text: str) -> str:
    """Return the ISO 639 code of a text's language; `undetermined` below 20 letters or 50 % probability.

    Naive Bayes over byte sequences (Lui and Baldwin 2012, langid.py).
    """
    return _language_of(text[:CHARACTERS])


def language_shares(texts: Sequence[str]) -> dict[str, float]:
    """Return the share of each language, 0 to 1, the most frequent first."""
    found = Counter(language_of(text) for text in texts)
    return {language: number / len(texts) for language, number in found.most_common()}


@lru_cache(maxsize=REMEMBERED)
def _language_of(text: str) -> str:
    if sum((LETTERS_OF_A_SIGN if sign >= _FIRST_SIGN else 1) for sign in text if sign.isalpha()) < FEWEST_LETTERS:
        return UNDETERMINED
    language, probability = _identifier().classify(text)
    return str(language) if probability >= CONFIDENT and language != _NO_LANGUAGE else UNDETERMINED


@cache
def _identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
