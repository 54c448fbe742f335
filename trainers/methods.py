"""What each training method reads, needs and starts from, and which methods make up a strategy."""

from typing import Final, Literal, NamedTuple

from reports.errors import UsageError
from reports.records.plan import Method, Plan, StagePlan
from reports.records.recommendation import Strategy

Parameters = Literal["full", "lora", "qlora"]
Requirement = Literal["demonstrations", "pairs", "ratings", "reward"]

JUDGE: Final = "judge"
"""Name of the stage that trains the judge; it is no part of the candidate."""


class SplitNames(NamedTuple):
    """The prepared splits of one stage."""

    train: str
    held_out: str


class Needs(NamedTuple):
    """What one method reads, needs and starts from."""

    method: Method
    title: str
    splits: SplitNames
    """What it learns from, and the held-out rows its loss or reward is watched on."""
    needs: Requirement
    continues: bool
    """Whether it goes on training what the stage before produced."""
    is_policy: bool = True
    """Whether it trains the model that answers, rather than one that scores."""
    samples: bool = False
    """Whether it learns from answers that the model gives while it trains."""

    @property
    def needs_pairs(self) -> bool:
        """Say whether every row must hold a chosen and a rejected answer."""
        return self.needs == "pairs"


SFT_SPLITS: Final = SplitNames("sft_train", "sft_eval")
PAIRS: Final = SplitNames("pairs_train", "pairs_eval")
UNPAIRED: Final = SplitNames("unpaired_train", "unpaired_eval")
PROMPTS: Final = SplitNames("prompts_train", "prompts_eval")
JUDGE_SPLITS: Final = SplitNames("judge_train", "judge_eval")

METHODS: Final[dict[Method, Needs]] = {
    "sft": Needs("sft", "SFT", SFT_SPLITS, "demonstrations", continues=False),
    "dpo": Needs("dpo", "DPO", PAIRS, "pairs", continues=True),
    "kto": Needs("kto", "KTO", UNPAIRED, "ratings", continues=True),
    "orpo": Needs("orpo", "ORPO", PAIRS, "pairs", continues=False),
    "reward": Needs("reward", "reward model", PAIRS, "pairs", continues=False, is_policy=False),
    "rloo": Needs("rloo", "RLOO", PROMPTS, "reward", continues=True, samples=True),
    "grpo": Needs("grpo", "GRPO", PROMPTS, "reward", continues=True, samples=True),
}

CHAINS: Final[dict[Strategy, tuple[Method, ...]]] = {
    "prompt": (),
    "retrieval": (),
    "sft": ("sft",),
    "sft+dpo": ("sft", "dpo"),
    "dpo": ("dpo",),
    "kto": ("kto",),
    "sft+kto": ("sft", "kto"),
    "orpo": ("orpo",),
    "rlhf": ("sft", "reward", "rloo"),
    "rft": ("grpo",),
    "sft+rft": ("sft", "grpo"),
}


def stages_of(strategy: Strategy) -> tuple[Method, ...]:
    """Return the methods of a strategy in the order they run; none where nothing is trained."""
    return CHAINS[strategy]


def runnable(strategy: Strategy) -> bool:
    """Say whether the strategy trains anything."""
    return bool(CHAINS[strategy])


def require_runnable(strategy: Strategy) -> None:
    """Raise UsageError where there is nothing to train."""
    if not runnable(strategy):
        raise UsageError(
            f"strategy '{strategy}': nothing is trained, so there is no run to start. "
            "Follow the recommendation as it stands, or choose a training strategy such as 'sft'."
        )


def stage_name(position: int, method: Method) -> str:
    """Return the folder name of the stage at `position`, counted from 1, for example `1-sft`."""
    return f"{position}-{method}"


def splits_of(stage: StagePlan) -> SplitNames:
    """Return the splits that a stage reads; the judge has rows that nothing else learns from."""
    return JUDGE_SPLITS if stage.name == JUDGE else METHODS[stage.method].splits


def stage_before(plan: Plan, stage: StagePlan) -> StagePlan | None:
    """Return the stage whose policy this one goes on training, None where it starts from the base."""
    names = [other.name for other in plan.stages]
    if not METHODS[stage.method].continues or stage.name not in names:
        return None
    earlier = plan.stages[: names.index(stage.name)]
    return next((other for other in reversed(earlier) if METHODS[other.method].is_policy), None)


def last_policy(plan: Plan) -> StagePlan | None:
    """Return the stage whose result is the candidate, None where the plan trains none."""
    return next((stage for stage in reversed(plan.stages) if METHODS[stage.method].is_policy), None)
