"""Hard rules, weighted rules, and the arithmetic of memory."""

import math
from typing import Any

import pytest
from hypothesis import given, settings

from reports.records.intake import Intake, Value
from reports.records.recommendation import Strategy
from selector.fit import fits
from selector.intake import BY_NAME, make_fact
from selector.policy import default_policy
from selector.rules.catalogue import RULES
from selector.rules.hard import HARD_RULES
from selector.rules.rule import HardRule, Rule, between, between_log, falling
from selector.scoring import who_bars
from selector.situation import Situation, read_situation
from selector.strategies import INDEX, STRATEGIES
from tests.selector.any_intake import intakes
from tests.selector.scenarios import team

POLICY = default_policy()
EVERY_RULE: tuple[Rule | HardRule, ...] = (*RULES, *HARD_RULES)


def situation(**changes: Value) -> Situation:
    """Return the usual team's situation, changed."""
    return read_situation(team(**changes)).point


def signal(rule: str, strategy: Strategy, **changes: Value) -> float:
    """Return what one rule says about one strategy."""
    found = next(candidate for candidate in RULES if candidate.name == rule)
    return found.strengths(situation(**changes), POLICY)[INDEX[strategy]]


class Watched:
    """A situation that remembers which facts were looked at."""

    def __init__(self, facts: Situation) -> None:
        self.facts, self.seen = facts, set[str]()

    def __getattr__(self, name: str) -> Any:
        own = getattr(Situation, name)
        if isinstance(own, property) and own.fget is not None:
            return own.fget(self)
        self.seen.add(name)
        return getattr(self.facts, name)


@pytest.mark.parametrize("rule", EVERY_RULE, ids=[rule.name for rule in EVERY_RULE])
@settings(max_examples=8, deadline=None)
@given(intake=intakes())
def test_a_rule_looks_at_no_fact_it_does_not_declare(rule: Rule | HardRule, intake: Intake) -> None:
    watched: Any = Watched(read_situation(intake).point)
    if isinstance(rule, HardRule):
        rule.rules_out(watched, POLICY)
        rule.because(watched, POLICY, "dpo")
    else:
        rule.strengths(watched, POLICY)
        rule.clause(watched, POLICY, "sft")
    assert watched.seen <= set(rule.reads) <= set(BY_NAME)


@settings(max_examples=40, deadline=None)
@given(intake=intakes())
def test_every_strength_lies_between_minus_one_and_one(intake: Intake) -> None:
    point = read_situation(intake).point
    for rule in RULES:
        row = rule.strengths(point, POLICY)
        assert len(row) == len(STRATEGIES)
        assert all(math.isfinite(strength) and abs(strength) <= 1 for strength in row), rule.name


@settings(max_examples=40, deadline=None)
@given(intake=intakes())
def test_every_rule_can_always_say_what_it_sees(intake: Intake) -> None:
    point = read_situation(intake).point
    told = [rule.clause(point, POLICY, strategy) for rule in RULES for strategy in STRATEGIES]
    told += [clause(point, POLICY, s) for rule in HARD_RULES for clause in (rule.because, rule.unless) for s in STRATEGIES[2:]]
    assert all(clause and not clause.endswith(".") for clause in told)


def test_names_of_rules_are_unique() -> None:
    names = [rule.name for rule in EVERY_RULE]
    assert len(names) == len(set(names))


ALL_SFT: tuple[Strategy, ...] = ("sft", "sft+dpo", "sft+kto", "sft+rft")
REWARD: dict[str, Value] = {"reward_computable": True, "prompts_with_reward": 500, "reward_spread": 0.5}


