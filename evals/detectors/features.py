"""What the linear heads read of a text: words, letters and meaning, of the whole or of its ends."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from evals.encoder import Encoder

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

OPENING_WORDS: Final = 30
CLOSING_WORDS: Final = 30
MIDDLE_ENDS: Final = 120
WORD: Final = re.compile(r"[\w']+")

View = Callable[[str], str]


def words(view: View) -> "TfidfVectorizer":
    """Return tf-idf features of words and pairs of them."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        analyzer="word", ngram_range=(1, 2), sublinear_tf=True, tokenizer=WORD.findall, token_pattern=None,
        preprocessor=lambda text: view(text).lower(),
    )  # fmt: skip


def letters(view: View) -> "TfidfVectorizer":
    """Return tf-idf features of two to four letters in a row."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, min_df=2, preprocessor=lambda text: view(text).lower()
    )


def meaning(encoder: Encoder, view: View, weight: float) -> Any:
    """Return a transformer of texts to embeddings of this length."""
    from sklearn.preprocessing import FunctionTransformer

    return FunctionTransformer(lambda texts: weight * encoder.embed([view(text) for text in texts]))


def opening(answer: str) -> str:
    """Return the first words of an answer, where most refusals stand."""
    return " ".join(answer.replace("’", "'").split()[:OPENING_WORDS])


def closing(answer: str) -> str:
    """Return the last words of an answer, where some of it may be withheld."""
    return " ".join(answer.replace("’", "'").split()[-CLOSING_WORDS:])


def middle(answer: str) -> str:
    """Return the words behind the opening, where an answer may turn: a warning into advice, one voice into another."""
    return " ".join(answer.replace("’", "'").split()[OPENING_WORDS:MIDDLE_ENDS])


def both_ends(answer: str) -> str:
    """Return the opening, twice as much of it, and the close: what follows a refusal may be the answer after all."""
    said = answer.replace("’", "'").split()
    start = 2 * OPENING_WORDS
    return " ".join(said if len(said) <= start + CLOSING_WORDS else said[:start] + said[-CLOSING_WORDS:])
