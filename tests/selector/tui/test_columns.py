"""Columns must fit any width."""

from hypothesis import given
from hypothesis import strategies as st
from textual.content import Content

from selector.tui.columns import Column, fit, line

COLUMNS = (
    Column("State", 8),
    Column("Gate", 10, grows=True),
    Column("Baseline", 9, drop=1, align="right"),
    Column("Demands", 20, drop=2),
)


def test_the_least_important_column_goes_first() -> None:
    assert [bool(width) for width in fit(COLUMNS, 60)] == [True, True, True, True]
    assert [bool(width) for width in fit(COLUMNS, 40)] == [True, True, True, False]
    assert [bool(width) for width in fit(COLUMNS, 25)] == [True, True, False, False]


@given(width=st.integers(min_value=20, max_value=300))
def test_the_growing_column_takes_exactly_what_is_left(width: int) -> None:
    widths = fit(COLUMNS, width)
    assert line(COLUMNS, widths, ["a"] * 4).cell_length == width


def test_a_column_with_a_most_grows_that_far_and_no_farther() -> None:
    columns = (Column("Name", 10, grows=True), Column("Bar", 5, most=9))
    assert fit(columns, 17) == [10, 5]
    assert fit(columns, 19) == [10, 7]
    assert fit(columns, 40) == [29, 9]


def test_a_cell_may_depend_on_the_width() -> None:
    columns = (Column("Bar", 3, most=6),)
    assert line(columns, fit(columns, 5), [lambda width: "━" * width]).plain == "━━━━━"


def test_text_that_is_too_long_ends_in_an_ellipsis() -> None:
    columns = (Column("Name", 6), Column("Value", 5, align="right"))
    assert line(columns, fit(columns, 13), ["abcdefgh", "12"]).plain == "abcde…     12"


def test_wide_characters_count_as_two_cells() -> None:
    columns = (Column("Name", 6), Column("Value", 2))
    assert line(columns, fit(columns, 10), [Content("東京都庁"), "x"]).cell_length == 10
