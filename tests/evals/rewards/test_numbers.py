"""Which number an answer ends with."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.rewards.numbers import find_number, read_numbers
from tests.evals.rewards.material import scores


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("6 * 7 = 42\n#### 42", "42"),
        ("#### 1,234,567", "1234567"),
        (r"So \boxed{\frac{3}{4}} of it, which is 75 in a hundred", "3/4"),
        (r"\boxed{x = 7}", "7"),
        (r"first \boxed{1}, then \boxed{2}", "2"),
        ("The answer is 12, since 5 + 7 makes 12 and not 13.", "12"),
        ("The answer is 5 + 7 = 12. I counted 3 times.", "12"),
        ("Answer: -3.5", "-7/2"),
        ("answer is 41. No: the answer is 42.", "42"),
        ("It costs $1,250.50 in 2 shops, so 1251", "1251"),
        ("You pay -$5", "-5"),
        ("about 10-5", "5"),
        ("1 1/2 cups", "3/2"),
        ("1/3", "1/3"),
        (".5", "1/2"),
        ("2e3", "2000"),
        ("1{,}000", "1000"),
        ("the end of 2024.", "2024"),
        ("**17**", "17"),
        ("−4", "-4"),
    ],
)
def test_the_final_number_is_found(text: str, value: str) -> None:
    found = find_number(text)
    assert found is not None
    assert found.value == Fraction(value)


@pytest.mark.parametrize("text", ["", "no number here", "H2O and x1", "1/0", "9" * 80, "#### ", "\\boxed{"])
def test_a_text_without_a_number_has_none(text: str) -> None:
    assert find_number(text) is None


def test_strict_counts_only_marked_numbers() -> None:
    assert find_number("I get 42", strict=True) is None
    assert find_number("I get 42\n#### 42", strict=True) is not None


@given(st.text(alphabet="0123456789.,/-+%$ e\\boxed{}fracnswer#=is\n", max_size=200))
def test_any_text_is_read(text: str) -> None:
    find_number(text)
    assert all(isinstance(number.value, Fraction) for number in read_numbers(text, backwards=True))


@given(st.integers(-(10**9), 10**9))
def test_a_written_number_is_read_back(number: int) -> None:
    found = find_number(f"#### {number:,}")
    assert found is not None
    assert found.value == number


@pytest.mark.parametrize(
    ("text", "known", "reward"),
    [
        ("It is 42.", 42, 1.0),
        ("It is 42.0", "42", 1.0),
        ("It is 43.", 42, 0.0),
        ("No idea.", 42, 0.0),
        ("5%", "0.05", 1.0),
        ("5 percent", 5, 1.0),
        ("0.05", "5 %", 1.0),
        ("50", "5 %", 0.0),
        ("<think>41</think> 42", 42, 1.0),
        ("42 <think>then 41</think> hm", 42, 0.0),
        ("7", ["6", "7"], 1.0),
        ("7", None, None),
        ("7", "unknown", None),
        ("7", True, None),
        ("12", "worked: 5 + 7\n#### 12", 1.0),
    ],
)
def test_numeric_answers_are_compared_with_the_column(text: str, known: object, reward: float | None) -> None:
    assert scores("numeric-answer", [text], answer=[known]) == [reward]


def test_a_tolerance_lets_rounded_numbers_pass() -> None:
    assert scores("numeric-answer", ["0.33"], answer=["1/3"]) == [0.0]
    assert scores("numeric-answer:tolerance=0.01", ["0.33"], answer=["1/3"]) == [1.0]
