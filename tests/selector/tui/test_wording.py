"""What is said must be short, right, and readable without colour."""

from typing import get_args

import pytest
from textual.content import Content

from reports.records.gates import GateState, Verdict
from reports.records.recommendation import Strategy
from reports.records.run import RunStatus
from selector.tui.side_by_side import hanging, side_by_side
from selector.tui.wording import GATES, STATUSES, STRATEGIES, VERDICTS, Sign, age, clock, percent, stage_title


def test_every_state_has_a_sign_and_a_word() -> None:
    assert set(VERDICTS) == {*get_args(Verdict), None}
    assert set(GATES) == set(get_args(GateState))
    assert set(get_args(RunStatus)) <= set(STATUSES)
    assert set(STRATEGIES) == set(get_args(Strategy))


@pytest.mark.parametrize("signs", [VERDICTS, GATES])
def test_states_are_told_apart_by_their_words(signs: dict[str | None, Sign]) -> None:
    assert len({sign.text for sign in signs.values()}) == len(signs)


@pytest.mark.parametrize(
    ("passed", "shown"),
    [(5, "now"), (60, "1 min"), (89, "1 min"), (90, "2 min"), (7200, "2 h"), (86_400 * 3, "3 d"), (-50, "now")],
)
def test_an_age_is_in_its_largest_unit(passed: float, shown: str) -> None:
    assert age("2026-11-20T21:45:00Z", 1_795_211_100.0 + passed) == shown


def test_an_unknown_age_is_empty() -> None:
    assert age("", 0.0) == ""


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0:00"), (65, "1:05"), (3_725, "1:02:05"), (-3, "0:00")])
def test_a_clock_counts_minutes_and_hours(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


@pytest.mark.parametrize(
    ("share", "shown"), [(0.0, "0 %"), (0.002, "<1 %"), (0.42, "42 %"), (0.996, ">99 %"), (1.0, "100 %"), (0.99, "99 %")]
)
def test_a_chance_is_certain_only_where_it_is(share: float, shown: str) -> None:
    assert percent(share) == shown


def test_stages_are_named_for_people() -> None:
    assert [stage_title(name) for name in ("data", "train/1-sft", "2-dpo", "judge")] == ["Data checks", "SFT", "DPO", "Judge"]


def test_two_answers_stand_beside_each_other() -> None:
    shown = side_by_side(("Baseline", "one two three four five"), ("Candidate", "six"), 27).plain.split("\n")
    assert [part.rstrip() for part in shown] == [
        "Baseline     │ Candidate",
        "one two      │ six",
        "three four   │",
        "five         │",
    ]


def test_an_empty_answer_says_so() -> None:
    assert "(empty)" in side_by_side(("Baseline", ""), ("Candidate", "x"), 40).plain


def test_wrapped_text_hangs_behind_its_sign() -> None:
    assert hanging(Content("✗ "), Content("one two three four"), 12).plain == "✗ one two\n  three four"
