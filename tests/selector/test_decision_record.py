"""The decision record."""

import re

import pytest
from hypothesis import given, settings

from reports.records.intake import Intake
from selector.decision_record import decision_record
from selector.engine import recommend
from selector.intake import make_fact
from selector.strategies import STRATEGIES, title_of
from tests.selector.any_intake import intakes
from tests.selector.scenarios import SCENARIOS, Scenario, quick_policy, team

SECTIONS = ["Facts", "Alternatives", "Ruled out", "What would change the answer", "Steps", "Before a release"]


@pytest.mark.parametrize("scenario", SCENARIOS[::6], ids=lambda scenario: scenario.name)
def test_the_record_fits_on_a_page_and_names_every_strategy(scenario: Scenario) -> None:
    text = decision_record(scenario.intake, recommend(scenario.intake))
    assert len(text.splitlines()) <= 66
    assert all(title_of(strategy) in text for strategy in STRATEGIES)


def test_the_record_holds_the_decision_and_what_it_rests_on() -> None:
    intake = team(preference_pairs=2500, clear_margin_share=0.9, base_pass_rate=0.6, regulated=True)
    answer = recommend(intake, seed=7)
    text = decision_record(intake, answer)
    assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == SECTIONS
    assert text.startswith("# Decision record: DPO\n")
    assert answer.sentence in text
    assert "preference pairs: 2,500 (measured)" in text
    assert "Policy: default, seed 7." in text
    assert all(flip.sentence in text for flip in answer.flips_when)
    assert all(out.because in text and out.unless in text for out in answer.ruled_out)
    assert all(phase.collect in text for phase in answer.phases)
    assert "legal" in text and "win rate" in text


def test_intervals_evidence_and_gaps_are_told() -> None:
    fact = make_fact("base_pass_rate", 0.4, "probed", low=0.3, high=0.5, because="64 of 160 rollouts passed")
    text = decision_record(Intake(facts={fact.name: fact}), recommend(Intake(facts={fact.name: fact})))
    assert "pass rate of the starting model: 40 % (measured, 30 % to 50 %, 64 of 160 rollouts passed)" in text
    assert "not known: demonstrations, preference pairs" in text


def test_text_of_a_person_cannot_break_the_page() -> None:
    fact = make_fact("preference_pairs", 900, "asked", because="see | table\n# Heading <script>alert(1)</script> [x](http://y)")
    text = decision_record(Intake(facts={fact.name: fact}), recommend(Intake(facts={fact.name: fact})))
    assert "<script" not in text and "\n# Heading" not in text and "[x](" not in text
    assert "see \\| table" in text


@settings(max_examples=25, deadline=None)
@given(intake=intakes())
def test_there_is_a_record_for_every_intake(intake: Intake) -> None:
    text = decision_record(intake, recommend(intake, quick_policy()))
    columns = {line.count("|") - line.count("\\|") for line in text.splitlines() if line.startswith("|")}
    assert columns == {6}
