"""The plan must show every setting with who set it, and take changes as a person types them."""

import pytest
from msgspec.structs import replace

from reports.records.plan import Choice
from selector.planning import override
from selector.tui.plan_rows import changed, find_choice, gate_text, sections, summary, value_text
from tests.reports.sample_decision import sample_plan, sample_recommendation


def test_every_setting_of_the_plan_is_listed() -> None:
    plan = sample_plan()
    listed = sum(len(section.choices) for section in sections(plan))
    assert plan.judge is not None
    assert listed == sum(len(stage.choices) for stage in (*plan.stages, plan.judge)) + len(plan.evaluation)
    assert [section.title for section in sections(plan)] == [
        "Stage 1: SFT",
        "Stage 2: DPO",
        "Judge: reward model",
        "Evaluation",
    ]


def test_what_the_field_shows_is_what_the_plan_reads_back() -> None:
    plan = sample_plan()
    for section in sections(plan):
        for choice in section.choices:
            again = override(plan, section.where, choice.name, value_text(choice))
            assert find_choice(again, section.where, choice.name).value == choice.value, choice.name


def test_a_large_number_is_edited_without_separators() -> None:
    assert value_text(Choice(name="n", value=20_000, origin="rule", because="")) == "20000"


def test_changes_are_counted() -> None:
    plan = override(sample_plan(), "1-sft", "learning_rate", "0.001")
    assert changed(plan) == changed(sample_plan()) + 1
    assert find_choice(plan, "1-sft", "learning_rate").origin == "user"
    assert find_choice(plan, "2-dpo", "learning_rate").origin == "rule"


def test_a_setting_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError, match=r"1-sft\.none"):
        find_choice(sample_plan(), "1-sft", "none")


def test_the_head_says_when_the_advice_is_not_followed() -> None:
    own = replace(sample_plan(), strategy="dpo")
    assert dict(summary(own, sample_recommendation()))["Strategy"] == "DPO, instead of SFT → DPO"


def test_a_gate_says_its_margin_and_what_it_demands() -> None:
    texts = {gate.name: gate_text(gate) for gate in sample_plan().gates}
    assert texts["win_rate"].startswith("margin 0.05, level 0.05: the candidate must be better")
    assert texts["drift_target"] == "for information; decides nothing"
    assert "not required" in texts["length"]
