"""Differences of two rates on the same prompts."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from evals.stats.interval import NotEnoughError, StatisticsError
from evals.stats.paired import mcnemar_exact, mcnemar_mid_p, paired_rate_difference
from evals.stats.proportions import upper_limit
from evals.stats.tango import exact_limits, score, tango_limits


def paired(kept: int, gained: int, lost: int, families: tuple[str, ...] = (), level: float = 0.05) -> tuple[float, float, float]:
    """Return value and limits for these counts of pairs."""
    baseline = [True] * kept + [False] * gained + [True] * lost
    candidate = [True] * kept + [True] * gained + [False] * lost
    return paired_rate_difference(baseline, candidate, families, level)[:3]


@pytest.mark.parametrize(("gained", "lost"), [(20, 40), (40, 20), (5, 0), (103, 150), (0, 1)])
def test_mcnemar_is_the_binomial_sum_done_by_hand(gained: int, lost: int) -> None:
    total = gained + lost
    tail = sum(math.comb(total, k) for k in range(min(gained, lost) + 1))
    by_hand = min(Fraction(2 * tail, 2**total), Fraction(1))
    assert mcnemar_exact(gained, lost) == pytest.approx(float(by_hand), rel=1e-9)


def test_mcnemar_of_20_against_40_is_significant_where_an_unpaired_test_is_not() -> None:
    assert mcnemar_exact(20, 40) == pytest.approx(0.0135, abs=5e-5)


def test_mcnemar_without_changed_pairs_is_one() -> None:
    assert mcnemar_exact(0, 0) == 1.0
    assert mcnemar_exact(4, 4) == 1.0


def test_mcnemar_of_published_solutions_of_school_mathematics() -> None:
    """GSM8K, 1319 problems: a small model with a verifier against a large one without (306 solved by both, 652 by neither)."""
    assert mcnemar_exact(209, 152) == pytest.approx(0.00315, abs=5e-6)
    assert mcnemar_mid_p(209, 152) == pytest.approx(0.00269, abs=5e-6)
    value, low, high = paired(306 + 652, 209, 152)
    assert value == pytest.approx(57 / 1319)
    assert 0 < low < value < high


def test_mid_p_counts_half_of_what_was_observed_and_mirrors() -> None:
    assert mcnemar_mid_p(1, 0) == pytest.approx(0.5)
    assert mcnemar_mid_p(5, 0) == pytest.approx(1 / 32)
    assert mcnemar_mid_p(0, 0) == mcnemar_mid_p(3, 3) == pytest.approx(1.0)
    assert mcnemar_mid_p(7, 2) == mcnemar_mid_p(2, 7) < mcnemar_exact(7, 2)


def test_negative_counts_are_refused() -> None:
    for p_value in (mcnemar_exact, mcnemar_mid_p):
        with pytest.raises(StatisticsError, match="negative"):
            p_value(-1, 3)


def constrained_score(gained: int, lost: int, n: int, difference: float) -> float:
    """Compute the score statistic with the nuisance rate found by brute force over a fine grid."""
    floor, ceiling = max(0.0, -difference), (1 - difference) / 2
    rates: NDArray[np.float64] = np.linspace(floor, ceiling, 400_001)[1:-1]
    same = n - gained - lost
    likelihood = gained * np.log(rates + difference) + lost * np.log(rates) + same * np.log1p(-2 * rates - difference)
    rate = float(rates[int(np.argmax(likelihood))])
    return (gained - lost - n * difference) / math.sqrt(n * (2 * rate + difference - difference**2))


@pytest.mark.parametrize(("gained", "lost", "n"), [(1, 0, 44), (9, 3, 30), (0, 0, 50), (12, 20, 90), (6, 0, 20)])
def test_tango_limits_invert_the_score_test_found_by_grid_search(gained: int, lost: int, n: int) -> None:
    low, high = tango_limits(gained, lost, n, 0.025)
    assert constrained_score(gained, lost, n, low) == pytest.approx(1.959964, abs=2e-3)
    assert constrained_score(gained, lost, n, high) == pytest.approx(-1.959964, abs=2e-3)


def test_tango_limits_without_changed_pairs_have_their_closed_form() -> None:
    z = 1.959963984540054
    low, high = tango_limits(0, 0, 100, 0.025)
    assert (low, high) == pytest.approx((-z * z / (100 + z * z), z * z / (100 + z * z)), abs=1e-8)


def test_tango_limits_of_a_published_table() -> None:
    """Airway reactivity before and after transplantation: Fagerland, Lydersen and Laake, Statistics in Medicine 33 (2014)."""
    low, high = tango_limits(1, 7, 21, 0.025)
    assert (low, high) == pytest.approx((-0.517, -0.026), abs=5e-4)


@pytest.mark.parametrize(("n", "margin"), [(59, 0.05), (120, 0.025), (299, 0.01)])
def test_no_lost_prompt_shows_nearly_as_much_as_the_exact_limit_of_one_rate(n: int, margin: float) -> None:
    found = -exact_limits(0, 0, n, 0.05).low
    assert upper_limit(0, n) <= found < margin


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(0, n))))
@settings(max_examples=40, deadline=None)
def test_limits_enclose_the_difference_mirror_and_are_never_a_point(counts: tuple[int, int, int]) -> None:
    n, gained, lost = counts
    lost = min(lost, n - gained)
    low, high = exact_limits(gained, lost, n, 0.025)
    assert -1 <= low <= (gained - lost) / n <= high <= 1
    assert high - low > 0
    assert exact_limits(lost, gained, n, 0.025) == pytest.approx((-high, -low), abs=1e-9)


def test_limits_narrow_as_prompts_are_added() -> None:
    widths = [high - low for low, high in (exact_limits(n // 20, n // 20, n, 0.025) for n in (20, 60, 200, 1000))]
    assert widths == sorted(widths, reverse=True)


def test_exact_limits_contain_the_score_limits_or_nearly_so() -> None:
    for gained, lost, n in [(0, 0, 40), (3, 1, 50), (20, 30, 120), (5, 0, 200)]:
        exact, asymptotic = exact_limits(gained, lost, n, 0.025), tango_limits(gained, lost, n, 0.025)
        assert exact.low < asymptotic.low + 0.01 / math.sqrt(n)
        assert exact.high > asymptotic.high - 0.01 / math.sqrt(n)
        assert exact.high - exact.low < 1.25 * (asymptotic.high - asymptotic.low)


def test_the_score_grows_with_the_prompts_gained() -> None:
    scores = score(np.arange(31.0), np.full(31, 4.0), 60, -0.05)
    assert np.all(np.diff(scores) > 0)


def test_a_family_counts_once_however_many_prompts_it_has() -> None:
    single = paired(20, 4, 0, tuple(f"f{i}" for i in range(24)))
    one_each = paired_rate_difference([True] * 40 + [False] * 8, [True] * 48, [f"f{i // 2}" for i in range(48)])
    assert one_each.low < single[1]
    assert one_each.method.endswith("24 families")


def test_families_without_a_changed_pair_keep_the_width_of_their_number() -> None:
    families = tuple(f"f{i // 4}" for i in range(80))
    value, low, high = paired(80, 0, 0, families, level=0.10)
    assert value == 0
    assert (low, high) == pytest.approx((-(1 - 0.05 ** (1 / 20)), 1 - 0.05 ** (1 / 20)), abs=1e-6)


def test_unnamed_families_are_independent_prompts() -> None:
    assert paired(30, 2, 1, ("",) * 33) == paired(30, 2, 1)


@pytest.mark.parametrize(
    ("baseline", "candidate", "error"),
    [
        ([], [], NotEnoughError),
        ([True], [], StatisticsError),
        ([1, 0.5], [1, 0], StatisticsError),
        ([1, 0], [math.nan, 0], StatisticsError),
    ],
)
def test_what_is_not_a_paired_rate_is_refused(baseline: list[bool], candidate: list[bool], error: type[StatisticsError]) -> None:
    with pytest.raises(error):
        paired_rate_difference(baseline, candidate)
