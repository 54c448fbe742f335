"""The strategies that can be recommended, in the field's words."""

from typing import Final, Literal, NamedTuple

from reports.records.recommendation import Strategy

Models = Literal["none", "one", "pair", "reference", "rollouts", "three"]


class Profile(NamedTuple):
    """What a strategy is called, what it asks a person to do, and which models its hungriest stage holds in memory."""

    title: str
    action: str
    models: Models
    passes: tuple[Strategy, ...]
    """Its training stages, each named by the strategy that consists of it alone."""


PROFILES: Final[dict[Strategy, Profile]] = {
    "prompt": Profile("prompt only", "Do not tune; work on the prompt", "none", ()),
    "retrieval": Profile("retrieval", "Do not tune; look the facts up (retrieval)", "none", ()),
    "sft": Profile("SFT", "Fine-tune with SFT", "one", ("sft",)),
    "sft+dpo": Profile("SFT then DPO", "Fine-tune with SFT, then DPO", "reference", ("sft", "dpo")),
    "dpo": Profile("DPO", "Fine-tune with DPO", "reference", ("dpo",)),
    "kto": Profile("KTO", "Fine-tune with KTO", "reference", ("kto",)),
    "sft+kto": Profile("SFT then KTO", "Fine-tune with SFT, then KTO", "reference", ("sft", "kto")),
    "orpo": Profile("ORPO", "Fine-tune with ORPO, in one run", "pair", ("orpo",)),
    "rlhf": Profile("RLHF", "Train a reward model and optimise against it (RLHF)", "three", ("sft", "rlhf")),
    "rft": Profile("RFT", "Reinforce on a reward (RFT)", "rollouts", ("rft",)),
    "sft+rft": Profile("SFT then RFT", "Fine-tune with SFT, then reinforce on a reward (RFT)", "rollouts", ("sft", "rft")),
}
STRATEGIES: Final[tuple[Strategy, ...]] = tuple(PROFILES)
INDEX: Final[dict[Strategy, int]] = {strategy: position for position, strategy in enumerate(STRATEGIES)}
UNTUNED: Final = frozenset[Strategy]({"prompt", "retrieval"})
PREFERENCE: Final = frozenset[Strategy]({"dpo", "sft+dpo", "kto", "sft+kto", "orpo", "rlhf"})
"""Strategies that learn from preferences; more clear pairs can only help them."""


def title_of(strategy: Strategy) -> str:
    """Return the name of a strategy as sentences use it."""
    return PROFILES[strategy].title
