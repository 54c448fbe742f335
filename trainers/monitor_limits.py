"""What each method is watched for, and the limits it starts with; all of them stand in the plan."""

from collections.abc import Sequence
from typing import Final

from reports.records.plan import Method, MonitorPlan, RewardPlan
from trainers.methods import METHODS

LOSS: Final = MonitorPlan(
    name="divergence",
    metric="loss",
    rule="times_best",
    watch=1.5,
    stop=3.0,
    action="rollback",
    because="A loss far above its best does not come back; the learning rate is too high, or rows are odd.",
)
OVERFITTING: Final = MonitorPlan(
    name="overfitting",
    metric="eval_loss",
    rule="times_best",
    watch=1.05,
    stop=1.3,
    action="rollback",
    window=1,
    because="The loss on new rows rises while rows are learned by heart.",
)
GRADIENT: Final = MonitorPlan(
    name="gradient",
    metric="grad_norm",
    rule="times_start",
    watch=20.0,
    stop=None,
    because="Gradients that grow twentyfold announce a divergence.",
)
CHOSEN: Final = MonitorPlan(
    name="chosen_falls",
    metric="eval_logps/chosen",
    rule="loss_of_start",
    watch=0.15,
    stop=0.4,
    action="rollback",
    window=1,
    because="The margin may grow while chosen answers become unlikely too; learn more slowly, or add an SFT term to the loss.",
)
ACCURACY: Final = MonitorPlan(
    name="accuracy",
    metric="eval_rewards/accuracies",
    rule="below",
    watch=0.5,
    stop=0.35,
    window=1,
    skipped=1,
    because="Held-out pairs are ranked worse than by chance: labels may be flipped. Before training all pairs tie.",
)
ODDS: Final = MonitorPlan(
    name="accuracy",
    metric="eval_rewards/accuracies",
    rule="share_of_start",
    watch=0.8,
    stop=0.5,
    window=1,
    because="Held-out pairs are ranked worse than before training: labels may be flipped. ORPO has no reference, so the start "
    "counts, which may be far from even.",
)
MARGIN: Final = MonitorPlan(
    name="margin",
    metric="eval_rewards/margins",
    rule="below",
    watch=0.0,
    stop=None,
    window=1,
    skipped=1,
    because="Good answers gain less than bad ones: labels may be flipped.",
)
DIVERGENCE: Final = MonitorPlan(
    name="reference",
    metric="kl",
    rule="above",
    watch=0.5,
    stop=2.0,
    action="rollback",
    because="Nats per token away from the reference; beyond 2 an answer rarely makes sense.",
)
ENTROPY: Final = MonitorPlan(
    name="entropy",
    metric="entropy",
    rule="share_of_start",
    watch=0.3,
    stop=0.05,
    action="rollback",
    because="Without spread in the answers nothing new is tried.",
)
SPREAD: Final = MonitorPlan(
    name="zero_spread",
    metric="frac_reward_zero_std",
    rule="above",
    watch=0.8,
    stop=0.98,
    because="Groups whose answers all fare alike teach nothing: the task is too easy, too hard, or solved.",
)
CLIPPED: Final = MonitorPlan(
    name="clipped",
    metric="completions/clipped_ratio",
    rule="above",
    watch=0.3,
    stop=0.9,
    because="Answers that are cut off are judged as they stand; raise max_completion_length, or teach the model to end.",
)
LENGTH: Final = MonitorPlan(
    name="length",
    metric="completions/mean_length",
    rule="times_start",
    watch=2.0,
    stop=3.0,
    action="rollback",
    because="Answers that grow and grow usually please the reward, not people.",
)
WIN_RATE_FALLS: Final = MonitorPlan(
    name="win_rate_falls",
    metric="win_rate",
    rule="falls",
    watch=None,
    stop=0.0,
    action="rollback",
    because="On new prompts the judge surely prefers answers of an earlier look.",
)
WIN_RATE_STABLE: Final = MonitorPlan(
    name="win_rate_stable",
    metric="win_rate",
    rule="stabilises",
    watch=None,
    stop=0.03,
    action="rollback",
    window=2,
    because="More training surely gains less than that; what it costs in drift is not worth it.",
)
WIN_RATE: Final = (WIN_RATE_FALLS, WIN_RATE_STABLE)
PREFERENCE_METHODS: Final[frozenset[Method]] = frozenset({"dpo", "kto", "orpo", "rloo", "grpo"})
"""Methods that are meant to give better answers than their start; SFT is meant to imitate."""
GAP_WATCH: Final = 0.05
GAP_STOP: Final = 0.10
"""Of the range of the reward; Azure's guidance for reinforcement fine-tuning."""
SCORE_RANGE: Final = 4.0
"""Range that the scores of a reward model mostly span; they have no bounds."""

LOSSES: Final = (LOSS, OVERFITTING, GRADIENT)
MONITORS: Final[dict[Method, tuple[MonitorPlan, ...]]] = {
    "sft": LOSSES,
    "reward": (LOSS, GRADIENT),
    "dpo": (*LOSSES, CHOSEN, ACCURACY),
    "orpo": (*LOSSES, ODDS),
    "kto": (*LOSSES, CHOSEN, MARGIN),
    "rloo": (GRADIENT, DIVERGENCE, ENTROPY, SPREAD, CLIPPED, LENGTH),
    "grpo": (GRADIENT, DIVERGENCE, ENTROPY, SPREAD, CLIPPED, LENGTH),
}


def monitors_of(method: Method, rewards: Sequence[RewardPlan] = (), judged: bool = False) -> tuple[MonitorPlan, ...]:
    """Return what a stage is watched for.

    Where rewards are learned, also their gap between old prompts and new ones; where there is a judge, also the win rate.
    """
    gap = (reward_gap(rewards),) if METHODS[method].samples else ()
    if not judged or method not in PREFERENCE_METHODS:
        return (*MONITORS[method], *gap)
    # Reinforcement learns its own reward, which may still grow where the judge sees no more gain.
    return (*MONITORS[method], *gap, *((WIN_RATE_FALLS,) if METHODS[method].samples else WIN_RATE))


def reward_gap(rewards: Sequence[RewardPlan]) -> MonitorPlan:
    """Return the monitor of the reward that prompts of the training get beyond held-out ones, in units of the reward."""
    largest = sum(abs(reward.weight) * _range(reward) for reward in rewards) or 1.0
    return MonitorPlan(
        name="reward_gap",
        metric="reward",
        rule="gap",
        watch=round(GAP_WATCH * largest, 4),
        stop=round(GAP_STOP * largest, 4),
        action="rollback",
        against="eval_reward",
        because="A reward that grows on the training prompts alone is learned by heart; 5 % of its range is much.",
    )


def _range(reward: RewardPlan) -> float:
    return SCORE_RANGE if reward.kind == "reward-model" and not reward.options.get("squash") else 1.0
