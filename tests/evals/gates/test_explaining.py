"""What decided a gate, how firmly, and what would decide it."""

import re

import pytest

from evals.gates.deciding import deciding
from evals.gates.evidence import Evidence, evidence_for
from evals.gates.fragility import fragility
from evals.gates.reading import read_gate
from evals.gates.resolving import resolve
from evals.gates.ruling import harm_p_value, rule
from reports.records.evaluation import Metric
from reports.records.gates import GateState, Instrument
from reports.records.plan import GatePlan
from tests.evals.gates.runs import Values, gate, metric, outcomes


def state_of(plan: GatePlan, measured: Metric) -> GateState:
    """Return the state of one gate on its own."""
    return rule([read_gate(plan, measured)])[0].state


def relabelled(evidence: Evidence) -> int:
    """Return the number in a fragility sentence."""
    found = re.match(r"(\d+) of \d+", fragility(evidence, state_of(evidence.plan, evidence.metric)))
    assert found
    return int(found[1])


@pytest.mark.parametrize(("lost", "fewest"), [(0, 2), (1, 1)])
def test_the_fewest_relabelled_prompts_that_undo_a_pass(lost: int, fewest: int) -> None:
    assert relabelled(evidence_for(gate("refusal"), metric("refusal", outcomes(120 - lost, lost=lost)))) == fewest


def test_relabelling_as_many_as_said_turns_the_gate_and_one_fewer_does_not() -> None:
    plan = gate("refusal")
    fewest = relabelled(evidence_for(plan, metric("refusal", outcomes(200, lost=40))))
    assert state_of(plan, metric("refusal", outcomes(200 + fewest, lost=40 - fewest))) != "fail"
    assert state_of(plan, metric("refusal", outcomes(200 + fewest - 1, lost=40 - fewest + 1))) == "fail"


def test_a_win_rate_turns_with_reversed_preferences() -> None:
    plan = gate("win_rate", "superiority", 0.0)
    wins = 70
    fewest = relabelled(evidence_for(plan, metric("win_rate", [(None, 1.0)] * wins + [(None, 0.0)] * (100 - wins))))
    turned: Values = [(None, 1.0)] * (wins - fewest) + [(None, 0.0)] * (100 - wins + fewest)
    assert state_of(plan, metric("win_rate", turned)) == "unresolved"


def test_means_are_tried_by_leaving_texts_out() -> None:
    values: Values = [(2.0 + i / 50, 2.0 + i / 50 + (0.3 if i < 8 else 0.0) + i % 3 / 50) for i in range(60)]
    evidence = evidence_for(gate("perplexity_general", margin=0.09), metric("perplexity_general", values, "lower"))
    assert "left out would make it pass" in fragility(evidence, "unresolved")


def test_more_prompts_without_a_loss_decide_after_as_many_as_promised() -> None:
    plan = gate("refusal")
    text = resolve(read_gate(plan, metric("refusal", outcomes(40))), "unresolved")
    found = re.match(r"About (\d+) more prompts would decide it, for the candidate", text)
    assert found
    assert state_of(plan, metric("refusal", outcomes(40 + int(found[1])))) == "pass"
    assert state_of(plan, metric("refusal", outcomes(40 + int(found[1]) - 1))) == "unresolved"


def test_an_observed_loss_beyond_the_margin_would_decide_against() -> None:
    text = resolve(read_gate(gate("refusal"), metric("refusal", outcomes(54, lost=6))), "unresolved")
    assert "against the candidate" in text


def test_a_result_on_the_margin_promises_nothing() -> None:
    values: Values = [(None, 1.0), (None, 0.0)] * 40
    text = resolve(read_gate(gate("win_rate", "superiority", 0.0), metric("win_rate", values)), "unresolved")
    assert "not even 20,000" in text


def test_a_promised_win_rate_is_decided_when_as_many_more_answer_alike() -> None:
    plan = gate("win_rate", "superiority", 0.0)
    values: Values = [(None, value) for value in (1.0, 0.2, 0.7, 0.4, 0.6)] * 12
    text = resolve(read_gate(plan, metric("win_rate", values)), "unresolved")
    found = re.match(r"About (\d+) more prompts would decide it, for the candidate", text)
    assert found
    repeats = (len(values) + int(found[1])) * 1.15 / 5
    assert state_of(plan, metric("win_rate", list(values[:5]) * round(repeats))) == "pass"


def test_a_decided_gate_needs_no_more_prompts() -> None:
    assert resolve(read_gate(gate("refusal"), metric("refusal", outcomes(120))), "pass") == ""


def test_at_most_ten_prompts_are_shown_and_none_that_did_not_change() -> None:
    plan = gate("refusal")
    assert len(deciding(evidence_for(plan, metric("refusal", outcomes(50, lost=15))), {})) == 10
    assert deciding(evidence_for(plan, metric("refusal", outcomes(50))), {}) == ()


def test_a_preference_names_the_side_the_judge_took() -> None:
    values: Values = [(None, 0.95), (None, 0.1), (None, 0.5)]
    notes = [item.note for item in deciding(evidence_for(gate("win_rate", "superiority"), metric("win_rate", values)), {})]
    assert notes[0].startswith("judge prefers baseline") and notes[1].startswith("judge prefers candidate")
    assert len(notes) == 2


def test_a_rise_is_shown_before_a_fall_where_lower_is_better() -> None:
    values: Values = [(2.0, 1.0), (2.0, 2.4), (2.0, 2.9)]
    found = deciding(
        evidence_for(gate("perplexity_general"), metric("perplexity_general", values, "lower", unit="nats/token")), {}
    )
    assert [item.prompt_id for item in found] == ["p2", "p1", "p0"]
    assert found[0].note == "2 nats/token → 2.9 nats/token"


def test_the_harm_p_value_is_the_level_at_which_harm_appears() -> None:
    reading = read_gate(gate("refusal"), metric("refusal", outcomes(100, lost=16)))
    p = harm_p_value(reading)
    assert 0.0001 < p < 0.05
    assert reading.evidence is not None
    assert reading.evidence.is_harm(reading.evidence.interval(p * 1.01))
    assert not reading.evidence.is_harm(reading.evidence.interval(p * 0.97))


def test_no_harm_at_the_gates_level_is_a_p_value_of_one() -> None:
    assert harm_p_value(read_gate(gate("refusal"), metric("refusal", outcomes(116, lost=4)))) == 1.0


@pytest.mark.parametrize(
    ("instrument", "step"),
    [("swap_consistency", "another judge with --judge"), ("numeric_noise", "float32"), ("of a package", "Mend what is broken")],
)
def test_a_broken_gate_says_what_to_do_about_the_instrument_that_failed(instrument: str, step: str) -> None:
    failed = Instrument(name=instrument, value=1.0, limit=0.5, ok=False, because="it failed.")
    reading = read_gate(gate("refusal"), metric("refusal", outcomes(120), instruments=(failed,)))
    assert step in resolve(reading, "broken")


def test_a_gate_that_nothing_measures_and_one_with_missing_answers_say_what_to_do() -> None:
    assert "correct the name in the policy" in resolve(read_gate(gate("no_such_metric"), None), "broken")
    assert "Give what it is measured on" in resolve(read_gate(gate("refusal"), metric("refusal", [])), "broken")
    missing = metric("refusal", [*outcomes(100), *[(1.0, None)] * 20])
    assert "See why answers are missing" in resolve(read_gate(gate("refusal"), missing), "broken")