@pytest.mark.parametrize(
    ("rule", "out", "inside", "outside"),
    [
        ("few_examples", ALL_SFT, {"demonstrations": 50}, {"demonstrations": 49}),
        ("few_pairs", ("dpo", "sft+dpo", "orpo"), {"preference_pairs": 100}, {"preference_pairs": 99}),
        ("few_pairs", ("dpo",), {"ab_results": 200, "clear_margin_share": 0.5}, {"ab_results": 200, "clear_margin_share": 0.49}),
        ("few_comparisons", ("rlhf",), {"preference_pairs": 5000}, {"preference_pairs": 4999}),
        ("few_ratings", ("kto", "sft+kto"), {"unpaired_ratings": 200}, {"unpaired_ratings": 199}),
        ("cannot_do_task", ("dpo", "kto"), {"base_pass_rate": 0.1}, {"base_pass_rate": 0.09}),
        ("cannot_do_task", ("dpo", "kto"), {"base_pass_rate": 0.0, "sft_done": True}, {"base_pass_rate": 0.0, "sft_done": False}),
        ("no_reward", ("rft", "sft+rft"), {**REWARD}, {**REWARD, "reward_computable": False}),
        ("few_reward_prompts", ("rft", "sft+rft"), {**REWARD, "prompts_with_reward": 30}, {**REWARD, "prompts_with_reward": 29}),
        ("never_passes", ("rft",), {**REWARD, "base_pass_rate": 0.02}, {**REWARD, "base_pass_rate": 0.01}),
        ("equal_rewards", ("rft",), {**REWARD, "reward_spread": 0.05}, {**REWARD, "reward_spread": 0.04}),
        ("nothing_to_retrieve", ("retrieval",), {"knowledge_gap": 0.1}, {"knowledge_gap": 0.09}),
        ("nothing_to_retrieve", ("retrieval",), {"goal": "knowledge"}, {"goal": "style"}),
        ("does_not_fit", ("sft", "dpo", "rft", "rlhf"), {"gpu_memory_gib": 26.0}, {"gpu_memory_gib": 4.0}),
        ("no_time", ("rlhf",), {"deadline_days": 10.0}, {"deadline_days": 9.9}),
        ("no_time", ("rft",), {"gpu_hours": 14.0}, {"gpu_hours": 13.9}),
    ],
)
def test_a_hard_rule_bars_on_one_side_of_its_threshold_only(
    rule: str, out: tuple[Strategy, ...], inside: dict[str, Value], outside: dict[str, Value]
) -> None:
    plenty: dict[str, Value] = {"clear_margin_share": 1.0}
    hard = next(candidate for candidate in HARD_RULES if candidate.name == rule)
    assert set(out) & set(hard.rules_out(situation(**{**plenty, **inside}), POLICY)) == set()
    assert set(out) <= set(hard.rules_out(situation(**{**plenty, **outside}), POLICY))


@settings(max_examples=40, deadline=None)
@given(intake=intakes())
def test_a_prompt_is_never_barred(intake: Intake) -> None:
    assert "prompt" not in who_bars(read_situation(intake).point, POLICY)


@settings(max_examples=40, deadline=None)
@given(intake=intakes())
def test_an_unknown_fact_rules_nothing_out_on_a_guess(intake: Intake) -> None:
    """Ruled out is only what no plausible value of an unknown fact allows: filling one in hopefully changes nothing."""
    reading = read_situation(intake)
    for name in reading.unknown:
        hopeful = Intake(facts={**intake.facts, name: make_fact(name, BY_NAME[name].hopeful, "default")})
        assert set(who_bars(read_situation(hopeful).hopeful, POLICY)) == set(who_bars(reading.hopeful, POLICY))


def test_nothing_known_rules_nothing_out() -> None:
    assert who_bars(read_situation(Intake()).hopeful, POLICY) == {}


