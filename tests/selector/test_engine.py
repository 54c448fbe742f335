"""The recommendation: the table of scenarios, and what an answer consists of."""

from typing import get_args

import pytest
from msgspec.structs import replace

from evals.gates.policy import default_policy as of_class
from reports.records.intake import Intake, Value
from reports.records.plan import SafetyClass
from reports.records.recommendation import Recommendation, Strategy
from selector.engine import recommend
from selector.fit import Fit
from selector.intake import make_fact
from selector.policy import default_policy
from selector.safety import required_gates
from selector.situation import read_situation
from selector.strategies import STRATEGIES
from tests.selector.scenarios import SCENARIOS, Scenario, intake_of, quick_policy, team


def score(answer: Recommendation, strategy: Strategy) -> float:
    """Return the score of a strategy that is not ruled out."""
    return next(ranked.score for ranked in answer.ranking if ranked.strategy == strategy)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_recommendation_is_the_one_an_experienced_person_would_give(scenario: Scenario) -> None:
    answer = recommend(scenario.intake)
    assert answer.strategy == scenario.strategy
    assert scenario.because in answer.sentence
    expected = (scenario.parameters, scenario.safety_class, scenario.gates, scenario.signoffs)
    found = (answer.parameters, answer.safety_class, answer.required_gates, answer.required_signoffs)
    assert [value for value, wanted in zip(found, expected, strict=True) if wanted is not None] == [
        wanted for wanted in expected if wanted is not None
    ]


def test_the_table_has_forty_scenarios_and_every_strategy() -> None:
    assert len(SCENARIOS) >= 40
    assert {scenario.strategy for scenario in SCENARIOS} == set(STRATEGIES)


@pytest.mark.parametrize(
    ("strategy", "fact", "below", "from_here"),
    [
        ("prompt", "prompt_pass_rate", 0.6, 0.93),
        ("sft", "voices", 1, 30),
        ("retrieval", "knowledge_gap", 0.3, 0.8),
        ("dpo", "base_pass_rate", 0.2, 0.6),
        ("sft+dpo", "preference_pairs", 90, 2000),
        ("sft+kto", "unpaired_ratings", 150, 4000),
    ],
)
def test_one_fact_moves_the_recommendation_over_its_threshold(
    strategy: Strategy, fact: str, below: float, from_here: float
) -> None:
    table: dict[str, dict[str, Value]] = {
        "prompt": {"demonstrations": 1500},
        "sft": {"demonstrations": 30_000, "prompt_pass_rate": 0.8},
        "retrieval": {"demonstrations": 2000, "goal": "domain"},
        "dpo": {"demonstrations": 2000, "preference_pairs": 2000, "clear_margin_share": 1.0},
        "sft+dpo": {"demonstrations": 3000, "base_pass_rate": 0.2, "clear_margin_share": 1.0},
        "sft+kto": {"demonstrations": 3000, "base_pass_rate": 0.2},
    }
    usual = table[strategy]
    assert recommend(team(**{**usual, fact: below})).strategy != strategy
    assert recommend(team(**{**usual, fact: from_here})).strategy == strategy


def test_the_reasons_of_a_strategy_add_up_to_its_score() -> None:
    for scenario in SCENARIOS:
        for ranked in recommend(scenario.intake, quick_policy()).ranking:
            assert sum(reason.points for reason in ranked.reasons) == pytest.approx(ranked.score, abs=1e-4)
            sizes = [abs(reason.points) for reason in ranked.reasons]
            assert sizes == sorted(sizes, reverse=True)


def test_every_reason_and_every_bar_is_a_sentence() -> None:
    answer = recommend(Intake())
    told = [reason.because for ranked in answer.ranking for reason in ranked.reasons]
    told += [text for out in recommend(team()).ruled_out for text in (out.because, out.unless)]
    assert all(text[0].isupper() or text[0].isdigit() for text in told)
    assert all(text.endswith((".", ".)")) for text in told)


