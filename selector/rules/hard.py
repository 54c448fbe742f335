"""Hard rules: what makes a strategy impossible, in a sentence, and what would make it possible again."""

from typing import Final

from reports.records.recommendation import Strategy
from selector.fit import best_fits
from selector.policy import Policy
from selector.rules.cost import MEMORY_FACTS, TIME_FACTS, hours_needed
from selector.rules.data import all_ratings
from selector.rules.need import ability
from selector.rules.rule import HardRule
from selector.situation import CLEAR_PAIRS, EXAMPLES, Situation
from selector.strategies import INDEX, PROFILES, STRATEGIES, title_of
from selector.wording import count, no_more_than, percent

Facts = Situation
SFT_FIRST: Final[tuple[Strategy, ...]] = ("sft", "sft+dpo", "sft+kto", "sft+rft")
ON_PAIRS: Final[tuple[Strategy, ...]] = ("sft+dpo", "dpo", "orpo")
ON_RATINGS: Final[tuple[Strategy, ...]] = ("kto", "sft+kto")
ON_REWARD: Final[tuple[Strategy, ...]] = ("rft", "sft+rft")
SECOND_PASS: Final[tuple[Strategy, ...]] = ("dpo", "kto")


def nothing_to_retrieve(facts: Facts, policy: Policy) -> tuple[Strategy, ...]:
    """Retrieval adds facts; where none are missing it adds nothing."""
    missing = facts.goal == "knowledge" or facts.knowledge_gap >= policy.thresholds.gap_small
    return () if missing else ("retrieval",)


def few_examples(facts: Facts, policy: Policy) -> tuple[Strategy, ...]:
    """SFT on fewer than some 50 examples learns them by heart (Microsoft)."""
    if facts.examples >= policy.thresholds.examples_minimum:
        return ()
    return SFT_FIRST if facts.sft_done else (*SFT_FIRST, "rlhf")


def few_pairs(facts: Facts, policy: Policy) -> tuple[Strategy, ...]:
    """DPO and ORPO learn from contrasts with a clear winner."""
    return ON_PAIRS if facts.clear_pairs < policy.thresholds.pairs_minimum else ()


def few_comparisons(facts: Facts, policy: Policy) -> tuple[Strategy, ...]:
    """A reward model of few comparisons is gamed before it helps (Gao et al. 2023)."""
    return ("rlhf",) if facts.clear_pairs < policy.thresholds.pairs_reward_model else ()


def few_ratings(facts: Facts, policy: Policy) -> tuple[Strategy, ...]:
    """KTO needs ratings on both sides, or pairs that can be cut into ratings."""
    return ON_RATINGS if all_ratings(facts, policy.thresholds) < policy.thresholds.ratings_minimum else ()


def cannot_do_task(facts: Facts, policy: Policy) -> tuple[Strategy, ...]:
    """Preferences polish what a model can do; they do not teach it (Rafailov et al. 2023 start from SFT)."""
    limits = policy.thresholds
    return SECOND_PASS if ability(facts, limits) < limits.able_minimum else ()


def no_reward(facts: Facts, policy: Policy) -> tuple[Strategy, ...]:
    """RFT learns from a score a program gives."""
    return () if facts.reward_computable else ON_REWARD


def few_reward_prompts(facts: Facts, policy: Policy) -> tuple[Strategy, ...]:
    """A handful of prompts is learned by heart."""
    too_few = facts.reward_computable and facts.prompts_with_reward < policy.thresholds.prompts_minimum
    return ON_REWARD if too_few else ()


def never_passes(facts: Facts, policy: Policy) -> tuple[Strategy, ...]:
    """Where no sample ever passes, all rewards are equal and nothing is learned."""
    hopeless = facts.reward_computable and facts.base_pass_rate < policy.thresholds.rollouts_minimum
    return ("rft",) if hopeless else ()


def equal_rewards(facts: Facts, policy: Policy) -> tuple[Strategy, ...]:
    """Where all samples of a prompt score the same, the advantage of each is zero (Shao et al. 2024)."""
    stuck = facts.reward_computable and facts.reward_spread < policy.thresholds.spread_minimum
    return ("rft",) if stuck else ()


def does_not_fit(facts: Facts, policy: Policy) -> tuple[Strategy, ...]:
    """Not even the smallest way to train fits into memory."""
    full = {models for models, fit in best_fits(facts, policy.thresholds).items() if fit.state == "exceeds"}
    return tuple(strategy for strategy in STRATEGIES if PROFILES[strategy].models in full) if full else ()


def no_time(facts: Facts, policy: Policy) -> tuple[Strategy, ...]:
    """It takes several times the hours or days there are."""
    slack = policy.thresholds.overtime
    slower = (policy.thresholds.cpu_slowdown if facts.gpu_count < 1 else 1.0) * facts.model_parameters_b
    hours, days = facts.gpu_hours * slack, facts.deadline_days * slack
    return tuple(
        strategy
        for strategy, each, needed in zip(STRATEGIES, policy.hours, policy.days, strict=True)
        if strategy != "prompt" and (each * slower > hours or needed > days)
    )


