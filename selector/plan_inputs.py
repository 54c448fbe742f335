"""Whether data and rewards give the stages of a strategy what they learn from, and how much of it."""

from reports.errors import DataError, UsageError
from reports.records.plan import DataRef, Method, RewardPlan, StagePlan
from reports.records.recommendation import Strategy

PAIRS = "preference"
RATINGS = "unpaired-preference"
PROMPTS = "prompt-only"


def is_pairs(ref: DataRef) -> bool:
    """Say whether the rows of a source are preference pairs."""
    return ref.layout.startswith(PAIRS)


def is_ratings(ref: DataRef) -> bool:
    """Say whether the rows of a source are single rated answers."""
    return ref.layout.startswith(RATINGS)


def is_demonstrations(ref: DataRef) -> bool:
    """Say whether every row of a source has one answer to imitate."""
    return not (is_pairs(ref) or is_ratings(ref) or ref.layout.startswith(PROMPTS))


def rows_for(method: Method, data: tuple[DataRef, ...]) -> int:
    """Return how many rows a method has to learn from, before any is filtered.

    SFT imitates the chosen answers of pairs where there are no demonstrations; KTO reads each pair as two ratings.
    """
    pairs = sum(ref.rows for ref in data if is_pairs(ref))
    ratings = sum(ref.rows for ref in data if is_ratings(ref))
    demonstrations = sum(ref.rows for ref in data if is_demonstrations(ref))
    if method == "sft":
        return demonstrations or pairs or ratings
    if method == "kto":
        return ratings or 2 * pairs
    return sum(ref.rows for ref in data) if method in ("rloo", "grpo") else pairs


def require_data(strategy: Strategy, methods: tuple[Method, ...], data: tuple[DataRef, ...]) -> None:
    """Raise DataError where a stage would have nothing to learn from."""
    if not data:
        raise DataError("No data was given. Name at least one file with --data FILE.")
    seen = ", ".join(f"{ref.label}: {ref.layout}" for ref in data)
    if {"dpo", "orpo", "reward"} & set(methods) and not any(map(is_pairs, data)):
        raise DataError(
            f"Strategy {strategy} needs preference pairs (columns prompt, chosen, rejected), and the data have none ({seen}). "
            "Add a file of pairs with --data, or choose --strategy sft."
        )
    if "kto" in methods and not any(is_pairs(ref) or is_ratings(ref) for ref in data):
        raise DataError(
            f"Strategy {strategy} needs rated answers (columns prompt, completion, label) or preference pairs, and the data have "
            f"none ({seen}). Add such a file with --data, or choose --strategy sft."
        )
    if "sft" in methods and all(ref.layout.startswith(PROMPTS) for ref in data):
        raise DataError(
            f"Strategy {strategy} begins with SFT, which needs answers, and the data are prompts alone ({seen}). "
            "Add demonstrations with --data, or choose --strategy rft with a reward."
        )


def rewards_for(strategy: Strategy, stages: tuple[StagePlan, ...], asked: tuple[RewardPlan, ...]) -> tuple[RewardPlan, ...]:
    """Return the rewards of the plan: what was asked for, after the reward model where the strategy trains one.

    Raises:
        UsageError: answers are sampled and nothing can judge them, or rewards are given and nothing samples.
    """
    trained = tuple(_trained(stage) for stage in stages if stage.method == "reward")
    samples = any(stage.method in ("rloo", "grpo") for stage in stages)
    if asked and not samples:
        raise UsageError(f"--reward {asked[0].name}: strategy {strategy} learns from no reward. Choose rft, sft+rft or rlhf.")
    if samples and not (trained or asked):
        raise UsageError(
            f"Strategy {strategy} learns from a reward, and none was given. Name one, for example --reward numeric-answer "
            "(compares the last number with the column 'answer') or --reward module:function."
        )
    rewards = (*trained, *asked)
    repeated = [reward.name for reward in rewards if [other.name for other in rewards].count(reward.name) > 1]
    if repeated:
        raise UsageError(f"--reward {repeated[0]}: two rewards have this name. Tell them apart with name=… after the reward.")
    return rewards


def _trained(stage: StagePlan) -> RewardPlan:
    because = "Trained on the pairs in this run; the judge of the win rate is another model, trained on other pairs."
    return RewardPlan(name="reward_model", kind="reward-model", options={"model": stage.name}, because=because)
