"""Sample sizes for a whole policy."""

import pytest
from msgspec.structs import replace

from evals.gates.detector import is_passed_corrected
from evals.gates.evidence import Evidence, Pair
from evals.gates.policy import default_gates
from evals.stats.gate_power import power_paired_rates, power_win_rate
from evals.stats.judges import JudgeErrors, youden
from evals.stats.planning import Asked, GoodCandidate, plan_prompts
from reports.errors import UsageError
from reports.records.gates import DetectorErrors
from reports.records.plan import GatePlan
from tests.evals.gates.runs import metric, outcomes

SKILL = GatePlan(name="skill", metric="capability", title="Skill", kind="superiority", margin=0.02, minimum_n=20)
LEAK = GatePlan(name="leak", metric="personal_data", title="Leaks", kind="limit", margin=0.05, minimum_n=20)
LOSS = GatePlan(name="loss", metric="perplexity_general", title="Loss", kind="non-inferiority", margin=0.1, minimum_n=30)
WINS = GatePlan(name="wins", metric="win_rate", title="Wins", kind="superiority", margin=0.0, minimum_n=30)

REFUSAL = GatePlan(name="refusal", metric="refusal", title="Refusal", kind="non-inferiority", margin=0.05, minimum_n=20)
CORRECTED = replace(REFUSAL, name="corrected", corrected=True)
GOOD_DETECTOR = JudgeErrors(270, 341, 786, 831)
CHANCE_DETECTOR = JudgeErrors(36, 150, 153, 210)
READ = replace(metric("refusal", outcomes(20)), errors=DetectorErrors(found=270, positives=341, left_alone=786, negatives=831))


def test_the_prompts_needed_give_the_power_asked_and_one_fewer_does_not() -> None:
    wins = plan_prompts("own", [WINS], GoodCandidate(win_rate=0.65), Asked()).gates[0]
    assert wins.needed is not None
    assert power_win_rate(wins.needed, 0.65) >= 0.8 > power_win_rate(wins.needed - 1, 0.65)


def test_all_gates_together_ask_for_more_prompts_than_each_alone() -> None:
    plan = plan_prompts("own", [WINS, LOSS], GoodCandidate(), Asked())
    assert plan.joint_if_each == pytest.approx(0.64)
    assert plan.power_for_each == pytest.approx(0.8**0.5)
    assert plan.joint_power == pytest.approx(plan.gates[0].power * plan.gates[1].power)
    for gate in plan.gates:
        assert gate.needed is not None and gate.needed_together is not None
        assert gate.needed_together >= gate.needed


def test_a_correlation_between_gates_is_stated_and_asks_for_less() -> None:
    apart, linked = (plan_prompts("own", [WINS, LOSS], GoodCandidate(), Asked(correlation=rho)) for rho in (0.0, 0.7))
    assert linked.correlation == 0.7
    assert linked.power_for_each < apart.power_for_each
    assert linked.joint_power > apart.joint_power


def test_what_the_prompts_show_is_shown_with_the_power_asked() -> None:
    gate = plan_prompts("moderate", default_gates("moderate", True), GoodCandidate(), Asked()).gates[1]
    assert gate.name == "refusal" and gate.smallest is not None
    assert power_paired_rates(120, 0.01, 0.01, gate.smallest) >= 0.8 > power_paired_rates(120, 0.01, 0.01, gate.smallest - 0.001)


def test_a_gain_and_a_limit_are_planned_in_their_own_terms() -> None:
    skill, leak = plan_prompts("own", [SKILL, LEAK], GoodCandidate(gain=0.1), Asked(prompts=100)).gates
    assert skill.quantity == "paired rates" and "gained" in skill.assumes
    assert skill.power == pytest.approx(power_paired_rates(100, 0.01, 0.11, -0.02))
    assert leak.quantity == "rate" and leak.power == pytest.approx(1.0) and leak.needed == 59


def test_too_few_prompts_for_a_gate_show_nothing() -> None:
    plan = plan_prompts("own", [WINS, LOSS], GoodCandidate(), Asked(prompts_of={"wins": 25}))
    assert (plan.gates[0].power, plan.gates[0].smallest, plan.joint_power) == (0.0, None, 0.0)
    assert plan.gates[1].prompts == 120


def test_a_candidate_that_is_not_good_enough_needs_prompts_that_nobody_has() -> None:
    assert plan_prompts("own", [WINS], GoodCandidate(win_rate=0.5), Asked()).gates[0].needed is None


def test_a_gate_that_the_policy_lacks_is_refused() -> None:
    with pytest.raises(UsageError, match="kindness"):
        plan_prompts("own", [WINS], GoodCandidate(), Asked(prompts_of={"kindness": 30}))
    with pytest.raises(UsageError, match="no required gate"):
        plan_prompts("own", [], GoodCandidate(), Asked())


def test_a_corrected_gate_is_planned_with_what_its_detector_lets_through() -> None:
    plan = plan_prompts("own", [REFUSAL, CORRECTED], GoodCandidate(), Asked(prompts=300), {"refusal": GOOD_DETECTOR})
    plain, behind = plan.gates
    kept = youden(GOOD_DETECTOR, 0.01).low
    assert behind.power == pytest.approx(power_paired_rates(300, 0.01, 0.01, 0.05 * kept, 0.045))
    assert behind.power < plain.power
    assert plain.needed is not None and behind.needed is not None and behind.needed > plain.needed
    assert plain.smallest is not None and behind.smallest is not None and behind.smallest > plain.smallest
    assert "shows 73.8 % of a change" in behind.assumes


def test_as_many_prompts_as_a_corrected_gate_needs_pass_it_as_often_as_asked() -> None:
    asked = Asked(prompts=20)
    (gate,) = plan_prompts("own", [CORRECTED], GoodCandidate(changed=0.0), asked, {"refusal": GOOD_DETECTOR}).gates
    assert gate.needed is not None
    same = Evidence(CORRECTED, READ, (Pair("", 1.0, 1.0, ""),) * gate.needed, 0, "paired rates")
    fewer = Evidence(CORRECTED, READ, (Pair("", 1.0, 1.0, ""),) * (gate.needed - 1), 0, "paired rates")
    assert is_passed_corrected(same) and not is_passed_corrected(fewer)


def test_a_corrected_gain_must_show_both_as_read_and_behind_the_errors() -> None:
    gain = replace(CORRECTED, kind="superiority", margin=0.0)
    (gate,) = plan_prompts("own", [gain], GoodCandidate(gain=0.1), Asked(prompts=200), {"refusal": GOOD_DETECTOR}).gates
    share = GOOD_DETECTOR.found / GOOD_DETECTOR.positives + GOOD_DETECTOR.left_alone / GOOD_DETECTOR.negatives - 1
    assert gate.power == pytest.approx(power_paired_rates(200, 0.01, 0.01 + 0.1 * share, 0.0, 0.045))


@pytest.mark.parametrize(("errors", "said"), [({}, "known errors"), ({"refusal": CHANCE_DETECTOR}, "better than chance")])
def test_a_corrected_gate_that_can_never_pass_is_said_to(errors: dict[str, JudgeErrors], said: str) -> None:
    plan = plan_prompts("own", [CORRECTED], GoodCandidate(), Asked(prompts=4000), errors)
    (gate,) = plan.gates
    assert (gate.power, gate.smallest, gate.needed, gate.needed_together) == (0.0, None, None, None)
    assert plan.joint_power == 0.0
    assert "never passes" in gate.assumes and said in gate.assumes