def test_a_reason_that_rests_on_an_assumption_says_so() -> None:
    answer = recommend(intake_of(demonstrations=2000, goal="domain"))
    told = {reason.rule: reason.because for reason in answer.ranking[0].reasons}
    assert "Assumed: pass rate of the starting model" in told["no_need"]
    assert "Assumed" not in told["goal"]


def test_what_only_an_assumption_forbids_is_ranked_low_but_not_ruled_out() -> None:
    answer = recommend(intake_of(demonstrations=2000, base_pass_rate=0.4))
    assert "dpo" not in {out.strategy for out in answer.ruled_out}
    dpo = next(ranked for ranked in answer.ranking if ranked.strategy == "dpo")
    assert dpo.reasons[0].rule == "few_pairs"
    assert dpo.reasons[0].points == -default_policy().simulation.assumed_bar


def test_unknown_facts_are_listed_where_they_can_matter() -> None:
    answer = recommend(team())
    assert answer.unknown == ()
    facts = {name: fact for name, fact in team().facts.items() if name not in ("preference_pairs", "gpu_count")}
    assert recommend(Intake(facts=facts)).unknown == ("preference_pairs", "clear_margin_share", "gpu_count", "ram_gib")
    assert "reward_spread" not in recommend(intake_of(reward_computable=False)).unknown


def test_doubt_about_a_fact_costs_confidence() -> None:
    facts = team(demonstrations=3000, base_pass_rate=0.2, preference_pairs=1500, clear_margin_share=0.9).facts
    doubt = make_fact("preference_pairs", 1500, "asked", low=20, high=4000)
    sure, unsure = recommend(Intake(facts=facts)), recommend(Intake(facts={**facts, "preference_pairs": doubt}))
    assert sure.strategy == unsure.strategy == "sft+dpo"
    assert unsure.ranking[0].p_best < sure.ranking[0].p_best - 0.1
    assert [ranked.score for ranked in unsure.ranking] == [ranked.score for ranked in sure.ranking]


@pytest.mark.parametrize(("clear", "leaning", "word"), [(0.0, 0.0, "clear"), (1.1, 0.0, "leaning"), (1.1, 1.1, "open")])
def test_confidence_is_named_by_the_thresholds_of_the_policy(clear: float, leaning: float, word: str) -> None:
    policy = default_policy()
    policy = replace(policy, simulation=replace(policy.simulation, clear=clear, leaning=leaning))
    assert recommend(team(demonstrations=2000), policy).confidence == word


@pytest.mark.parametrize(
    ("strategy", "changes", "path"),
    [
        ("prompt", {}, ["prompt", "sft"]),
        ("sft", {"demonstrations": 3000}, ["sft", "dpo"]),
        (
            "sft+dpo",
            {"demonstrations": 3000, "preference_pairs": 2000, "clear_margin_share": 1.0, "base_pass_rate": 0.2},
            ["sft", "dpo"],
        ),
        ("dpo", {"preference_pairs": 9000, "clear_margin_share": 1.0, "base_pass_rate": 0.6}, ["dpo", "rlhf"]),
        ("kto", {"unpaired_ratings": 8000, "base_pass_rate": 0.6}, ["kto"]),
    ],
)
def test_the_steps_begin_with_the_advice_and_name_what_comes_after(
    strategy: Strategy, changes: dict[str, Value], path: list[Strategy]
) -> None:
    answer = recommend(team(**changes))
    assert answer.strategy == strategy
    assert [phase.strategy for phase in answer.phases] == path
    assert answer.phases[0].title.startswith("Now: ")
    assert all(phase.do and phase.collect for phase in answer.phases)


def test_what_to_collect_names_what_is_there_and_what_is_wanted() -> None:
    answer = recommend(team(demonstrations=3000, preference_pairs=60, clear_margin_share=0.5))
    assert "Collect 1,000 pairs with a clear winner; there are 30 now." in answer.phases[0].collect


