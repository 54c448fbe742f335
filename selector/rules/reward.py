"""Rules about a computed reward: whether reinforcement would find anything to learn."""

from typing import Final

from selector.policy import Thresholds
from selector.rules.rule import between, between_log, scored
from selector.situation import Situation
from selector.wording import count, percent

NO_REWARD: Final = "no program can score an answer"


def rollouts(facts: Situation, limits: Thresholds) -> float:
    """Positive where 10 to 70 % of sampled answers pass, negative where none or nearly all do.

    Source: TRL's maintainers (sample 8 to 16 answers a prompt; 10 to 70 % is viable); Microsoft (25 to 50 % should fail).
    """
    if not facts.reward_computable:
        return 0.0
    rate = facts.base_pass_rate
    if rate < limits.rollouts_low:
        return -1.0 + 2.0 * max(0.0, rate - limits.rollouts_minimum) / (limits.rollouts_low - limits.rollouts_minimum)
    return 1.0 - 2.0 * max(0.0, min(1.0, (rate - limits.rollouts_high) / (limits.rollouts_maximum - limits.rollouts_high)))


def rollouts_clause(facts: Situation, limits: Thresholds) -> str:
    """Say how many sampled answers pass, and whether a reward can work with that."""
    if not facts.reward_computable:
        return NO_REWARD
    rate, band = percent(facts.base_pass_rate), f"{percent(limits.rollouts_low)} to {percent(limits.rollouts_high)}"
    if facts.base_pass_rate < limits.rollouts_low:
        return f"{rate} of sampled answers pass, and a reward wants {band}"
    if facts.base_pass_rate > limits.rollouts_high:
        return f"{rate} of sampled answers pass already, and a reward wants {band}"
    return f"a program can score the answers and {rate} of samples pass, inside the band of {band}"


def rollouts_fail(facts: Situation, limits: Thresholds) -> float:
    """Positive where hardly any sampled answer passes, so that SFT must come before a reward can work.

    Source: TRL's maintainers (about 0 %: SFT first); DeepSeek-R1 (2025) starts cold with SFT for the same reason.
    """
    if not facts.reward_computable:
        return 0.0
    return -between(facts.base_pass_rate, limits.rollouts_minimum, limits.rollouts_low, 3 * limits.rollouts_low)


def rollouts_fail_clause(facts: Situation, limits: Thresholds) -> str:
    """Say whether SFT must lift the model to where a reward can work."""
    if not facts.reward_computable:
        return NO_REWARD
    rate = percent(facts.base_pass_rate)
    if facts.base_pass_rate < limits.rollouts_low:
        return f"{rate} of sampled answers pass, so SFT must lift the model before a reward can work"
    return f"{rate} of sampled answers pass, so a reward can work without SFT before it"


def reward_spread(facts: Situation, limits: Thresholds) -> float:
    """Positive where answers to one prompt differ in reward.

    Source: GRPO (Shao et al. 2024): the advantage is relative to the group; axolotl warns where over 80 % have none.
    """
    if not facts.reward_computable:
        return 0.0
    return between(facts.reward_spread, limits.spread_poor, limits.spread_open, limits.spread_good)


def reward_spread_clause(facts: Situation, limits: Thresholds) -> str:
    """Say on how many prompts rewards differ."""
    if not facts.reward_computable:
        return NO_REWARD
    share = percent(facts.reward_spread)
    if facts.reward_spread < limits.spread_open:
        return f"rewards differ on only {share} of the prompts, and the others teach nothing"
    return f"rewards differ on {share} of the prompts"


def reward_prompts(facts: Situation, limits: Thresholds) -> float:
    """Positive with enough prompts whose answers can be scored.

    Source: Microsoft (200 to 2,000 prompts).
    """
    if not facts.reward_computable:
        return 0.0
    return between_log(facts.prompts_with_reward, limits.prompts_minimum, limits.prompts_start, limits.prompts_comfortable)


def reward_prompts_clause(facts: Situation, limits: Thresholds) -> str:
    """Say how many prompts can be scored."""
    if not facts.reward_computable:
        return NO_REWARD
    found = count(facts.prompts_with_reward)
    if facts.prompts_with_reward < limits.prompts_start:
        return f"answers to {found} prompts can be scored, and {count(limits.prompts_start)} are a start"
    return f"answers to {found} prompts can be scored"


BASE: Final = ("base_pass_rate",)

REWARD_RULES: Final = (
    scored("rollouts", ("reward_computable", "base_pass_rate"), rollouts, rollouts_clause, BASE),
    scored("rollouts_fail", ("reward_computable", "base_pass_rate"), rollouts_fail, rollouts_fail_clause, BASE),
    scored("reward_spread", ("reward_computable", "reward_spread"), reward_spread, reward_spread_clause),
    scored("reward_prompts", ("reward_computable", "prompts_with_reward"), reward_prompts, reward_prompts_clause),
)
"""Rules about a computed reward."""
