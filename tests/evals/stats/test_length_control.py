"""Win rates at equal lengths."""

import numpy as np
import pytest
from scipy.special import expit

from evals.stats import length_control
from evals.stats.interval import NotEnoughError, StatisticsError
from evals.stats.length_control import length_controlled_win_rate
from evals.stats.winrate import win_rate


def judged(n: int, quality: float, liking: float, extra: float, seed: int = 1) -> tuple[list[float], list[float]]:
    """Return verdicts of a judge who likes length, and by how much the candidate's answers are longer."""
    rng = np.random.default_rng(seed)
    lengths = rng.normal(extra, 100, n)
    chance = expit(quality + liking * np.tanh(lengths / np.sqrt((lengths**2).mean())))
    return list((rng.random(n) < chance).astype(float)), list(lengths)


def test_a_win_rate_that_is_only_length_falls_back_to_even() -> None:
    verdicts, lengths = judged(1500, quality=0.0, liking=2.0, extra=80.0)
    found = length_controlled_win_rate(verdicts, lengths)
    assert win_rate(verdicts).low > 0.6
    assert found.rate.low < 0.5 < found.rate.high
    assert found.length_effect == pytest.approx(2.0, abs=0.4)
    assert found.longer > 0.7


def test_quality_stays_where_the_judge_does_not_care_for_length() -> None:
    verdicts, lengths = judged(1500, quality=0.8, liking=0.0, extra=80.0)
    found = length_controlled_win_rate(verdicts, lengths)
    assert found.rate.low < expit(0.8) < found.rate.high
    assert found.rate.low > 0.6


def test_without_a_difference_in_length_it_is_the_win_rate() -> None:
    verdicts = [1.0] * 33 + [0.5] * 6 + [0.0] * 21
    found, raw = length_controlled_win_rate(verdicts, [0.0] * 60).rate, win_rate(verdicts)
    assert found[:3] == pytest.approx(raw[:3], abs=0.012)


def test_the_fit_is_that_of_scikit_learn() -> None:
    from sklearn.linear_model import LogisticRegression

    verdicts, lengths = judged(200, quality=0.3, liking=1.0, extra=40.0)
    tilt = np.tanh(np.array(lengths) / np.sqrt(np.mean(np.square(lengths))))
    reference = LogisticRegression(C=4.0, tol=1e-10).fit(tilt[:, None], np.array(verdicts))
    found = length_controlled_win_rate(verdicts, lengths)
    assert found.rate.value == pytest.approx(float(expit(reference.intercept_[0])), abs=1e-5)
    assert found.length_effect == pytest.approx(float(reference.coef_[0, 0]), abs=1e-4)


def test_winning_every_prompt_still_leaves_doubt() -> None:
    found = length_controlled_win_rate([1.0] * 30, list(np.linspace(-50, 60, 30))).rate
    assert found.value == pytest.approx(1.0)
    assert 0.8 < found.low < 0.93


def test_the_limits_hold_the_uncertainty_of_the_length_effect() -> None:
    """Published standard errors leave it out; where the candidate is nearly always longer it is most of the width."""
    verdicts, lengths = judged(200, quality=0.2, liking=1.0, extra=150.0)
    found, raw = length_controlled_win_rate(verdicts, lengths).rate, win_rate(verdicts)
    assert found.high - found.low > 1.8 * (raw.high - raw.low)


def test_related_prompts_widen_the_limits() -> None:
    verdicts, lengths = judged(40, quality=0.4, liking=0.5, extra=10.0)
    families = [f"f{i}" for i in range(40)]
    single, repeated = (length_controlled_win_rate(verdicts * k, lengths * k, families * k).rate for k in (1, 3))
    assert repeated.high - repeated.low > 0.9 * (single.high - single.low)


def test_always_longer_answers_are_called_extrapolation() -> None:
    verdicts, lengths = judged(60, quality=0.4, liking=0.5, extra=10.0)
    assert not length_controlled_win_rate(verdicts, lengths).is_extrapolated
    assert length_controlled_win_rate(verdicts, [abs(length) + 1 for length in lengths]).is_extrapolated


def test_small_blocks_give_the_same_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    verdicts, lengths = judged(30, quality=0.4, liking=0.5, extra=10.0)
    whole = length_controlled_win_rate(verdicts, lengths)
    monkeypatch.setattr(length_control, "BLOCK", 31 * 250)
    assert length_controlled_win_rate(verdicts, lengths).rate[:3] == pytest.approx(whole.rate[:3], abs=1e-9)


def test_what_cannot_be_judged_is_refused() -> None:
    with pytest.raises(NotEnoughError):
        length_controlled_win_rate([], [])
    with pytest.raises(StatisticsError, match="one is needed"):
        length_controlled_win_rate([1.0, 0.0], [3.0])
    with pytest.raises(StatisticsError, match="finite"):
        length_controlled_win_rate([1.0, 0.0], [3.0, float("nan")])
