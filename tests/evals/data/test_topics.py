"""Topics: planted groups are found again, with their words, whatever their order."""

import random

from evals.data.topics import find_topics

PLANTED = {
    "tea": ("steep", "brew", "leaf", "kettle", "aroma", "jasmine"),
    "bicycles": ("wheel", "chain", "pedal", "brake", "saddle", "gear"),
    "taxes": ("income", "deduction", "filing", "refund", "audit", "receipt"),
}
FILLER = ("please", "tell", "about", "would", "could", "also", "then", "some")


def planted(rows: int) -> list[str]:
    """Return texts on three topics in turn, half of their words common to all."""
    draw = random.Random(3)
    topics = list(PLANTED.values())
    return [" ".join([*draw.choices(FILLER, k=5), *draw.choices(topics[row % 3], k=6)]) for row in range(rows)]


def test_planted_topics_are_found_with_their_words() -> None:
    found = find_topics(planted(240), seed=0)
    assert [topic.rows for topic in found] == [80, 80, 80]
    assert sum(topic.share for topic in found) == 1.0
    for topic in found:
        assert any(set(topic.words) <= set(words) for words in PLANTED.values()), topic.words


def test_a_topic_that_dominates_has_a_name() -> None:
    draw = random.Random(4)
    tea, bicycles, _ = PLANTED.values()
    texts = [" ".join(draw.choices(tea if row % 10 else bicycles, k=6)) for row in range(400)]
    first, *_ = find_topics(texts, seed=0)
    assert first.words
    assert set(first.words) <= set(tea)


def test_an_example_is_a_text_of_its_topic() -> None:
    texts = planted(240)
    for topic in find_topics(texts, seed=0):
        assert set(topic.words) & set(texts[topic.example].split())


def test_the_same_seed_gives_the_same_topics_of_a_sample() -> None:
    texts = planted(6000)
    first, again = find_topics(texts, seed=1), find_topics(texts, seed=1)
    assert first == again
    assert sum(topic.rows for topic in first) == 5000


def test_copies_are_one_topic_and_few_texts_are_none() -> None:
    (only,) = find_topics(["Steep the jasmine leaves slowly."] * 100, seed=0)
    assert (only.share, only.rows) == (1.0, 100)
    assert "jasmine" in only.words
    assert find_topics(planted(39), seed=0) == []


def test_texts_without_words_are_one_topic() -> None:
    (only,) = find_topics(["", "12", "??"] * 20, seed=0)
    assert only.words == ()
