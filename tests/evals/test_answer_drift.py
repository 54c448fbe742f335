"""Drift of answers: a planted habit is found, the same answers are chance, and what cannot be measured says so."""

import random
from typing import Any

import numpy as np
import pytest

from evals.metrics import two_sample
from evals.metrics.length import length
from evals.metrics.two_sample import answer_drift, difference_gram
from tests.evals.test_metrics import measured

WORDS = ["garden", "tea", "light", "morning", "notebook", "bicycle", "window", "quiet", "train", "paper", "river", "stone"]


def sentences(count: int, seed: int, ending: str = ".") -> list[str]:
    """Return sentences of random words."""
    draw = random.Random(seed)
    return [" ".join(draw.choices(WORDS, k=draw.randint(5, 9))) + ending for _ in range(count)]


def test_a_habit_of_the_candidate_is_told_from_the_baseline() -> None:
    baseline, candidate = sentences(60, 1), sentences(60, 2, ending="! Get it NOW!")

    found = answer_drift(measured(list(zip(baseline, candidate, strict=True)), "general"), "general")

    assert (found.name, found.suite, found.n, found.direction) == ("drift_answers_general", "general", 60, "lower")
    assert found.candidate.value is not None and found.candidate.value > 0.95
    assert found.noise_floor is not None and found.noise_floor.p_value == 1 / 2000
    assert found.widened >= 1 and "p = 0.0005" in found.because


def test_two_samples_of_the_same_sentences_are_not_told_apart() -> None:
    found = answer_drift(measured(list(zip(sentences(60, 3), sentences(60, 4), strict=True)), "general"), "general")

    assert found.noise_floor is not None and found.noise_floor.p_value is not None
    assert found.noise_floor.p_value > 0.05
    assert found.difference.low is not None and found.difference.high is not None
    assert found.difference.low < 0 < found.difference.high


def test_the_baseline_against_itself_is_chance() -> None:
    found = answer_drift(measured([(text, text) for text in sentences(40, 5)]), "target")

    assert (found.candidate.value, found.difference.value) == (0.5, 0.0)
    assert found.because.endswith("40 of 40 prompts have the same answer on both sides.")


def test_answers_that_failed_are_missing_and_few_prompts_are_not_enough() -> None:
    pairs: list[tuple[str | None, str | None]] = list(zip(sentences(20, 6), sentences(20, 7), strict=True))
    pairs[3] = (None, "a river")

    found = answer_drift(measured(pairs), "target")
    assert (found.n, found.missing, found.pairs[3].candidate) == (19, 1, None)
    few = answer_drift(measured(pairs[:8]), "target")
    assert (few.n, few.missing) == (0, 8)
    assert "needs at least 10" in few.because


def test_meaning_tells_answers_apart_where_words_and_length_do_not() -> None:
    class Encoder:
        name = "fake"

        def embed(self, texts: list[str]) -> Any:
            return np.array([[1.0, 0.0] if text.startswith("b") else [0.0, 1.0] for text in texts])

    baseline, candidate = ["b" * 3] * 4, ["c" * 3] * 4
    with_meaning = difference_gram(baseline, candidate, Encoder())  # type: ignore[arg-type]

    assert np.trace(with_meaning) == pytest.approx(2.0)
    assert np.trace(difference_gram(baseline, candidate, None)) == pytest.approx(1.0)


def test_empty_answers_are_read_like_any_other() -> None:
    found = answer_drift(measured([("", text) for text in sentences(20, 8)]), "target")

    assert found.candidate.value == 1.0


def test_the_encoder_is_named_where_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    class Encoder:
        name = "all-reading"

        def embed(self, texts: list[str]) -> Any:
            return np.ones((len(texts), 2))

    monkeypatch.setattr(two_sample, "default_encoder", Encoder)
    found = answer_drift(measured(list(zip(sentences(20, 9), sentences(20, 10), strict=True))), "target")

    assert "sentence embeddings, all-reading" in found.method


def test_a_length_is_a_ratio() -> None:
    found = length(measured([(" ".join(["a"] * 9), " ".join(["a"] * (19 + i % 3))) for i in range(12)]))

    assert found.ratio is not None and found.ratio.value is not None and found.ratio.low is not None
    assert found.ratio.value == pytest.approx(2.1, abs=0.02)
    assert found.ratio.low > 2
