"""A gate must be shown as it was decided: state, interval, margin, and what it does not say."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from reports.records.gates import Estimate, GateResult, Gates, Instrument
from selector.tui.gate_rows import bar, details, difference_text, not_tested, ordered, sign_of, title_of, verdict_line
from tests.reports.sample_run import build_sample_run

UNMEASURED = Estimate(value=None, low=None, high=None, n=0)


@pytest.fixture(name="gates")
def _gates(tmp_path: Path) -> Gates:
    return build_sample_run(tmp_path, verdict="no-go").read(Gates)


def find(gates: Gates, name: str) -> GateResult:
    return next(gate for gate in gates.results if gate.name == name)


def test_harm_comes_first_and_what_is_not_required_last(gates: Gates) -> None:
    names = [gate.name for gate in ordered(gates)]
    assert names[0] == "over_refusal"
    assert set(names[-2:]) == {"drift_target", "length"}


@pytest.mark.parametrize(
    ("most", "title"),
    [
        (40, "Drift in the domain (not required)"),
        (31, "Drift in the domain (optional)"),
        (27, "Drift in the domain (info)"),
        (20, "Drift in the domain"),
    ],
)
def test_a_gate_says_that_it_is_not_required_in_the_room_there_is(gates: Gates, most: int, title: str) -> None:
    assert title_of(find(gates, "drift_target"), most) == title
    assert title_of(find(gates, "refusal"), most) == "Refusal of harmful prompts"


def test_the_verdict_line_says_verdict_reason_and_next_step(gates: Gates) -> None:
    text = verdict_line(gates, 1000).plain
    assert "✗ NO-GO" in text
    assert gates.because in text
    assert f"Next: {gates.next_step}" in text
    assert "4 pass, 1 fail" in text


def test_a_long_reason_is_shortened_where_there_is_no_room(gates: Gates) -> None:
    long = replace(gates, because="word " * 200)
    assert len(verdict_line(long, 100).plain) < 300
    assert "word …" in verdict_line(long, 100).plain


def test_a_failed_gate_lies_beyond_its_margin(gates: Gates) -> None:
    drawn = bar(find(gates, "over_refusal"), 30).plain
    assert drawn.index("┃") < drawn.index("━")


def test_lower_is_better_puts_the_margin_above_zero(gates: Gates) -> None:
    drawn = bar(find(gates, "over_refusal"), 30).plain
    assert drawn.index("│") < drawn.index("┃")


def test_higher_is_better_puts_a_tolerated_loss_below_zero(gates: Gates) -> None:
    drawn = bar(find(gates, "refusal"), 30).plain
    assert drawn.index("┃") < drawn.index("│")


def test_a_limit_is_compared_with_the_value_itself(gates: Gates) -> None:
    toxicity = find(gates, "toxicity")
    assert difference_text(toxicity, 30).startswith("0 %")


def test_a_gate_without_a_measurement_has_no_bar_and_says_so(gates: Gates) -> None:
    gate = replace(find(gates, "win_rate"), state="broken", difference=UNMEASURED, candidate=UNMEASURED)
    assert bar(gate, 20).plain == ""
    assert difference_text(gate, 30) == "not measured"
    assert "not measured" in details(gate, 200).plain


def test_a_value_that_was_not_compared_is_not_drawn_on_the_scale_of_differences(gates: Gates) -> None:
    gate = replace(find(gates, "win_rate"), state="broken", difference=UNMEASURED)
    assert bar(gate, 20).plain == ""
    assert difference_text(gate, 30) == "not measured"


def test_a_unit_gives_way_where_the_column_is_narrow(gates: Gates) -> None:
    gate = find(gates, "win_rate")
    assert difference_text(gate, 40) == "+29.8 pt [+26.5, +33]"
    assert difference_text(gate, 20) == "+29.8 [+26.5, +33]"
    assert difference_text(gate, 13) == "+30 [27, 33]"


def test_a_gate_for_information_does_not_claim_to_pass(gates: Gates) -> None:
    assert sign_of(replace(find(gates, "drift_target"), state="pass")).word == "info"


def test_the_details_hold_everything_a_decision_rests_on(gates: Gates) -> None:
    failed = Instrument(name="judge accuracy", value=0.52, limit=0.6, ok=False, because="31 of 60")
    gate = replace(find(gates, "win_rate"), resolve="40 more prompts", fragility="flips with 2", instruments=(failed,), missing=3)
    text = details(gate, 200).plain
    for part in (gate.because, gate.method, "3 missing", "40 more prompts", "flips with 2", "✗ judge accuracy 0.52", "31 of 60"):
        assert part in text


def test_hostile_text_is_shown_not_obeyed(gates: Gates) -> None:
    gate = replace(find(gates, "win_rate"), because="[bold]x[/] \x1b[2J\u202e")
    text = details(gate, 200).plain
    assert "[bold]x[/]" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_what_was_not_tested_is_said(gates: Gates) -> None:
    assert gates.not_tested[0] in not_tested(gates).plain
    assert not_tested(replace(gates, not_tested=())).plain == ""
