"""Krippendorff's alpha."""

import numpy as np
import pytest

from evals.pairs.krippendorff import krippendorff_alpha
from evals.stats.interval import NotEnoughError

CANONICAL = (
    ("1", "1", "1"), ("2", "2", "3", "2"), ("3", "3", "3", "3"), ("3", "3", "3", "3"), ("2", "2", "2", "2"), ("1", "2", "3", "4"),
    ("4", "4", "4", "4"), ("1", "1", "2", "1"), ("2", "2", "2", "2"), ("5", "5", "5"), ("1", "1"), ("3",),
)  # fmt: skip
"""Four observers and twelve units with missing ratings: the textbook example, alpha = 0.743."""


def test_alpha_of_the_textbook_example() -> None:
    found = krippendorff_alpha(CANONICAL)
    assert found.value == pytest.approx(0.743, abs=0.0005)
    assert found.low < 0.743 < found.high
    assert found.n == 11


def test_full_agreement_keeps_a_width() -> None:
    found = krippendorff_alpha([("a", "a"), ("b", "b"), ("a", "a"), ("b", "b")])
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low < 0.5


@pytest.mark.parametrize("items", [[("a",), ("b",)], [("a", "a"), ("a", "a")]])
def test_undefined_agreement_is_said_to_be_so(items: list[tuple[str, ...]]) -> None:
    with pytest.raises(NotEnoughError):
        krippendorff_alpha(items)


def test_limits_cover_zero_for_raters_who_guess() -> None:
    rng = np.random.default_rng(7)
    samples = [krippendorff_alpha(rng.choice(["a", "b", "tie"], size=(40, 3)).tolist()) for _ in range(60)]
    assert sum(found.low <= 0 <= found.high for found in samples) >= 54
