"""What holds for every intake."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from reports.records.intake import Intake
from reports.records.recommendation import Recommendation, Strategy
from selector.engine import recommend
from selector.intake import make_fact
from selector.policy import default_policy
from selector.scoring import who_bars
from selector.situation import read_situation
from selector.strategies import PREFERENCE, STRATEGIES
from tests.selector.any_intake import intakes
from tests.selector.scenarios import SCENARIOS, quick_policy

QUICK = quick_policy()
LOWEST = float("-inf")


def scores(answer: Recommendation) -> dict[Strategy, float]:
    """Return the score of every strategy; what is ruled out has the lowest there is."""
    found = {ranked.strategy: ranked.score for ranked in answer.ranking}
    return {strategy: found.get(strategy, LOWEST) for strategy in STRATEGIES}


@settings(max_examples=30, deadline=None)
@given(intake=intakes())
def test_every_strategy_appears_exactly_once(intake: Intake) -> None:
    answer = recommend(intake, QUICK)
    named = [*(ranked.strategy for ranked in answer.ranking), *(out.strategy for out in answer.ruled_out)]
    assert sorted(named) == sorted(STRATEGIES)


@settings(max_examples=30, deadline=None)
@given(intake=intakes())
def test_what_is_ruled_out_is_never_recommended_and_the_first_ranked_is(intake: Intake) -> None:
    answer = recommend(intake, QUICK)
    assert answer.strategy not in {out.strategy for out in answer.ruled_out}
    assert answer.strategy == answer.ranking[0].strategy
    assert [ranked.score for ranked in answer.ranking] == sorted((ranked.score for ranked in answer.ranking), reverse=True)
    assert answer.strategy not in who_bars(read_situation(intake).point, QUICK)


@settings(max_examples=25, deadline=None)
@given(intake=intakes())
def test_chances_add_up_to_one(intake: Intake) -> None:
    answer = recommend(intake, QUICK)
    assert abs(sum(ranked.p_best for ranked in answer.ranking) - 1) < 1e-9
    assert all(0 <= ranked.p_best <= 1 for ranked in answer.ranking)


@settings(max_examples=30, deadline=None)
@given(
    intake=intakes(),
    few=st.integers(0, 10**6),
    more=st.integers(0, 10**6),
    of=st.sampled_from(["preference_pairs", "ab_results"]),
)
def test_more_clear_pairs_never_lower_a_preference_strategy(intake: Intake, few: int, more: int, of: str) -> None:
    def with_pairs(pairs: int) -> dict[Strategy, float]:
        return scores(recommend(Intake(facts={**intake.facts, of: make_fact(of, pairs, "probed")}), QUICK))

    before, after = with_pairs(few), with_pairs(few + more)
    assert all(after[strategy] >= before[strategy] - 1e-6 for strategy in PREFERENCE)


@settings(max_examples=25, deadline=None)
@given(intake=intakes(), low=st.floats(0, 1), high=st.floats(0, 1))
def test_clearer_pairs_never_lower_a_preference_strategy(intake: Intake, low: float, high: float) -> None:
    def with_margin(share: float) -> dict[Strategy, float]:
        facts = {**intake.facts, "clear_margin_share": make_fact("clear_margin_share", share, "probed")}
        return scores(recommend(Intake(facts=facts), QUICK))

    before, after = with_margin(min(low, high)), with_margin(max(low, high))
    assert all(after[strategy] >= before[strategy] - 1e-6 for strategy in PREFERENCE)


def assert_each_flip_flips(intake: Intake, answer: Recommendation) -> None:
    """Apply every change of the answer to the intake and ask again."""
    for flip in answer.flips_when:
        changed = Intake(facts={**intake.facts, flip.fact: make_fact(flip.fact, flip.becomes, "asked")})
        assert recommend(changed, QUICK).strategy == flip.winner != answer.strategy, flip.sentence


@settings(max_examples=30, deadline=None)
@given(intake=intakes())
def test_each_change_that_is_said_to_flip_the_answer_does(intake: Intake) -> None:
    assert_each_flip_flips(intake, recommend(intake, QUICK))


def test_each_flip_of_the_scenarios_flips_and_is_said_in_a_sentence() -> None:
    told = 0
    for scenario in SCENARIOS[::3]:
        answer = recommend(scenario.intake, QUICK)
        assert_each_flip_flips(scenario.intake, answer)
        assert all(flip.sentence.endswith(".") and "overtakes" in flip.sentence for flip in answer.flips_when)
        assert len(answer.flips_when) <= 5
        told += len(answer.flips_when)
    assert told > 3 * len(SCENARIOS[::3])


@settings(max_examples=30, deadline=None)
@given(intake=intakes(), data=st.data())
def test_the_order_of_the_facts_does_not_matter(intake: Intake, data: Any) -> None:
    shuffled = Intake(facts=dict(data.draw(st.permutations(list(intake.facts.items())))))
    assert recommend(shuffled, QUICK) == recommend(intake, QUICK)


@settings(max_examples=12, deadline=None)
@given(intake=intakes(), seed=st.integers(0, 2**32))
def test_the_same_seed_gives_the_same_answer(intake: Intake, seed: int) -> None:
    assert recommend(intake, QUICK, seed) == recommend(intake, QUICK, seed)


@settings(max_examples=12, deadline=None)
@given(intake=intakes(), seed=st.integers(1, 2**32))
def test_the_seed_moves_chances_only(intake: Intake, seed: int) -> None:
    def without_chances(answer: Recommendation) -> Recommendation:
        ranking = tuple(replace(ranked, p_best=0.0) for ranked in answer.ranking)
        sentence = answer.sentence.partition(" Much is not known yet")[0]
        return replace(answer, sentence=sentence, ranking=ranking, confidence="open", seed=0, axes=())

    assert without_chances(recommend(intake, QUICK, seed)) == without_chances(recommend(intake, QUICK))


@settings(max_examples=12, deadline=None)
@given(intake=intakes())
def test_a_fact_given_as_unknown_equals_a_fact_not_given(intake: Intake) -> None:
    known = Intake(facts={name: fact for name, fact in intake.facts.items() if fact.value is not None})
    assert recommend(known, QUICK) == recommend(intake, QUICK)


def test_the_simulation_settles_with_more_draws() -> None:
    policy = default_policy()
    many = replace(policy, simulation=replace(policy.simulation, draws=4000))
    for scenario in SCENARIOS[::15]:
        few = {ranked.strategy: ranked.p_best for ranked in recommend(scenario.intake, policy).ranking}
        sure = {ranked.strategy: ranked.p_best for ranked in recommend(scenario.intake, many).ranking}
        assert all(abs(few[strategy] - sure[strategy]) < 0.12 for strategy in few), scenario.name
