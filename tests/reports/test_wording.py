"""How numbers and other people's text are written."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.records.gates import Estimate, GateResult
from reports.records.intake import Value
from reports.wording import (
    LONGEST_TEXT,
    change,
    duration,
    interval,
    margin,
    moment,
    number,
    sentence_case,
    setting,
    visible,
    words,
)
from tests.reports.test_charts import Drawn, Kind, gate


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "", "not measured"),
        (float("nan"), "rate", "not measured"),
        (float("inf"), "", "not measured"),
        (0.0, "rate", "0 %"),
        (0.7977, "rate", "79.8 %"),
        (1.0, "rate", "100 %"),
        (0.0361, "nats/token", "0.0361 nats/token"),
        (-0.25, "", "−0.25"),
        (8.35, "words", "8.35 words"),
        (1234.5, "", "1,234"),
        (73728.0, "", "73,728"),
        (5e-6, "", "5e-06"),
        (0.0, "", "0"),
    ],
)
def test_a_number_carries_its_unit(value: float | None, unit: str, text: str) -> None:
    assert number(value, unit) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.298, "rate", "+29.8 points"),
        (-0.05, "rate", "−5 points"),
        (0.0, "rate", "±0 points"),
        (0.445, "nats/token", "+0.445 nats/token"),
        (None, "rate", "not measured"),
    ],
)
def test_a_difference_has_a_sign_and_differences_of_shares_are_points(value: float | None, unit: str, text: str) -> None:
    assert change(value, unit) == text


@pytest.mark.parametrize(
    ("low", "high", "unit", "signed", "text"),
    [
        (0.765, 0.83, "rate", False, "76.5 to 83 %"),
        (-0.061, 0.111, "rate", True, "−6.1 to +11.1 points"),
        (0.0314, 0.0407, "nats/token", True, "+0.0314 to +0.0407 nats/token"),
        (None, 0.2, "rate", False, "not measured"),
        (1.0, 2.0, "", False, "1 to 2"),
    ],
)
def test_an_interval_names_its_unit_once(low: float | None, high: float | None, unit: str, signed: bool, text: str) -> None:
    assert interval(Estimate(value=0.0, low=low, high=high, n=3), unit, signed) == text


@pytest.mark.parametrize(
    ("kind", "direction", "size", "text"),
    [
        ("superiority", "higher", 0.05, "at least 5 points higher"),
        ("superiority", "lower", 0.05, "at least 5 points lower"),
        ("superiority", "higher", 0.0, "any gain (higher)"),
        ("non-inferiority", "higher", 0.1, "at most 10 points lower"),
        ("non-inferiority", "lower", 0.1, "at most 10 points higher"),
        ("non-inferiority", "lower", 0.0, "not higher"),
        ("limit", "lower", 0.05, "at most 5 %"),
        ("limit", "higher", 0.9, "at least 90 %"),
        ("limit", "lower", 0.0, "at most 0 %"),
        ("inform", "lower", 0.0, "nothing"),
    ],
)
def test_a_margin_is_said_in_words(kind: Kind, direction: str, size: float, text: str) -> None:
    found: GateResult = gate(Drawn(kind, "higher" if direction == "higher" else "lower", size, [0.0, 0.0, 0.0]))

    assert margin(found) == text


@pytest.mark.parametrize(("size", "text"), [(0.0, "more than 50 %"), (0.05, "more than 55 %")])
def test_the_margin_of_a_win_rate_counts_from_even(size: float, text: str) -> None:
    found = msgspec.structs.replace(gate(Drawn("superiority", "higher", size, [0.0, 0.0, 0.0])), metric="win_rate")

    assert margin(found) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "not measured"), (0.44, "0.4 s"), (59.97, "60.0 s"), (61.2, "1 min 1 s"), (3599.7, "1 h 0 min"), (7320, "2 h 2 min")],
)
def test_a_time_span_shows_its_two_largest_units(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "not known"), (True, "yes"), (False, "no"), (3, "3"), (73728, "73,728"), (5e-06, "5e-06"), (0.1, "0.1"), ("x", "x")],
)
def test_a_setting_reads_as_people_write_it(value: Value, text: str) -> None:
    assert setting(value) == text


def test_identifiers_become_words() -> None:
    assert words("peak_memory_gib") == "peak memory GiB"
    assert sentence_case("eval_loss") == "Evaluation loss"
    assert sentence_case("") == ""


@pytest.mark.parametrize(
    ("at", "text"),
    [("2026-11-20T21:45:00Z", "2026-11-20 21:45 UTC"), ("2026-11-20T21:45:00.5Z", "2026-11-20 21:45 UTC"), ("later", "later")],
)
def test_a_moment_is_day_and_minute(at: str, text: str) -> None:
    assert moment(at) == text


@given(st.text())
def test_visible_text_holds_no_unseen_character_and_can_be_written(text: str) -> None:
    shown = visible(text)

    shown.encode("utf-8")
    assert not {"\u202e", "\u2066", "\u200b", "\ufeff", "\x00", "\x1b", "\x85"} & set(shown)


@given(st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=200))
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert visible(text) == text


def test_a_joined_emoji_and_line_breaks_are_left_alone() -> None:
    assert visible("👩\u200d💻\n\tline\r\nnext") == "👩\u200d💻\n\tline\nnext"


def test_an_overlong_text_says_how_much_is_missing() -> None:
    shown = visible("a" * (LONGEST_TEXT + 1500))

    assert shown.endswith("[…] (cut: 1,500 of 5,500 characters are not shown)")
    assert visible("a" * LONGEST_TEXT) == "a" * LONGEST_TEXT
