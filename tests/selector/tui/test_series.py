"""Curves must stay bounded, ordered and true to their ends."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from selector.tui.series import Points, Series, thinned


@given(count=st.integers(min_value=1, max_value=5000), limit=st.integers(min_value=4, max_value=200))
def test_a_long_curve_stays_within_its_limit_and_keeps_both_ends(count: int, limit: int) -> None:
    series = Series(limit)
    for x in range(count):
        series.add(x, x * 2.0)
    points = series.points()
    assert len(points.xs) <= limit
    assert (points.xs[0], points.xs[-1]) == (0, count - 1)
    assert list(points.xs) == sorted(set(points.xs))
    assert all(y == 2 * x for x, y in zip(points.xs, points.ys, strict=True))


def test_thinning_is_even() -> None:
    series = Series(100)
    for x in range(10_000):
        series.add(x, 0.0)
    xs = series.points().xs
    gaps = {b - a for a, b in pairwise(xs[:-1])}
    assert len(gaps) == 1


def test_a_resumed_run_replaces_what_it_does_again() -> None:
    series = Series()
    for x in (2, 4, 6, 8):
        series.add(x, 1.0)
    series.add(6, 5.0)
    assert series.points() == Points((2, 4, 6), (1.0, 1.0, 5.0))


def test_the_last_line_of_a_step_counts() -> None:
    series = Series()
    series.add(2, 1.0)
    series.add(2, 3.0)
    assert series.points() == Points((2,), (3.0,))


def test_thinned_points_end_with_the_last() -> None:
    points = Points(tuple(range(1000)), tuple(range(1000)))
    shown = thinned(points, 100)
    assert len(shown.xs) <= 100
    assert shown.xs[-1] == 999
    assert thinned(points, 1000) is points