@pytest.mark.parametrize(
    ("changes", "parameters", "told"),
    [
        ({}, "none", "Nothing is trained"),
        ({"demonstrations": 3000}, "lora", "an adapter learns as much"),
        ({"demonstrations": 3000, "model_parameters_b": 30.0, "gpu_memory_gib": 48.0}, "qlora", "LoRA needs about"),
        ({"demonstrations": 500_000, "gpu_count": 8}, "full", "more than an adapter holds"),
        ({"demonstrations": 3000, "model_parameters_b": 1.0, "gpu_count": 0, "ram_gib": 5.7}, "lora", "Memory is tight"),
    ],
)
def test_which_weights_are_trained_is_a_choice_of_its_own(changes: dict[str, Value], parameters: str, told: str) -> None:
    answer = recommend(team(**changes))
    assert answer.parameters == parameters
    assert told in answer.parameters_because


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({"audience": "internal", "harm_potential": "low"}, "low"),
        ({"audience": "customers", "harm_potential": "moderate"}, "moderate"),
        ({"audience": "customers", "harm_potential": "moderate", "human_review": True}, "low"),
        ({"audience": "customers", "harm_potential": "high"}, "high"),
        ({"audience": "vulnerable", "harm_potential": "moderate"}, "high"),
        ({"regulated": True, "harm_potential": "moderate"}, "high"),
    ],
)
def test_the_safety_class_follows_the_answers(changes: dict[str, Value], level: str) -> None:
    assert recommend(team(**changes), quick_policy()).safety_class == level


def test_no_memory_on_a_machine_without_a_gpu_says_nothing_about_a_gpu_to_come() -> None:
    facts = team(preference_pairs=2000, clear_margin_share=1.0, base_pass_rate=0.6, gpu_count=1, gpu_memory_gib=0.0).facts
    unknown = {name: fact for name, fact in facts.items() if name != "gpu_memory_gib"}
    assert recommend(Intake(facts=facts)) == recommend(Intake(facts=unknown))
    assert "gpu_memory_gib" in recommend(Intake(facts=facts)).unknown


def test_changes_are_told_in_plain_words() -> None:
    told = {
        flip.sentence
        for changes in (
            {"gpu_count": 0, "ram_gib": 16.0, "demonstrations": 3000},
            {"demonstrations": 3000, "preference_pairs": 90, "clear_margin_share": 1.0, "base_pass_rate": 0.2},
            {"demonstrations": 500, "voices": 1, "prompt_pass_rate": 0.8},
        )
        for flip in recommend(team(**changes), quick_policy()).flips_when
    }
    assert "With at least 1 GPU, SFT overtakes prompt only." in told
    assert any(
        sentence.startswith("With at least ") and " preference pairs, SFT then DPO overtakes SFT." in sentence
        for sentence in told
    )
    assert any(sentence.startswith("If the pass rate of the best prompt is at most ") for sentence in told)


def test_a_use_with_unknown_harm_is_never_called_low() -> None:
    facts = team(audience="internal").facts
    assert (
        recommend(Intake(facts={**facts, "harm_potential": make_fact("harm_potential", None, "asked")})).safety_class
        == "moderate"
    )


def test_what_hardly_needs_memory_needs_some() -> None:
    fit = Fit(parameters="lora", needed_gib=0.037, low_gib=0.021, high_gib=0.05, available_gib=22.1)
    assert fit.because == "LoRA needs about 0.04 GiB a device (0.02 to 0.05), and 22 can be used"


@pytest.mark.parametrize("level", get_args(SafetyClass))
def test_the_gates_named_with_the_advice_are_those_that_a_run_of_the_class_must_pass(level: SafetyClass) -> None:
    required = {gate.name for gate in of_class(level, has_pairs=True).gates if gate.required and gate.kind != "inform"}
    assert set(required_gates(level, read_situation(team()).point, default_policy())) == required


def test_gates_added_by_answers_are_named_once() -> None:
    answer = recommend(team(needs_refusals=True, personal_data_in_training=True, regulated=True, harm_potential="high"))
    assert len(set(answer.required_gates)) == len(answer.required_gates)
    assert len(set(answer.required_signoffs)) == len(answer.required_signoffs)
    assert {"privacy", "legal", "safety", "owner"} <= set(answer.required_signoffs)
    assert set(required_gates("low", read_situation(team()).point, default_policy())) < set(answer.required_gates)
