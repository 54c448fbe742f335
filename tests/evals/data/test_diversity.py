"""Diversity: copies lower every figure of variety and raise the compression; varied texts do neither."""

import random

from evals.data.diversity import WINDOW, measure_diversity


def varied(texts: int, words: int = 30) -> list[str]:
    """Return texts of words drawn from 3000."""
    draw = random.Random(5)
    return [" ".join(f"w{draw.randrange(3000)}" for _ in range(words)) for _ in range(texts)]


def test_copies_are_far_less_diverse_than_varied_texts() -> None:
    copies, clean = measure_diversity(varied(1) * 100), measure_diversity(varied(100))
    assert copies is not None
    assert clean is not None
    assert (copies.words, clean.words) == (3000, 3000)
    assert (copies.distinct_1, copies.distinct_2, copies.distinct_3) == (30 / 3000, 0.01, 0.01)
    assert clean.distinct_3 > 0.99
    assert copies.type_token < 0.5 < clean.type_token
    assert copies.compression > 20
    assert clean.compression < 4


def test_runs_of_words_do_not_cross_texts() -> None:
    found = measure_diversity(["a b"] * 500)
    assert found is not None
    assert (found.distinct_2, found.distinct_3) == (1 / 500, 0.0)


def test_more_text_than_the_window_changes_nothing() -> None:
    texts = varied(WINDOW // 30 + 1)
    assert measure_diversity(texts) == measure_diversity(texts + ["other words"] * 500)


def test_too_few_words_are_not_measured() -> None:
    assert measure_diversity(varied(33)) is None
    assert measure_diversity([]) is None
