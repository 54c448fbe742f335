"""What trying the rewards before training found."""

from typing import Literal

from msgspec import Struct

from reports.records.data import Check
from reports.records.gates import Estimate
from reports.records.intake import Value
from reports.records.plan import RewardComponent

RewardSplit = Literal["train", "held-out"]


class RewardMean(Struct, frozen=True, kw_only=True):
    """What sampled answers got from one reward."""

    name: str
    component: RewardComponent
    weight: float
    estimate: Estimate
    """Mean score before weighing, with a 90 % interval by prompt; without limits where no spread was seen."""
    because: str
    """How many answers got a score."""


class ComponentMean(Struct, frozen=True, kw_only=True):
    """What sampled answers got from all rewards of one component together, weighted."""

    component: RewardComponent
    estimate: Estimate


class SplitMean(Struct, frozen=True, kw_only=True):
    """What sampled answers to the prompts of one split got from all rewards together."""

    split: RewardSplit
    prompts: int
    estimate: Estimate


class BadAnswer(Struct, frozen=True, kw_only=True):
    """One deliberately bad kind of answer."""

    name: str
    """For example `empty`."""
    loses: Estimate
    """Share of prompts on which it gets less than the good answer, with exact 90 % limits."""
    mean: float | None
    """Mean reward; None: no prompt had a good answer to compare with."""
    good_mean: float | None
    """Mean reward of the good answers it was compared with."""


class RewardCheck(Struct, frozen=True, kw_only=True):
    """The dry run of the rewards on answers sampled before training."""

    schema_version: int = 1
    checks: tuple[Check, ...]
    pass_rate: Estimate
    """Share of sampled answers that pass, by prompt; without value where accuracy scores are no shares."""
    solved: Estimate
    """Share of prompts with at least one passing answer."""
    zero_spread: Estimate
    """Share of prompts whose answers all get the same reward."""
    agreement: Estimate
    """Spearman correlation of the training reward with a separate evaluation reward."""
    length_correlation: Estimate
    """Spearman correlation of reward and length among answers to the same prompt."""
    rewards: tuple[RewardMean, ...]
    components: tuple[ComponentMean, ...]
    splits: tuple[SplitMean, ...]
    bad_answers: tuple[BadAnswer, ...]
    prompts: int
    samples: int
    """Answers to each prompt."""
    settings: dict[str, Value] = {}
    notes: tuple[str, ...] = ()

    def blockers(self) -> tuple[Check, ...]:
        """Return the failed blocking checks that nobody accepted."""
        return tuple(c for c in self.checks if c.blocking and c.state == "fail" and not c.accepted_because)

    @property
    def passed(self) -> bool:
        """Say whether nothing stands against training on these rewards."""
        return not self.blockers()
