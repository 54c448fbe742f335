"""The four axes."""

import pytest
from hypothesis import given, settings

from reports.records.intake import Intake, Value
from reports.records.recommendation import Axis, AxisName
from selector.intake import AXES
from selector.scorecard import AXIS_TEXTS, score_axes
from tests.selector.any_intake import intakes
from tests.selector.scenarios import intake_of, quick_policy, team


def axis(name: AxisName, intake: Intake) -> Axis:
    """Return one axis of an intake."""
    return next(found for found in score_axes(intake) if found.name == name)


@settings(max_examples=40, deadline=None)
@given(intake=intakes())
def test_every_score_lies_in_its_interval_from_zero_to_five(intake: Intake) -> None:
    axes = score_axes(intake, quick_policy())
    assert tuple(found.name for found in axes) == AXES == tuple(AXIS_TEXTS)
    assert all(0 <= found.low <= found.score <= found.high <= 5 for found in axes)


def test_exact_facts_leave_no_interval_and_no_gap() -> None:
    for found in score_axes(team(preference_pairs=800, clear_margin_share=0.8)):
        assert found.low == found.score == found.high
        assert not any("Not known" in sentence for sentence in found.evidence)


def test_unknown_facts_widen_the_axis_and_are_named() -> None:
    found = axis("data", Intake())
    assert found.high - found.low > 2
    assert any("preference pairs" in sentence and sentence.startswith("Not known") for sentence in found.evidence)


def test_the_evidence_tells_the_facts_that_were_used() -> None:
    found = axis("data", intake_of(preference_pairs=1200, spot_audit_accuracy=0.93))
    assert "Preference pairs: 1,200." in found.evidence
    assert "Spot-audit accuracy: 93 %." in found.evidence


def test_a_typed_share_is_less_certain_than_a_measured_one() -> None:
    facts: dict[str, Value] = {"demonstrations": 400, "spot_audit_accuracy": 0.85, "goal": "domain"}
    asked = axis("data", Intake(facts={**team().facts, **intake_of("asked", **facts).facts}))
    probed = axis("data", team(**facts))
    assert asked.high - asked.low > probed.high - probed.low


@pytest.mark.parametrize(
    ("name", "poorer", "richer"),
    [
        ("data", {"demonstrations": 100}, {"demonstrations": 2000}),
        ("data", {"demonstrations": 2000, "spot_audit_accuracy": 0.7}, {"demonstrations": 2000}),
        ("data", {"demonstrations": 2000}, {"demonstrations": 2000, "unpaired_ratings": 4000}),
        ("alignment", {"prompt_pass_rate": 0.9}, {"prompt_pass_rate": 0.5}),
        ("alignment", {"goal": "format"}, {"goal": "reasoning"}),
        ("safety", {"audience": "internal"}, {"audience": "vulnerable"}),
        ("safety", {"human_review": True, "harm_potential": "high"}, {"human_review": False, "harm_potential": "high"}),
        ("compute", {"gpu_memory_gib": 16.0}, {"gpu_memory_gib": 80.0}),
        ("compute", {"deadline_days": 3.0}, {"deadline_days": 60.0}),
        ("compute", {"team_experience": "none"}, {"team_experience": "rl"}),
    ],
)
def test_an_axis_rises_with_what_it_measures(name: AxisName, poorer: dict[str, Value], richer: dict[str, Value]) -> None:
    assert axis(name, team(**poorer)).score < axis(name, team(**richer)).score


def test_the_ends_of_the_axes_can_be_reached() -> None:
    nothing = team(deadline_days=0.5, audience="internal")
    plenty = team(
        demonstrations=5000,
        preference_pairs=5000,
        clear_margin_share=1.0,
        audience="vulnerable",
        harm_potential="high",
        gpu_count=64,
        gpu_hours=1e5,
        deadline_days=365.0,
        team_experience="rl",
    )
    for name in ("data", "safety", "compute"):
        assert axis(name, nothing).score < 0.5
        assert axis(name, plenty).score > 4.5