@pytest.mark.parametrize(
    ("rule", "strategy", "worse", "better"),
    [
        ("no_need", "prompt", {"prompt_pass_rate": 0.6}, {"prompt_pass_rate": 0.85}),
        ("no_need", "sft", {"prompt_pass_rate": 0.95}, {"prompt_pass_rate": 0.6}),
        ("voices", "prompt", {"voices": 12}, {"voices": 1}),
        ("changing_task", "sft", {"task_changes_often": True}, {"task_changes_often": False}),
        ("knowledge_gap", "retrieval", {"knowledge_gap": 0.2}, {"knowledge_gap": 0.5}),
        ("goal", "rft", {"goal": "style"}, {"goal": "reasoning"}),
        ("examples", "sft", {"demonstrations": 300}, {"demonstrations": 2000}),
        ("examples", "sft", {"demonstrations": 2000, "voices": 30}, {"demonstrations": 2000, "voices": 2}),
        ("pairs", "dpo", {"preference_pairs": 300}, {"preference_pairs": 900}),
        ("pairs", "dpo", {"preference_pairs": 900, "clear_margin_share": 0.3}, {"preference_pairs": 900}),
        ("pairs_at_scale", "rlhf", {"preference_pairs": 10_000}, {"preference_pairs": 1_000_000}),
        ("ratings", "kto", {"unpaired_ratings": 300}, {"unpaired_ratings": 3000}),
        ("able", "dpo", {"base_pass_rate": 0.15}, {"base_pass_rate": 0.6}),
        ("able", "sft+dpo", {"base_pass_rate": 0.6}, {"base_pass_rate": 0.15}),
        ("sft_done", "dpo", {"sft_done": False}, {"sft_done": True}),
        ("sft_done", "sft", {"sft_done": True}, {"sft_done": False}),
        ("same_rows", "orpo", {"demonstrations": 500}, {"demonstrations": 10}),
        ("rollouts", "rft", {**REWARD, "base_pass_rate": 0.05}, {**REWARD, "base_pass_rate": 0.1}),
        ("rollouts", "rft", {**REWARD, "base_pass_rate": 0.8}, {**REWARD, "base_pass_rate": 0.7}),
        ("rollouts_fail", "sft+rft", {**REWARD, "base_pass_rate": 0.4}, {**REWARD, "base_pass_rate": 0.04}),
        ("reward_spread", "rft", {**REWARD, "reward_spread": 0.25}, REWARD),
        ("reward_prompts", "rft", {**REWARD, "prompts_with_reward": 100}, REWARD),
        ("label_quality", "dpo", {"spot_audit_accuracy": 0.8}, {"spot_audit_accuracy": 0.9}),
        ("synthetic", "kto", {"synthetic_share": 0.9}, {"synthetic_share": 0.5}),
        ("duplicates", "sft", {"duplicates_share": 0.1}, {"duplicates_share": 0.02}),
        ("experience", "rft", {"team_experience": "none"}, {"team_experience": "rl"}),
        ("time", "sft+dpo", {"deadline_days": 4.0}, {"deadline_days": 9.0}),
        ("time", "rft", {"gpu_hours": 30.0}, {"gpu_hours": 70.0}),
        ("memory", "dpo", {"gpu_memory_gib": 7.0}, {"gpu_memory_gib": 80.0}),
        ("refusals", "dpo", {"needs_refusals": False}, {"needs_refusals": True}),
        ("personal_data", "sft", {"personal_data_in_training": True}, {"personal_data_in_training": False}),
        ("risk", "rft", {"harm_potential": "high"}, {"harm_potential": "low"}),
    ],
)
def test_a_better_fact_lifts_the_strategies_it_speaks_for(
    rule: str, strategy: Strategy, worse: dict[str, Value], better: dict[str, Value]
) -> None:
    usual: dict[str, Value] = {"clear_margin_share": 1.0}
    assert signal(rule, strategy, **{**usual, **worse}) < signal(rule, strategy, **{**usual, **better})


def test_ramps_bend_where_they_are_told_to() -> None:
    assert [between(value, 0, 2, 3) for value in (-9, 0, 1, 2, 2.5, 3, 9)] == [-1, -1, -0.5, 0, 0.5, 1, 1]
    assert [falling(value, 0.5, 1.0) for value in (0.2, 0.5, 0.75, 1.0, 2.0)] == [0, 0, -0.5, -1, -1]
    assert falling(1.0, 1.0, 1.0) == 0
    assert between_log(99, 0, 9, 999) == pytest.approx(0.5)


def test_memory_grows_with_what_is_trained_and_with_the_models_held() -> None:
    def need(strategy: Strategy, parameters: Any, **changes: Value) -> float:
        return fits(strategy, parameters, situation(**changes), POLICY.thresholds).needed_gib

    assert need("sft", "qlora") < need("sft", "lora") < need("sft", "full")
    assert need("sft", "lora") < need("dpo", "lora") < need("rlhf", "lora")
    assert need("dpo", "lora", sequence_tokens=512) < need("dpo", "lora", sequence_tokens=4096)
    assert need("sft", "full", gpu_count=8) < need("sft", "full", gpu_count=1)
    assert need("prompt", "lora") == 0


@pytest.mark.parametrize(("gib", "state"), [(160.0, "fits"), (118.0, "tight"), (100.0, "exceeds")])
def test_an_interval_that_crosses_the_memory_is_tight(gib: float, state: str) -> None:
    fit = fits("sft", "full", situation(gpu_memory_gib=gib), POLICY.thresholds)
    assert fit.low_gib < fit.needed_gib < fit.high_gib
    assert fit.state == state


def test_a_seven_billion_model_needs_what_is_generally_found() -> None:
    usual = situation(sequence_tokens=512)
    full, lora, qlora = (fits("sft", kind, usual, POLICY.thresholds) for kind in ("full", "lora", "qlora"))
    assert 100 < full.needed_gib < 130  # 16 bytes a parameter, as LLaMA-Factory's table of 18 and EleutherAI's 16 say
    assert 12 < lora.needed_gib < 20
    assert 5 < qlora.needed_gib < 10
