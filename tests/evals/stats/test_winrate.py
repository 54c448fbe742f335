"""Win rates."""

import pytest

from evals.stats.interval import NotEnoughError
from evals.stats.winrate import win_rate


def test_winning_every_prompt_still_leaves_doubt() -> None:
    found = win_rate([1.0] * 20)
    assert found.value == 1.0
    assert found.low == pytest.approx(0.025 ** (1 / 20))


def test_a_tie_is_half_a_win() -> None:
    assert win_rate([1.0, 0.5, 0.5, 0.0]).value == 0.5


def test_ties_narrow_the_limits_against_as_many_wins_and_losses() -> None:
    tied, split = win_rate([0.5] * 60 + [1.0] * 20 + [0.0] * 20), win_rate([1.0] * 50 + [0.0] * 50)
    assert tied.value == split.value
    assert tied.high - tied.low < split.high - split.low


def test_swapping_the_sides_mirrors_the_limits() -> None:
    preferences = [0.9, 0.2, 0.5, 1.0, 0.65, 0.7]
    found, swapped = win_rate(preferences), win_rate([1 - p for p in preferences])
    assert (swapped.low, swapped.high) == pytest.approx((1 - found.high, 1 - found.low), abs=1e-9)


def test_related_prompts_widen_the_limits() -> None:
    preferences = [1.0, 1.0, 0.0, 1.0] * 15
    families = [f"f{i % 4}-{i // 20}" for i in range(60)]
    related, independent = win_rate(preferences, families), win_rate(preferences)
    assert related.high - related.low > independent.high - independent.low


def test_no_judged_prompt_is_no_win_rate() -> None:
    with pytest.raises(NotEnoughError):
        win_rate([])
