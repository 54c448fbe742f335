"""The walk waits for what a person reads, and tells what did not come."""

from itertools import count

import pytest

from tests.walk.terminal import NotShownError, flat, wait_for

WRAPPED = "│ Sign the evidence   │\n│ of this run.        │\n╰─────────────────────╯"


def test_a_text_is_found_where_it_is_wrapped_in_a_frame() -> None:
    assert "Sign the evidence of this run." in flat(WRAPPED)


def test_a_screen_is_returned_once_it_holds_all_texts_and_rests() -> None:
    screens = iter(("", "Gates", "Gates, a report", "Gates, a report: go", "Gates, a report: go", "later"))
    assert wait_for(screens.__next__, "Gates", "report", seconds=10, rest=lambda _: None) == "Gates, a report: go"


def test_what_did_not_come_is_named_with_the_screen() -> None:
    with pytest.raises(NotShownError, match=r"'report'.*\n.*Gates") as error:
        wait_for(lambda: "Gates", "Gates", "report", seconds=5, clock=count().__next__, rest=lambda _: None)
    assert "'Gates'" not in str(error.value)