def _time_needed(facts: Facts, policy: Policy, strategy: Strategy) -> tuple[str, str]:
    hours, days = hours_needed(facts, policy, strategy), policy.days[INDEX[strategy]]
    if hours > policy.thresholds.overtime * facts.gpu_hours:
        return f"{count(hours)} device hours", f"only {count(facts.gpu_hours)} are there"
    return f"{count(days)} days", f"the deadline is in {count(facts.deadline_days)}"


def _memory_because(facts: Facts, policy: Policy, strategy: Strategy) -> str:
    return best_fits(facts, policy.thresholds)[PROFILES[strategy].models].because


def _memory_unless(facts: Facts, policy: Policy, strategy: Strategy) -> str:
    fit = best_fits(facts, policy.thresholds)[PROFILES[strategy].models]
    return f"a device with {count(round(fit.needed_gib / policy.thresholds.memory_usable + 0.5))} GiB, or a smaller model"


HARD_RULES: Final = (
    HardRule(
        "nothing_to_retrieve",
        ("goal", "knowledge_gap"),
        nothing_to_retrieve,
        lambda f, p, s: f"only {percent(f.knowledge_gap)} of the errors come from missing facts, so there is nothing to look up",
        lambda f, p, s: f"missing facts cause {percent(p.thresholds.gap_small)} of the errors or more",
    ),
    HardRule(
        "few_examples",
        (*EXAMPLES, "sft_done"),
        few_examples,
        lambda f, p, s: f"SFT has {no_more_than(round(f.examples), 'good example')} to learn from",
        lambda f, p, s: f"there are {count(p.thresholds.examples_minimum)} good examples or more",
    ),
    HardRule(
        "few_pairs",
        CLEAR_PAIRS,
        few_pairs,
        lambda f, p, s: f"there are {no_more_than(round(f.clear_pairs), 'pair')} with a clear winner to learn from",
        lambda f, p, s: f"there are {count(p.thresholds.pairs_minimum)} clear pairs or more",
    ),
    HardRule(
        "few_comparisons",
        CLEAR_PAIRS,
        few_comparisons,
        lambda f, p, s: f"{count(round(f.clear_pairs))} clear comparisons are too few for a reward model",
        lambda f, p, s: f"there are {count(p.thresholds.pairs_reward_model)} clear comparisons or more",
    ),
    HardRule(
        "few_ratings",
        ("unpaired_ratings", *CLEAR_PAIRS),
        few_ratings,
        lambda f, p, s: f"there are {no_more_than(f.unpaired_ratings, 'single rating')} to learn from",
        lambda f, p, s: f"there are {count(p.thresholds.ratings_minimum)} single ratings or more",
    ),
    HardRule(
        "cannot_do_task",
        ("base_pass_rate", "sft_done"),
        cannot_do_task,
        lambda f, p, s: f"the model does the task in {percent(f.base_pass_rate)} of tries, and {title_of(s)} does not teach it",
        lambda f, p, s: f"the model succeeds in {percent(p.thresholds.able_minimum)} of tries or more; SFT first gets it there",
    ),
    HardRule(
        "no_reward",
        ("reward_computable",),
        no_reward,
        lambda f, p, s: "no program can score an answer, so there is no reward",
        lambda f, p, s: "a checker is written: tests, an answer key, a schema or a simulator",
    ),
    HardRule(
        "few_reward_prompts",
        ("reward_computable", "prompts_with_reward"),
        few_reward_prompts,
        lambda f, p, s: f"{no_more_than(f.prompts_with_reward, 'prompt')} can have their answers scored",
        lambda f, p, s: f"answers to {count(p.thresholds.prompts_minimum)} prompts or more can be scored",
    ),
    HardRule(
        "never_passes",
        ("reward_computable", "base_pass_rate"),
        never_passes,
        lambda f, p, s: f"{percent(f.base_pass_rate)} of sampled answers pass, so there is no reward to learn from",
        lambda f, p, s: f"{percent(p.thresholds.rollouts_minimum)} of samples pass or more; SFT first gets the model there",
    ),
    HardRule(
        "equal_rewards",
        ("reward_computable", "reward_spread"),
        equal_rewards,
        lambda f, p, s: f"rewards differ on only {percent(f.reward_spread)} of the prompts, so there is nothing to learn from",
        lambda f, p, s: f"rewards differ on {percent(p.thresholds.spread_minimum)} of the prompts or more",
    ),
    HardRule("does_not_fit", MEMORY_FACTS, does_not_fit, _memory_because, _memory_unless),
    HardRule(
        "no_time",
        TIME_FACTS,
        no_time,
        lambda f, p, s: f"{title_of(s)} takes about {' and '.join(_time_needed(f, p, s))}",
        lambda f, p, s: f"there are {_time_needed(f, p, s)[0]} for it",
    ),
)
"""Hard rules in the order in which they are asked; the first that rules a strategy out speaks for it."""
