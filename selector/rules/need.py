"""Rules about the task: whether tuning is needed at all, for what, and from which starting point."""

from collections.abc import Sequence
from typing import Final

from reports.records.recommendation import Strategy
from selector.intake import BY_NAME
from selector.policy import Policy, Thresholds
from selector.rules.rule import Rule, between, between_log, scored
from selector.situation import Situation
from selector.strategies import INDEX, UNTUNED, title_of
from selector.wording import answer, percent, plural


def no_need(facts: Situation, limits: Thresholds) -> float:
    """Positive where the model is already right often enough.

    Source: Microsoft's fine-tuning guidance (do not tune above 9 of 10).
    """
    return between(max(facts.base_pass_rate, facts.prompt_pass_rate), limits.pass_poor, limits.pass_open, limits.pass_enough)


def no_need_clause(facts: Situation, limits: Thresholds) -> str:
    """Say how often the answers are right, and what that means for tuning."""
    best = max(facts.base_pass_rate, facts.prompt_pass_rate)
    how = "right with the best prompt" if facts.prompt_pass_rate > facts.base_pass_rate else "already right"
    if best >= limits.pass_enough:
        return f"{percent(best)} of the answers are {how}, and from {percent(limits.pass_enough)} tuning is not worth it"
    if best > limits.pass_open:
        return f"{percent(best)} of the answers are {how}, which leaves little for tuning to win"
    return f"no more than {percent(best)} of the answers are {how}, so a prompt alone is not enough"


def voices(facts: Situation, limits: Thresholds) -> float:
    """Positive for one simple voice, negative for many; silent where the goal is neither style nor format.

    Source: field practice; one brand fits into a prompt, dozens with their exceptions do not.
    """
    if facts.goal not in ("style", "format"):
        return 0.0
    return -between_log(facts.voices, limits.voices_simple, limits.voices_some, limits.voices_many)


def voices_clause(facts: Situation, limits: Thresholds) -> str:
    """Say how many voices there are."""
    if facts.goal not in ("style", "format"):
        return "the goal is not a matter of voices"
    number = plural(facts.voices, "voice")
    if facts.voices >= limits.voices_some:
        return f"{number} are more than a prompt holds"
    return f"a prompt can hold {number}"


def changing_task(facts: Situation, limits: Thresholds) -> float:
    """Positive where the task changes faster than a model can be retrained.

    Source: Microsoft's fine-tuning guidance (do not tune where the task changes often).
    """
    return 1.0 if facts.task_changes_often else 0.0


def changing_task_clause(facts: Situation, limits: Thresholds) -> str:
    """Say whether the task holds still."""
    if facts.task_changes_often:
        return "the task changes every few weeks, faster than a model can be retrained"
    return "the task stays the same for months"


def knowledge_gap(facts: Situation, limits: Thresholds) -> float:
    """Positive where missing facts cause the errors.

    Source: Gekhman et al. 2024: facts the model did not know are learned slowly by tuning and raise hallucination.
    """
    return between(facts.knowledge_gap, limits.gap_small, limits.gap_open, limits.gap_large)


def knowledge_gap_clause(facts: Situation, limits: Thresholds) -> str:
    """Say how many errors come from missing facts."""
    share = percent(facts.knowledge_gap)
    if facts.knowledge_gap > limits.gap_open:
        return f"{share} of the errors come from missing facts, which belong into documents that are looked up"
    return f"no more than {share} of the errors come from missing facts"


def goal(facts: Situation, policy: Policy) -> Sequence[float]:
    """How well each strategy suits what should change.

    Source: guides of Microsoft, Together, AWS and Google: examples for formats and domains, preferences for style and
    safety, rewards for reasoning, retrieval for facts.
    """
    return policy.affinity[facts.goal]


def goal_clause(facts: Situation, policy: Policy, strategy: Strategy) -> str:
    """Say how the strategy and the goal suit each other."""
    suits = policy.affinity[facts.goal][INDEX[strategy]]
    how = "suits" if suits >= 0.5 else "can serve" if suits > 0 else "does little for"
    return f"{title_of(strategy)} {how} the goal, {answer(BY_NAME['goal'], facts.goal)}"


def ability(facts: Situation, limits: Thresholds) -> float:
    """Return how often the starting model does the task, 0 to 1; SFT on the task counts as evidence of its own."""
    return max(facts.base_pass_rate, limits.able_after_sft) if facts.sft_done else facts.base_pass_rate


def able(facts: Situation, limits: Thresholds) -> float:
    """Positive where a second pass can polish, negative where the model must be taught first.

    Source: DPO (Rafailov et al. 2023) starts from a model tuned on the task; Google tunes on the preferred answers first.
    """
    return between(ability(facts, limits), limits.able_minimum, limits.able_open, limits.able_comfortable)


def able_clause(facts: Situation, limits: Thresholds) -> str:
    """Say whether the starting model can do the task."""
    rate = percent(ability(facts, limits))
    if ability(facts, limits) >= limits.able_open:
        why = "has had SFT and " if facts.sft_done else ""
        return f"the starting model {why}does the task in about {rate} of tries, so preferences can polish it"
    return f"the starting model does the task in only {rate} of tries, so SFT must teach it first"


def sft_done(facts: Situation, limits: Thresholds) -> float:
    """Positive where the first pass, SFT, has been made.

    Source: the usual chain of post-training (InstructGPT, Ouyang et al. 2022): SFT first, preferences second.
    """
    return 1.0 if facts.sft_done else 0.0


def sft_done_clause(facts: Situation, limits: Thresholds) -> str:
    """Say whether SFT has been done."""
    return (
        "SFT on this task is done, so the next pass is a different one" if facts.sft_done else "SFT on this task is still to do"
    )


def simplicity(facts: Situation, policy: Policy) -> Sequence[float]:
    """What has fewer parts breaks less; the effects say how many parts each strategy has."""
    return policy.effects["simplicity"]


PARTS: Final[dict[Strategy, str]] = {
    "sft": "one plain run",
    "dpo": "one run against a reference",
    "kto": "one run against a reference",
    "orpo": "one run with two losses to balance",
    "rlhf": "three models in memory and unstable training",
    "rft": "a reward that can be gamed",
}


def simplicity_clause(facts: Situation, policy: Policy, strategy: Strategy) -> str:
    """Say how many moving parts the strategy has."""
    if strategy in UNTUNED:
        return "nothing has to be trained, kept and served"
    return f"{title_of(strategy)} means {PARTS.get(strategy, 'two stages to keep right')}"


NEED_RULES: Final = (
    scored("no_need", ("base_pass_rate", "prompt_pass_rate"), no_need, no_need_clause),
    scored("voices", ("voices", "goal"), voices, voices_clause, led_by=("voices",)),
    scored("changing_task", ("task_changes_often",), changing_task, changing_task_clause),
    scored("knowledge_gap", ("knowledge_gap",), knowledge_gap, knowledge_gap_clause),
    Rule("goal", ("goal",), goal, goal_clause),
    scored("able", ("base_pass_rate", "sft_done"), able, able_clause),
    scored("sft_done", ("sft_done",), sft_done, sft_done_clause),
    Rule("simplicity", (), simplicity, simplicity_clause),
)
"""Rules about the task."""
