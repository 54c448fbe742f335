"""Bars must say the same without colour as with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector.tui.drawing import Span, interval_bar, score_bar, share_bar, tinted


@given(share=st.floats(min_value=0, max_value=1), width=st.integers(min_value=1, max_value=60))
def test_a_share_bar_has_its_width_and_fills_in_proportion(share: float, width: int) -> None:
    bar = share_bar(share, width)
    assert len(bar) == width
    assert abs(bar.count("━") - share * width) <= 1
    assert bar == "━" * bar.count("━") + "─" * bar.count("─")


def test_a_small_chance_still_shows() -> None:
    assert share_bar(0.001, 10).startswith("━")
    assert "━" not in share_bar(0.0, 10)


def test_a_score_is_a_point_in_its_interval() -> None:
    assert score_bar(Span(2.0, 3.0, 4.0), 11) == "────━━●━━──"


@pytest.mark.parametrize(
    ("span", "margin", "clear"),
    [
        (Span(0.26, 0.30, 0.33), 0.05, True),
        (Span(-0.06, 0.02, 0.11), -0.10, True),
        (Span(-0.12, 0.02, 0.11), -0.10, False),
    ],
)
def test_an_interval_clear_of_its_margin_looks_clear_of_it(span: Span, margin: float, clear: bool) -> None:
    bar = interval_bar(span, margin, 40)
    assert bar.index("┃") < bar.index("●")
    assert (bar.index("┃") < bar.index("━")) == clear


def test_margin_and_zero_are_always_on_the_axis() -> None:
    bar = interval_bar(Span(5.0, 6.0, 7.0), 2.0, 30)
    assert bar.index("│") < bar.index("┃") < bar.index("━")


def test_an_interval_without_width_is_drawn() -> None:
    assert interval_bar(Span(0.0, 0.0, 0.0), 0.0, 9).count("┃") == 1


def test_tinting_keeps_every_character() -> None:
    assert tinted("──━●━──", "$primary").plain == "──━●━──"
